#include "control/hooks/script_runner.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "control/hooks/scratch_folder.h"
#include "engine/loop/drive.h"

namespace tandem::hooks {
namespace {

using loop::drive;
using loop::turn_until;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(TrackEffect, IsKeepalivedsTable) {
  const auto fault = TrackEffect{.weight = 0, .fault = true};
  EXPECT_EQ(effect_of(0, false, true), TrackEffect{});
  EXPECT_EQ(effect_of(0, false, false), fault);
  EXPECT_EQ(effect_of(0, true, true), fault);
  EXPECT_EQ(effect_of(0, true, false), TrackEffect{});
  EXPECT_EQ(effect_of(20, false, true).weight, 20);
  EXPECT_EQ(effect_of(20, false, false).weight, 0);
  EXPECT_EQ(effect_of(-20, false, true).weight, 0);
  EXPECT_EQ(effect_of(-20, false, false).weight, -20);
  EXPECT_EQ(effect_of(20, true, true).weight, -20);
  EXPECT_EQ(effect_of(-20, true, false).weight, 20);
}

TEST(Hysteresis, CountsResultsInARow) {
  Hysteresis two(2, 3, false);
  EXPECT_FALSE(two.good());
  EXPECT_TRUE(two.take(true)) << "the first counts alone";
  EXPECT_FALSE(two.take(false));
  EXPECT_FALSE(two.take(false));
  EXPECT_EQ(two.against(), 2);
  EXPECT_FALSE(two.take(true)) << "begins anew";
  EXPECT_FALSE(two.take(false));
  EXPECT_FALSE(two.take(false));
  EXPECT_TRUE(two.take(false));
  EXPECT_EQ(two.good(), false);
  EXPECT_FALSE(two.take(true));
  EXPECT_TRUE(two.take(true));
}

TEST(Hysteresis, MayBeginBad) {
  Hysteresis bad(2, 1, true);
  EXPECT_EQ(bad.good(), false);
  EXPECT_FALSE(bad.take(true));
  EXPECT_TRUE(bad.take(true));
}

class CommandTest : public ::testing::Test {
 protected:
  CommandEnd run(const std::string& text, milliseconds timeout = milliseconds(0)) {
    auto command = make_command(text, "", rules_);
    EXPECT_TRUE(command) << command.error().text();
    if (!command) return {};
    command->timeout = timeout;
    return drive(run_command(std::move(*command)));
  }
  std::string refusal(const std::string& text, const std::string& user = "") {
    const auto command = make_command(text, user, rules_);
    return command ? std::string() : command.error().text();
  }

  loop::Loop loop_;
  testing::ScratchFolder folder_;
  CommandRules rules_{.user = ::geteuid() == 0 ? "root" : "", .security = true};
};

TEST_F(CommandTest, TellsHowItEnded) {
  EXPECT_TRUE(run("/bin/true").good);
  EXPECT_EQ(run("/bin/false").text, "exit status 1");
  EXPECT_EQ(run("/bin/sh -c 'exit 7'").text, "exit status 7");
  EXPECT_THAT(run("/bin/sh -c 'kill -9 $$'").text, HasSubstr("signal 9"));
  EXPECT_THAT(run(folder_.script("odd", "") + "").text, "exit status 0");
}

TEST_F(CommandTest, GetsExactlyItsArguments) {
  const std::string script = folder_.script("tell", "for each; do echo \"[$each]\"; done > \"$0.out\"");
  EXPECT_TRUE(run(script + R"( MASTER "a b" '')").good);
  EXPECT_EQ(folder_.read("tell.out"), "[MASTER]\n[a b]\n[]\n");
}

TEST_F(CommandTest, AtTheTimeLimitTheWholeGroupEnds) {
  const std::string script = folder_.script("hang", "sleep 1000 & echo $! > \"$0.pid\"; wait");
  const CommandEnd end = run(script, milliseconds(300));
  EXPECT_FALSE(end.good);
  EXPECT_EQ(end.text, "took longer than 300 ms");
  const int child = std::atoi(folder_.read("hang.pid").c_str());
  ASSERT_GT(child, 0);
  turn_until([child] {
    // Gone, or waiting for whoever inherited it.
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    return text.empty() || text.contains(") Z ");
  });
}

TEST_F(CommandTest, ThatIgnoresTheEndIsKilledTwoSecondsLater) {
  EXPECT_EQ(run(folder_.script("deaf", "trap '' TERM; while :; do sleep 0.1; done"), milliseconds(50)).text,
            "took longer than 50 ms");
}

TEST_F(CommandTest, ADestroyedWaitEndsTheProcess) {
  const std::string script = folder_.script("long", "echo $$ > \"$0.tmp\"; mv \"$0.tmp\" \"$0.pid\"; exec sleep 1000");
  {
    auto command = make_command(script, "", rules_);
    ASSERT_TRUE(command);
    std::optional<CommandEnd> end;
    loop::Scope scope;
    scope.spawn(loop::store_into(run_command(std::move(*command)), &end));
    turn_until([this] { return std::filesystem::exists(folder_ / "long.pid"); });
  }
  EXPECT_NE(::kill(std::atoi(folder_.read("long.pid").c_str()), 0), 0);
}

TEST_F(CommandTest, WhatCannotBeRunIsRefused) {
  EXPECT_THAT(refusal("/no/such/program"), HasSubstr("/no/such/program"));
  EXPECT_THAT(refusal("true"), HasSubstr("no absolute path"));
  EXPECT_THAT(refusal("/etc/passwd"), HasSubstr("is no program"));
  EXPECT_THAT(refusal("/bin/true", "nobody-of-that-name"), HasSubstr("there is no user"));
  EXPECT_THAT(refusal("/bin/true", "root:nobody-of-that-name"), HasSubstr("there is no"));
}

TEST_F(CommandTest, WhatOthersCouldReplaceIsNotRunAsRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root runs commands as root";
  const std::string script = folder_.script("check", "exit 0");
  EXPECT_EQ(refusal(script), "");
  ::chmod(script.c_str(), 0777);
  EXPECT_THAT(refusal(script), AllOf(HasSubstr("would run as root"), HasSubstr("may be written by everybody")));
  EXPECT_EQ(refusal(script, "nobody"), "") << "somebody else may run it";
  rules_.security = false;
  EXPECT_EQ(refusal(script), "");
  rules_.security = true;
  ::chmod(script.c_str(), 0755);
  ASSERT_EQ(::chown(script.c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal(script), HasSubstr("belongs to user 65534"));
}

TEST_F(CommandTest, ThatBecameReplaceableIsNotRunAnyMore) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root runs commands as root";
  const std::string script = folder_.script("check", "exit 0");
  auto command = make_command(script, "", rules_);
  ASSERT_TRUE(command);
  ::chmod(script.c_str(), 0777);
  EXPECT_THAT(drive(run_command(*command)).text, HasSubstr("refused"));
}

TEST_F(CommandTest, RunsAsTheUserOfTheConfiguration) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change its user";
  auto command = make_command("/bin/sh -c 'test $(id -u) = 65534 -a $(id -G) = 65534'", "nobody", rules_);
  ASSERT_TRUE(command);
  EXPECT_TRUE(drive(run_command(*command)).good);
}

class ScriptTest : public CommandTest {
 protected:
  std::unique_ptr<ScriptRunner> runner(const std::string& command, std::int64_t rise = 1, std::int64_t fall = 1) {
    model::TrackedScript script;
    script.name = "check";
    script.command = command;
    script.interval.value = milliseconds(10);
    script.timeout.value = seconds(5);
    script.rise = rise;
    script.fall = fall;
    auto made =
        ScriptRunner::make(script, rules_, [this](const ScriptRunner& from) { told_.push_back(from.reason()); });
    EXPECT_TRUE(made) << made.error().text();
    return made ? std::move(*made) : nullptr;
  }
  std::vector<std::string> told_;
};

TEST_F(ScriptTest, FollowsItsResults) {
  const std::string script = folder_.script("check", "test -e \"$0.good\"");
  folder_.write("check.good", "");
  const auto check = runner(script, 2, 2);
  check->start();
  turn_until([&] { return check->state().runs > 3; });
  EXPECT_TRUE(check->state().good);
  std::filesystem::remove(folder_ / "check.good");
  turn_until([&] { return !check->state().good; });
  EXPECT_TRUE(check->state().effect.fault);
  EXPECT_GE(check->state().failures, 2U);
  folder_.write("check.good", "");
  turn_until([&] { return check->state().good; });
  EXPECT_THAT(told_, ::testing::ElementsAre("script check is good: exit status 0", "script check is bad: exit status 1",
                                            "script check is good: exit status 0"));
}

TEST_F(ScriptTest, RunsNeverOverlap) {
  // Two at a time would find the folder of the other.
  const std::string script =
      folder_.script("check", "mkdir \"$0.running\" || exit 1\nsleep 0.05\nrmdir \"$0.running\"");
  const auto check = runner(script);
  check->start();
  turn_until([&] { return check->state().runs >= 5; });
  EXPECT_EQ(check->state().failures, 0U);
}

}  // namespace
}  // namespace tandem::hooks
