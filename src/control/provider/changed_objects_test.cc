#include "control/provider/changed_objects.h"

#include <gmock/gmock.h>

#include <random>

namespace tandem::provider {
namespace {

using testing::ElementsAre;
using testing::Key;

DynamicFile read(std::string_view text) {
  format::Problems problems;
  format::Problems warnings;
  auto file = parse_dynamic_file("f.yml", text, problems, warnings);
  EXPECT_TRUE(file) << text;
  return file ? std::move(*file) : DynamicFile{};
}

constexpr std::string_view kFile = R"(# a site
http:
  routers:
    a:
      rule: Host(`a`)
      entryPoints:
      - web
      service: s

    # the second
    b:
      rule: Host(`b`) && Path(`/x`)
      service: s
    c: {rule: Host(`c`), service: s}
  services:
    s:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:1
)";

std::string with(std::string_view from, std::string_view to, std::string text = std::string(kFile)) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// What was read of a change is what a whole reading gives, positions included.
bool agrees(std::string_view before, std::string_view now, DynamicFile& file) {
  if (!read_changes("f.yml", before, now, file)) return false;
  const DynamicFile whole = read(now);
  EXPECT_EQ(file.configuration, whole.configuration) << now;
  auto paths = whole.positions.paths();
  EXPECT_THAT(file.positions.paths(), testing::UnorderedElementsAreArray(paths));
  for (const std::string& path : paths) {
    EXPECT_EQ(file.positions.find(path).text(), whole.positions.find(path).text()) << path << "\n" << now;
  }
  return true;
}

bool agrees(std::string_view now) {
  DynamicFile file = read(kFile);
  return agrees(kFile, now, file);
}

TEST(ChangedObjects, ReadsOnlyTheObjectsOfTheChangedLines) {
  const auto changed = find_changed_objects(kFile, with("/x", "/yyy"));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->section, "http");
  EXPECT_EQ(changed->kind, "routers");
  EXPECT_THAT(read(changed->now).configuration.http.routers, ElementsAre(Key("b")));
  EXPECT_EQ(changed->first_line, 11U);
}

TEST(ChangedObjects, AreTheSameAsAWholeReading) {
  EXPECT_TRUE(agrees(with("/x", "/yyy")));
  EXPECT_TRUE(agrees(with("    a:\n", "    first:\n")));
  EXPECT_TRUE(agrees(with("    b:\n", "    new: {rule: Path(`/`), service: s}\n\n    b:\n")));
  EXPECT_TRUE(agrees(with("    c: {rule: Host(`c`), service: s}\n", "")));
  EXPECT_TRUE(agrees(with("      - web\n", "      - web\n      - websecure\n")));
  EXPECT_TRUE(agrees(with("127.0.0.1:1", "127.0.0.1:2")));
  EXPECT_TRUE(agrees(std::string(kFile) + "    t:\n      loadBalancer: {servers: [{url: u}]}\n"));
  EXPECT_TRUE(agrees(with("      service: s\n\n", "      service: s\n      priority: 7\n")));
  EXPECT_TRUE(
      agrees(with("  services:\n", "    d:\n      rule: >-\n        Path(`/`)\n      service: s\n  services:\n")));
}

TEST(ChangedObjects, LeaveTheRestTheSameObjects) {
  DynamicFile file = read(kFile);
  const auto before = file.configuration.http.routers;
  ASSERT_TRUE(agrees(kFile, with("/x", "/y"), file));
  std::vector<std::string> changed;
  decltype(file.configuration.http.routers)::compare(
      before, file.configuration.http.routers,
      [&changed](const auto* old, const auto*) { changed.push_back(old->first); });
  EXPECT_THAT(changed, ElementsAre("b"));
}

TEST(ChangedObjects, AWholeReadingIsAskedForWhenMoreMayBeConcerned) {
  EXPECT_FALSE(agrees(with("  services:", "  middlewares:\n    m: {addPrefix: {prefix: /}}\n  services:")));
  EXPECT_FALSE(agrees(with("    a:\n", "    a: &x\n")));
  EXPECT_FALSE(agrees(with("/x", "/{{ 1 }}")));
  EXPECT_FALSE(agrees(with("# a site", "tls: {}")));
  EXPECT_FALSE(agrees(std::string(kFile)));
  DynamicFile file = read(kFile);
  for (const std::string& wrong :
       {with("    b:\n", "    a:\n"), with("Host(`b`)", "\"Path"), with("      rule: Host(`b`)", "   rule: Host(`b`)"),
        with("rule: Host(`b`)", "rul: x"), with("    b:\n", "    b\n")}) {
    EXPECT_FALSE(read_changes("f.yml", kFile, wrong, file)) << wrong;
  }
  EXPECT_EQ(file.configuration, read(kFile).configuration);
}

/// Lines are taken, dropped, moved and cut at random: whatever is read in part is what the whole says.
TEST(ChangedObjects, NeverReadAnythingElseThanAWholeReading) {
  std::minstd_rand random(11);
  const std::vector<std::string_view> pieces{"    a:\n",
                                             "      rule: Host(`z`)\n",
                                             "      service: s\n",
                                             "\n",
                                             "# c\n",
                                             "  services:\n",
                                             "    x: {rule: r, service: s}\n",
                                             "  ",
                                             "s",
                                             "      - y\n",
                                             "      rule: |\n        T\n",
                                             ": ",
                                             "\"",
                                             "{",
                                             "}"};
  std::size_t in_part = 0;
  std::string before(kFile);
  DynamicFile file = read(before);
  for (int i = 0; i < 4000; ++i) {
    std::string now = before;
    const std::size_t at = random() % now.size();
    const std::size_t line = now.rfind('\n', at) + 1;
    switch (random() % 4) {
      case 0:
        now.insert(line, pieces[random() % pieces.size()]);
        break;
      case 1:
        now.erase(line, now.find('\n', line) + 1 - line);
        break;
      case 2:
        now.insert(at, pieces[random() % pieces.size()]);
        break;
      default:
        now.erase(at, random() % 8);
    }
    format::Problems problems;
    format::Problems warnings;
    auto whole = parse_dynamic_file("f.yml", now, problems, warnings);
    if (read_changes("f.yml", before, now, file)) {
      ++in_part;
      ASSERT_TRUE(whole) << before << "\n-----\n" << now;
      ASSERT_EQ(file.configuration, whole->configuration) << before << "\n-----\n" << now;
      before = now;
    } else if (whole && warnings.empty() && now.size() < 2 * kFile.size()) {
      file = std::move(*whole);
      before = now;
    }
    if (before.size() < kFile.size() / 2 || i % 50 == 0) {
      before = kFile;
      file = read(before);
    }
  }
  EXPECT_GT(in_part, 200U);
}

}  // namespace
}  // namespace tandem::provider
