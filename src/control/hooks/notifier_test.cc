#include "control/hooks/notifier.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/json.hpp>

#include "control/hooks/scratch_folder.h"
#include "engine/loop/drive.h"
#include "engine/net/tcp.h"

namespace tandem::hooks {
namespace {

using loop::turn_until;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

Transition change(const std::string& to, int priority = 200) {
  return {.at = base::WallTime(std::chrono::seconds(1'700'000'000)),
          .name = "VI_1",
          .group = false,
          .from = "BACKUP",
          .to = to,
          .priority = priority,
          .reason = "the master is silent"};
}

TEST(Transitions, AreKeptAcrossRestarts) {
  const testing::ScratchFolder folder;
  const std::string path = folder / "state";
  {
    Transitions first(path);
    first.add(change("MASTER"));
    first.add(change("FAULT", 100));
  }
  Transitions second(path);
  ASSERT_EQ(second.all().size(), 2U);
  EXPECT_EQ(second.all()[0], change("MASTER"));
  EXPECT_EQ(second.all()[1], change("FAULT", 100));
  EXPECT_EQ(second.count(), 2U);
}

TEST(Transitions, KeepTheLast200) {
  const testing::ScratchFolder folder;
  {
    Transitions transitions(folder / "state");
    for (int i = 0; i < 250; ++i) transitions.add(change("MASTER", i));
    transitions.flush();
    EXPECT_EQ(transitions.all().size(), Transitions::kMost);
  }
  const Transitions again(folder / "state");
  EXPECT_EQ(again.all().size(), 200U);
  EXPECT_EQ(again.all().front().priority, 50);
  EXPECT_EQ(again.count(), 250U);
}

TEST(Transitions, ABrokenFileLosesOnlyWhatIsBroken) {
  const testing::ScratchFolder folder;
  std::filesystem::create_directory(folder / "state");
  {
    Transitions(folder / "state").add(change("MASTER"));
  }
  std::ofstream(folder / "state/transitions", std::ios::app) << "{\"at\":\nnonsense\n";
  const Transitions again(folder / "state");
  EXPECT_EQ(again.all().size(), 1U);
}

TEST(Transitions, HaveALineForPeople) {
  EXPECT_THAT(state_line(change("MASTER"), "n1"), MatchesRegex("\\[2023-11-1[45] [0-9:]+\\] n1 transitioned to MASTER "
                                                               "\\(VI_1, priority 200: the master is silent\\)"));
}

class NotifierTest : public ::testing::Test {
 protected:
  NotifierTest() { ha_.scriptUser = ::geteuid() == 0 ? "root" : ""; }
  ~NotifierTest() override { client::Pool::close_all(); }
  std::unique_ptr<Notifier> notifier() {
    auto made = Notifier::make(ha_, "n1");
    EXPECT_TRUE(made) << made.error().text();
    return made ? std::move(*made) : nullptr;
  }
  std::string recorder() { return folder_.script("tell", "echo \"$*\" >> \"$0.out\""); }
  std::string recorded() const { return folder_.read("tell.out"); }
  void settle(Notifier& notifier) { loop::drive(notifier.drain(seconds(60))); }

  loop::Loop loop_;
  testing::ScratchFolder folder_;
  model::HighAvailability ha_;
};

TEST_F(NotifierTest, CommandsRunOnceForEachTransitionInTheirOrder) {
  const std::string tell = recorder();
  ha_.notify.onMaster = tell + " \"is MASTER\"";
  ha_.notify.onBackup = tell + " BACKUP";
  ha_.notify.onStop = tell + " STOP";
  const auto told = notifier();
  for (const char* state : {"BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP"}) told->tell(change(state));
  settle(*told);
  EXPECT_EQ(recorded(), "BACKUP\nis MASTER\nBACKUP\nis MASTER\nSTOP\n");
  EXPECT_EQ(told->counters().commands, 5U);
}

TEST_F(NotifierTest, TheGenericCommandGetsFourArgumentsMore) {
  const std::string tell = recorder();
  ha_.notify.onMaster = tell + " first";
  ha_.notify.command = tell + " x";
  const auto told = notifier();
  told->tell(change("MASTER"));
  Transition group = change("BACKUP");
  group.group = true;
  group.name = "G 1";
  told->tell(group);
  settle(*told);
  EXPECT_EQ(recorded(), "first\nx INSTANCE VI_1 MASTER 200\nx GROUP G 1 BACKUP 0\n");
}

TEST_F(NotifierTest, AnInstancesOwnCommandsComeFirst) {
  const std::string tell = recorder();
  ha_.instances["VI_1"].notify.emplace().onMaster = tell + " own";
  ha_.instances["VI_2"].notify.emplace().onMaster = tell + " other";
  ha_.notify.onMaster = tell + " node";
  const auto told = notifier();
  told->tell(change("MASTER"));
  settle(*told);
  EXPECT_EQ(recorded(), "own\nnode\n");
}

TEST_F(NotifierTest, AHangingCommandHoldsNobodyUpButThoseBehindIt) {
  const std::string tell = recorder();
  ha_.notify.onBackup = folder_.script("hang", "exec sleep 1000");
  ha_.notify.onMaster = tell + " MASTER";
  ha_.notify.timeout.value = milliseconds(100);
  ha_.notify.fifo = folder_ / "fifo";
  const auto told = notifier();
  told->tell(change("BACKUP"));
  told->tell(change("MASTER"));
  std::array<char, 256> lines{};
  const base::Fd reader(::open((folder_ / "fifo").c_str(), O_RDONLY | O_NONBLOCK));
  const ssize_t count = ::read(reader.get(), lines.data(), lines.size());
  ASSERT_GT(count, 0) << "written before the first command has even begun";
  EXPECT_EQ(std::string(lines.data(), static_cast<std::size_t>(count)),
            "INSTANCE \"VI_1\" BACKUP 200\nINSTANCE \"VI_1\" MASTER 200\n");
  settle(*told);
  EXPECT_EQ(recorded(), "MASTER\n");
  EXPECT_EQ(told->counters().failed_commands, 1U);
}

TEST_F(NotifierTest, AFifoThatNobodyReadsIsNoObstacle) {
  ha_.notify.fifo = folder_ / "fifo";
  ha_.notify.priorityChanges = true;
  const auto told = notifier();
  for (int i = 0; i < 5000; ++i) told->tell_priority("VI_1", "MASTER", i % 255);
  EXPECT_GT(told->counters().lost, 0U);
}

TEST_F(NotifierTest, WhatCannotBeRunIsRefusedByItsKey) {
  ha_.notify.onFault = "/no/such/program";
  const auto made = Notifier::make(ha_, "n1");
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), HasSubstr("ha.notify.onFault: /no/such/program"));
}

/// A receiver on 127.0.0.1 that the test plays itself.
class WebhookTest : public NotifierTest {
 protected:
  WebhookTest()
      : listening_(net::listen_tcp(net::Address(*net::IpAddress::parse("127.0.0.1"), 0), {}).value()),
        acceptor_(std::make_unique<net::Acceptor>(listening_)) {
    model::NotifyWebhook& hook = ha_.notify.webhook.emplace();
    hook.url = "http://127.0.0.1:" + std::to_string(net::local_address(listening_).port()) + "/hook?a=1";
    hook.retryInterval.value = milliseconds(1);
    hook.timeout.value = seconds(10);
  }
  ~WebhookTest() override { ::close(listening_); }

  /// The next request, once all of it is there; answered with `status`.
  std::string serve(const std::string& status) {
    base::Fd connection;
    std::string received;
    turn_until([&] {
      if (!connection) connection.reset(acceptor_->try_accept().fd);
      if (!connection) return false;
      std::array<char, 65536> room;
      const ssize_t got = ::recv(connection.get(), room.data(), room.size(), MSG_DONTWAIT);
      if (got > 0) received.append(room.data(), static_cast<std::size_t>(got));
      return received.ends_with("}");
    });
    const std::string answer = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL), std::ssize(answer));
    return received;
  }

  int listening_;
  std::unique_ptr<net::Acceptor> acceptor_;
};

TEST_F(WebhookTest, PostsJson) {
  ha_.notify.webhook->headers["X-Key"].value = "abc";
  ha_.notify.webhook->fields["token"].value = "xyz";
  const auto told = notifier();
  told->tell(change("MASTER"));
  const std::string request = serve("200 OK");
  EXPECT_THAT(request, HasSubstr("POST /hook?a=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Key: abc\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
  const boost::json::value body = boost::json::parse(request.substr(request.find("\r\n\r\n") + 4));
  EXPECT_EQ(body.at("node").as_string(), "n1");
  EXPECT_EQ(body.at("state").as_string(), "MASTER");
  EXPECT_EQ(body.at("reason").as_string(), "the master is silent");
  EXPECT_EQ(body.at("token").as_string(), "xyz");
  settle(*told);
  EXPECT_EQ(told->webhook()->counters().delivered, 1U);
}

TEST_F(WebhookTest, TriesAgainAndKeepsTheOrder) {
  const auto told = notifier();
  told->tell(change("MASTER"));
  told->tell(change("FAULT"));
  EXPECT_THAT(serve("500 Internal Server Error"), HasSubstr("\"state\":\"MASTER\""));
  EXPECT_THAT(serve("204 No Content"), HasSubstr("\"state\":\"MASTER\""));
  EXPECT_THAT(serve("200 OK"), HasSubstr("\"state\":\"FAULT\""));
  settle(*told);
  EXPECT_EQ(told->webhook()->counters().retries, 1U);
}

TEST_F(WebhookTest, ADeadOneDelaysNothing) {
  acceptor_.reset();
  ha_.notify.webhook->timeout.value = milliseconds(20);
  ha_.notify.webhook->retries = 1;
  ha_.notify.onMaster = recorder() + " MASTER";
  const auto told = notifier();
  told->tell(change("MASTER"));
  turn_until([this] { return recorded() == "MASTER\n"; });
  settle(*told);
  EXPECT_EQ(told->webhook()->counters().given_up, 1U);
}

}  // namespace
}  // namespace tandem::hooks
