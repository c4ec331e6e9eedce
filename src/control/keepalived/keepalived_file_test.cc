#include "control/keepalived/keepalived_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tandem::keepalived {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// "a b(c;d(e))": statements as words, blocks in parentheses.
std::string shape(const std::vector<KeepalivedStatement>& statements) {
  std::string out;
  for (const KeepalivedStatement& each : statements) {
    if (!out.empty()) out += ';';
    for (std::size_t i = 0; i < each.words.size(); ++i) {
      if (i > 0) out += ' ';
      out += each.words[i].quoted ? '"' + each.words[i].text + '"' : each.words[i].text;
    }
    if (each.has_block) out += '(' + shape(each.block) + ')';
  }
  return out;
}

std::string shape_of(std::string_view text, const std::string& id = "host") {
  const KeepalivedFile file = parse_keepalived(text, "/etc/keepalived/x.conf", id);
  for (const KeepalivedRemark& remark : file.remarks) ADD_FAILURE() << remark.place.text() << ": " << remark.text;
  return shape(file.statements);
}

std::vector<std::string> remarks_of(std::string_view text) {
  std::vector<std::string> texts;
  for (const KeepalivedRemark& remark : parse_keepalived(text, "x.conf", "host").remarks)
    texts.push_back(remark.place.text() + ": " + remark.text);
  return texts;
}

TEST(KeepalivedFile, CommentsBeginAnywhereButInQuotes) {
  EXPECT_EQ(shape_of("! whole line\ninterval 2   # every 2 seconds\nscript \"a # b ! c\" # d\n#\n"),
            "interval 2;script \"a # b ! c\"");
}

TEST(KeepalivedFile, BracesStandWhereTheyLike) {
  EXPECT_EQ(shape_of("a x {\n b 1\n}\nc\n{\n d {\n e\n }\n}\n"), "a x(b 1);c(d(e))");
  EXPECT_EQ(shape_of("virtual_ipaddress { 10.0.0.1/24 dev eth0 }"), "virtual_ipaddress(10.0.0.1/24 dev eth0)");
}

TEST(KeepalivedFile, QuotesHaveEscapes) {
  EXPECT_EQ(shape_of(R"(n "/bin/x \"y z\" \\" user)"), "n \"/bin/x \"y z\" \\\" user");
  EXPECT_EQ(shape_of("a \\\n  b \\\n c\nd"), "a b c;d");
}

TEST(KeepalivedFile, LinesOfOtherIdsDoNotCount) {
  const std::string_view text = "@n1 priority 200\n@n2 priority 100\n@^n1 nopreempt\n  @n1 state MASTER\n";
  EXPECT_EQ(shape_of(text, "n1"), "priority 200;state MASTER");
  EXPECT_EQ(shape_of(text, "n2"), "priority 100;nopreempt");
}

TEST(KeepalivedFile, DefinitionsArePutIn) {
  EXPECT_EQ(shape_of("$IF=eth0\n$VIP = 10.0.0.1/24 dev ${IF}\ninterface $IF\nx ${VIP}x\n"),
            "interface eth0;x 10.0.0.1/24 dev eth0x");
  EXPECT_EQ(shape_of("$BLOCK= \\\n  a 1 \\\n  b 2\ni {\n$BLOCK\n}\n"), "i(a 1;b 2)");
  EXPECT_EQ(shape_of("x ${_PWD} ${_INSTANCE} ${_HASH}${_BANG}\n"), "x /etc/keepalived host #!");
  EXPECT_THAT(remarks_of("x ${NOBODY}\n"), ElementsAre("x.conf:1: ${NOBODY} is not defined"));
}

TEST(KeepalivedFile, ADefinitionThatHoldsItselfEnds) {
  const KeepalivedFile file = parse_keepalived("$A=$B$B\n$B=$A$A\nx $A\ny\n", "x.conf", "host");
  EXPECT_EQ(file.statements.back().keyword(), "y");
}

TEST(KeepalivedFile, SequencesRepeatTheirText) {
  EXPECT_EQ(shape_of("~SEQ(i, 1, 2, 5) 10.0.0.$i/24\n"), "10.0.0.1/24;10.0.0.3/24;10.0.0.5/24");
  EXPECT_EQ(shape_of("~SEQ(i, 2) a${i}\n~SEQ(i, 3, 1) b$i"), "a1;a2;b3;b2;b1");
  EXPECT_THAT(remarks_of("~SEQ(i, 1, 0, 5) x\n"), ElementsAre(HasSubstr("is no sequence")));
  EXPECT_THAT(remarks_of("~LST(i, a) x\n"), ElementsAre(HasSubstr("is not understood")));
}

TEST(KeepalivedFile, OddBracesAndQuotesAreTold) {
  EXPECT_THAT(remarks_of("a {\n"), ElementsAre(HasSubstr("not closed")));
  EXPECT_THAT(remarks_of("a\n}\nb\n"), ElementsAre("x.conf:2: a brace closes nothing"));
  EXPECT_THAT(remarks_of("a \"b\n"), ElementsAre(HasSubstr("a quote is not closed")));
}

class KeepalivedInclude : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tandem-keepalived-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::filesystem::path folder_;
};

TEST_F(KeepalivedInclude, FilesAreFoundBesideTheOneThatIncludes) {
  write("parts/a.conf", "a\ninclude more/*.inc\n");
  write("parts/more/c.inc", "c 1");
  write("parts/b.conf", "b {\n");
  const auto file = read_keepalived_file(write("main.conf", "include parts/*.conf\nd\n}\ne"), "host");
  ASSERT_TRUE(file);
  EXPECT_EQ(shape(file->statements), "a;c 1;b(d);e");
  EXPECT_THAT(file->remarks, IsEmpty());
  EXPECT_EQ(file->statements[1].place.file, (folder_ / "parts/more/c.inc").string());
}

TEST_F(KeepalivedInclude, WhatIsNotThereIsTold) {
  const auto file = read_keepalived_file(write("main.conf", "include nothing\n"), "host");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->remarks, SizeIs(1));
  EXPECT_FALSE(read_keepalived_file(folder_ / "nothing", "host"));
  EXPECT_FALSE(read_keepalived_file(folder_, "host"));
}

TEST_F(KeepalivedInclude, AFileThatIncludesItselfEnds) {
  const auto file = read_keepalived_file(write("main.conf", "a\ninclude main.conf\n"), "host");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->remarks, SizeIs(1));
}

}  // namespace
}  // namespace tandem::keepalived
