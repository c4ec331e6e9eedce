#include "proxy/service/server_probe.h"

#include <gtest/gtest.h>

#include "base/fd.h"
#include "engine/net/tcp.h"

namespace tandem::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A server of this machine that nobody talks to, and the probe of it.
class ServerProbes : public testing::Test {
 protected:
  static base::Fd listen(std::uint16_t port = 0) {
    const auto at = net::Address(*net::IpAddress::parse("127.0.0.1"), port);
    const auto socket = net::listen_tcp(at, {});
    EXPECT_TRUE(socket);
    return base::Fd(*socket);
  }
  std::unique_ptr<ServerProbe> probe(const std::string& url) {
    auto made = std::make_unique<ServerProbe>(*client::Target::parse(url), pace_, [this] { ++changes_; });
    made->start();
    return made;
  }
  /// Runs the loop until the condition holds; whether it does.
  bool until(const std::function<bool()>& condition) {
    const loop::TimePoint end = loop_.exact_now() + seconds(10);
    while (!condition() && loop_.exact_now() < end) loop_.run_once(loop_.exact_now() + milliseconds(20));
    return condition();
  }

  loop::Loop loop_;
  ProbePace pace_{.period = milliseconds(5), .timeout = milliseconds(500)};
  int changes_ = 0;
};

TEST_F(ServerProbes, FollowAServerThatGoesAndComesBack) {
  base::Fd server = listen();
  const std::uint16_t port = net::local_address(server.get()).port();
  const auto followed = probe(fmt::format("http://127.0.0.1:{}", port));
  EXPECT_FALSE(followed->lives().has_value());
  EXPECT_TRUE(until([&] { return followed->lives() == true; }));
  server.reset();
  EXPECT_TRUE(until([&] { return followed->lives() == false; }));
  server = listen(port);
  EXPECT_TRUE(until([&] { return followed->lives() == true; }));
  EXPECT_EQ(changes_, 3);
}

TEST_F(ServerProbes, FindOutAtOnceThatNobodyIsThere) {
  base::Fd server = listen();
  const std::string url = fmt::format("http://127.0.0.1:{}", net::local_address(server.get()).port());
  server.reset();
  const auto refused = probe(url);
  const auto without_host = probe("nonsense");
  EXPECT_TRUE(until([&] { return refused->lives() == false && without_host->lives() == false; }));
}

TEST_F(ServerProbes, LookNamesUp) {
  const base::Fd server = listen();
  const auto named = probe(fmt::format("http://localhost:{}", net::local_address(server.get()).port()));
  EXPECT_TRUE(until([&] { return named->lives() == true; }));
}

}  // namespace
}  // namespace tandem::service
