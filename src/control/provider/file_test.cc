#include "control/provider/file.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "control/provider/dynamic_file.h"
#include "engine/loop/scope.h"

namespace tandem::provider {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Collector final : public Receiver {
 public:
  void receive(Delivery delivery) override {
    last = std::move(delivery);
    ++count;
  }
  std::vector<std::string> routers() const {
    std::vector<std::string> names;
    if (last.configuration == nullptr) return {"nothing"};
    for (const auto& [name, router] : last.configuration->http.routers) names.push_back(name);
    return names;
  }
  Delivery last;
  int count = 0;
};

class FileProvider : public testing::Test {
 protected:
  FileProvider() {
    std::string pattern = (fs::temp_directory_path() / "file_testXXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileProvider() override {
    scope_.cancel();
    fs::remove_all(folder_);
  }

  std::string path(std::string_view name) const { return (folder_ / name).string(); }
  void write(std::string_view name, std::string_view text) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::trunc) << text;
  }
  static std::string router(std::string_view name) {
    return fmt::format("http: {{routers: {{{}: {{rule: \"Path(`/`)\", service: a}} }} }}\n", name);
  }
  void start(model::FileProvider options) {
    provider_ = std::make_unique<File>(std::move(options));
    scope_.spawn(provider_->run(seen_));
  }
  void start_folder(bool watch = true) { start({.directory = folder_.string(), .watch = watch, .filename = {}}); }
  void start_file(std::string_view name, bool watch = true) {
    start({.directory = {}, .watch = watch, .filename = path(name)});
  }
  /// Runs the loop until `done` holds, ten seconds at most.
  template <class Done>
  bool until(Done done) {
    const loop::TimePoint deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop_.run_once(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
    }
    return done();
  }
  bool until_routers(const std::vector<std::string>& wanted) {
    return until([&] { return seen_.routers() == wanted; });
  }

  loop::Loop loop_;
  fs::path folder_;
  Collector seen_;
  std::unique_ptr<File> provider_;
  loop::Scope scope_;
};

TEST_F(FileProvider, DeliversAtOnce) {
  write("d.yml", router("web"));
  start_file("d.yml");
  EXPECT_THAT(seen_.routers(), ElementsAre("web"));
  EXPECT_THAT(seen_.last.problems, IsEmpty());
}

TEST_F(FileProvider, ReadsEveryFormatOfAFolderAndTheFirstFileWins) {
  write("10.yml", router("a"));
  write("20.TOML", "[http.routers.b]\nrule = \"Path(`/`)\"\n[http.routers.a]\nrule = \"Path(`/other`)\"\n");
  write("15/deep/c.yaml", router("c"));
  write("data.json", R"({"http": {"routers": {"json": {}}}})");
  write("old.yml.bak", router("old"));
  start_folder();
  EXPECT_THAT(seen_.routers(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(seen_.last.configuration->http.routers.at("a").rule, "Path(`/`)");
  ASSERT_THAT(seen_.last.warnings, SizeIs(1));
  EXPECT_THAT(seen_.last.warnings[0].text(), HasSubstr("20.TOML"));
}

TEST_F(FileProvider, ReadsANamedJsonFile) {
  write("d.json", R"({"http": {"routers": {"json": {"rule": "x"}}}})");
  start_file("d.json");
  EXPECT_THAT(seen_.routers(), ElementsAre("json"));
}

TEST_F(FileProvider, NoticesAChangedFile) {
  write("d.yml", router("one"));
  start_file("d.yml");
  write("d.yml", router("two"));
  EXPECT_TRUE(until_routers({"two"}));
}

TEST_F(FileProvider, NoticesAFileThatIsReplacedByRenaming) {
  write("d.yml", router("one"));
  start_file("d.yml");
  write("d.tmp", router("two"));
  fs::rename(path("d.tmp"), path("d.yml"));
  EXPECT_TRUE(until_routers({"two"}));
}

TEST_F(FileProvider, NoticesASwitchedLink) {
  write("..2024/d.yml", router("one"));
  write("..2025/d.yml", router("two"));
  fs::create_directory_symlink("..2024", path("..data"));
  fs::create_symlink("..data/d.yml", path("d.yml"));
  start_folder();
  EXPECT_THAT(seen_.routers(), ElementsAre("one"));
  fs::create_directory_symlink("..2025", path("..tmp"));
  fs::rename(path("..tmp"), path("..data"));
  EXPECT_TRUE(until_routers({"two"}));
}

TEST_F(FileProvider, NoticesFilesOfNewFolders) {
  start_folder();
  EXPECT_THAT(seen_.routers(), IsEmpty());
  write("new/folder/d.yml", router("late"));
  EXPECT_TRUE(until_routers({"late"}));
  write("new/folder/d.yml", router("later"));
  EXPECT_TRUE(until_routers({"later"}));
}

TEST_F(FileProvider, ABadFileKeepsItsLastGoodContentWhileOthersGoOn) {
  write("a.yml", router("a"));
  write("b.yml", router("b"));
  start_folder();
  write("b.yml", "http: [");
  ASSERT_TRUE(until([&] { return !seen_.last.problems.empty(); }));
  EXPECT_THAT(seen_.routers(), ElementsAre("a", "b"));
  EXPECT_THAT(seen_.last.problems[0].text(), HasSubstr("b.yml"));
  write("a.yml", router("a2"));
  EXPECT_TRUE(until_routers({"a2", "b"}));
  EXPECT_THAT(seen_.last.problems, SizeIs(1));
  write("b.yml", router("b2"));
  EXPECT_TRUE(until_routers({"a2", "b2"}));
  EXPECT_THAT(seen_.last.problems, IsEmpty());
}

TEST_F(FileProvider, AnUnknownOptionMakesAFileBadAndIsNamed) {
  write("d.yml", "http:\n  routers:\n    web:\n      rul: x\n");
  start_file("d.yml");
  EXPECT_EQ(seen_.last.configuration, nullptr);
  ASSERT_THAT(seen_.last.problems, SizeIs(1));
  EXPECT_EQ(seen_.last.problems[0].position.line, 4);
  EXPECT_EQ(seen_.last.problems[0].path, "http.routers.web.rul");
  EXPECT_THAT(seen_.last.problems[0].suggestion, HasSubstr("rule"));
}

TEST_F(FileProvider, ARemovedFileOfAFolderTakesItsObjectsAlong) {
  write("a.yml", router("a"));
  write("b.yml", router("b"));
  start_folder();
  fs::rename(path("b.yml"), path("b.off"));
  EXPECT_TRUE(until_routers({"a"}));
  fs::remove(path("a.yml"));
  EXPECT_TRUE(until_routers({}));
}

TEST_F(FileProvider, ARemovedNamedFileRemovesNothing) {
  write("d.yml", router("one"));
  start_file("d.yml");
  fs::remove(path("d.yml"));
  EXPECT_TRUE(until([&] { return !seen_.last.problems.empty(); }));
  EXPECT_THAT(seen_.routers(), ElementsAre("one"));
  write("d.yml", router("two"));
  EXPECT_TRUE(until_routers({"two"}));
}

TEST_F(FileProvider, AnEmptiedFileRemovesItsObjects) {
  write("d.yml", router("one"));
  start_file("d.yml");
  write("d.yml", "");
  EXPECT_TRUE(until_routers({}));
}

TEST_F(FileProvider, KnowsWhereAnObjectStands) {
  write("d.yml", "http:\n  routers:\n    Web:\n      rule: x\n");
  start_file("d.yml");
  EXPECT_EQ(provider_->locate("http.routers.Web").line, 3);
  EXPECT_EQ(provider_->locate("http.routers.other").source, nullptr);
}

TEST_F(FileProvider, RendersTemplates) {
  write("d.yml", "http:\n  routers:\n{{ range until 2 }}\n    r{{ . }}:\n      rule: x\n{{ end }}\n");
  start_file("d.yml");
  ASSERT_THAT(seen_.last.problems, IsEmpty());
  EXPECT_EQ(seen_.last.configuration->http.routers.size(), 2);
  EXPECT_EQ(provider_->locate("http.routers.r1").line, 4);
}

TEST_F(FileProvider, NamesFileAndLineOfTemplateErrors) {
  write("d.yml", "http:\n  routers:\n    {{ fail \"no\" }}\n");
  start_file("d.yml");
  ASSERT_THAT(seen_.last.problems, SizeIs(1));
  EXPECT_EQ(seen_.last.problems[0].position.line, 3);
  EXPECT_THAT(seen_.last.problems[0].message, HasSubstr("error calling fail: no"));
}

TEST_F(FileProvider, NamesTheLineOfTheTemplateBehindAWrongOption) {
  write("d.yml", "{{ range until 9 }}\n{{ end }}\nhttp:\n  routers:\n    r:\n      rul: x\n");
  start_file("d.yml");
  ASSERT_THAT(seen_.last.problems, SizeIs(1));
  EXPECT_EQ(seen_.last.problems[0].position.line, 6);
}

TEST_F(FileProvider, WithoutWatchingOnlyReloadLooksAgain) {
  write("d.yml", router("one"));
  start_file("d.yml", false);
  write("d.yml", router("two"));
  loop_.run_once(loop_.now());
  EXPECT_THAT(seen_.routers(), ElementsAre("one"));
  provider_->reload();
  EXPECT_THAT(seen_.routers(), ElementsAre("two"));
}

TEST_F(FileProvider, NoticesANamedFile) {
  write("users", "a:x\n");
  write("conf/d.yml",
        fmt::format("http: {{middlewares: {{m: {{basicAuth: {{usersFile: \"{}\"}} }} }} }}\n", path("users")));
  start_file("conf/d.yml");
  const std::uint64_t before = seen_.last.named_files_version;
  write("users", "a:y\n");
  EXPECT_TRUE(until([&] { return seen_.last.named_files_version != before; }));
}

TEST_F(FileProvider, TellsWhichCertificatesChanged) {
  write("a.pem", "a");
  write("b.pem", "b");
  write("conf/d.yml",
        fmt::format("tls: {{certificates: [{{certFile: \"{}\", keyFile: \"{}\"}}]}}\n", path("a.pem"), path("b.pem")));
  start_file("conf/d.yml");
  const std::uint64_t before = seen_.last.named_files_version;
  const auto configuration = seen_.last.configuration;
  write("a.pem", "c");
  EXPECT_TRUE(until([&] { return seen_.last.named_files_version != before; }));
  EXPECT_THAT(seen_.last.changed_certificates, ElementsAre(path("a.pem")));
  EXPECT_EQ(seen_.last.configuration, configuration);
}

TEST_F(FileProvider, ChangedAuthoritiesMayConcernMoreThanCertificates) {
  write("ca.pem", "a");
  write("conf/d.yml",
        fmt::format("tls: {{options: {{o: {{clientAuth: {{caFiles: [\"{}\"]}} }} }} }}\n", path("ca.pem")));
  start_file("conf/d.yml");
  const std::uint64_t before = seen_.last.named_files_version;
  write("ca.pem", "b");
  EXPECT_TRUE(until([&] { return seen_.last.named_files_version != before; }));
  EXPECT_THAT(seen_.last.changed_certificates, IsEmpty());
}

TEST_F(FileProvider, SaysThatNothingIsNamed) {
  start({});
  ASSERT_THAT(seen_.last.problems, SizeIs(1));
  EXPECT_THAT(seen_.last.problems[0].message, HasSubstr("neither filename nor directory is defined"));
}

// A hard link in another folder: writing through it is a change of which the kernel tells nobody here.
TEST(FileProviderLooks, EveryFewSecondsWhereTheKernelSaysNothing) {
  loop::Loop loop(loop::Loop::ClockKind::kManual);
  std::string pattern = (fs::temp_directory_path() / "file_testXXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  fs::create_directories(folder / "watched");
  std::ofstream(folder / "other.yml") << "http: {routers: {one: {}}}";
  fs::create_hard_link(folder / "other.yml", folder / "watched/d.yml");
  Collector seen;
  File file({.directory = {}, .watch = true, .filename = (folder / "watched/d.yml").string()});
  {
    loop::Scope scope;
    scope.spawn(file.run(seen));
    ASSERT_THAT(seen.routers(), ElementsAre("one"));
    std::ofstream(folder / "other.yml", std::ios::trunc) << "http: {routers: {other: {}}}";
    loop.advance(File::kLookEvery);
    EXPECT_THAT(seen.routers(), ElementsAre("one")) << "it may be half written";
    loop.advance(std::chrono::milliseconds(100));
    EXPECT_THAT(seen.routers(), ElementsAre("other"));
  }
  fs::remove_all(folder);
}

TEST(FileWatchSteps, FollowLinks) {
  std::string pattern = (fs::temp_directory_path() / "file_testXXXXXX").string();
  const fs::path folder = fs::canonical(::mkdtemp(pattern.data()));
  fs::create_directories(folder / "real");
  fs::create_directory_symlink("real", folder / "link");
  const auto steps = steps_of((folder / "link/file").string());
  EXPECT_THAT(steps, testing::Contains(testing::Pair(folder.string(), "link")));
  EXPECT_THAT(steps, testing::Contains(testing::Pair((folder / "real").string(), "file")));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace tandem::provider
