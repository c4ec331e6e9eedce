// Virtual routers in network namespaces: with each other, with keepalived, and with what can go wrong.

#include "control/speaker/speaker.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>

#include "control/address/announce.h"
#include "control/address/host_links.h"
#include "control/address/test_network.h"
#include "control/address/test_traffic.h"

namespace tandem::speaker {
namespace {

using address::eventually;
using address::TestNetwork;
using vrrp::State;

class SpeakerOnANetwork : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestNetwork::impossible(); !why.empty()) GTEST_SKIP() << why;
    network_.emplace(3);
  }

  static RouterSettings router(int host, const std::string& address = "192.168.1.100/24") {
    RouterSettings out;
    out.name = "VI_1";
    out.options.vrid = 51;
    out.options.priority = host == 1 ? 200 : 100;
    out.options.preempt = true;
    out.options.announcements.delay = {};
    out.virtual_addresses = {*address::parse_virtual_address(address)};
    if (!out.virtual_addresses[0].address.is_v4()) out.options.family = vrrp::Family::kIpv6;
    return out;
  }
  static SpeakerSettings settings(RouterSettings router) {
    SpeakerSettings out;
    out.routers = {std::move(router)};
    out.lock_memory = false;
    return out;
  }
  std::unique_ptr<Speaker> start(int host, SpeakerSettings settings, bool ready = true) {
    std::unique_ptr<Speaker> out;
    network_->on(host, [&] {
      auto made = Speaker::create(std::move(settings));
      ASSERT_TRUE(made) << made.error().text();
      out = std::move(*made);
      if (ready) out->start();
    });
    return out;
  }
  std::unique_ptr<Speaker> start(int host) { return start(host, settings(router(host))); }
  static State state(const Speaker& speaker, std::size_t router = 0) {
    return speaker.snapshot().routers[router].status.state;
  }
  static testing::AssertionResult becomes(const Speaker& speaker, State wanted, std::size_t router = 0) {
    if (eventually([&] { return state(speaker, router) == wanted; })) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "is " << vrrp::name_of(state(speaker, router));
  }
  bool holds(int host, const std::string& address = "192.168.1.100") const {
    return network_->addresses(host).find("inet " + address + "/") != std::string::npos ||
           network_->addresses(host).find("inet6 " + address + "/") != std::string::npos;
  }
  static std::optional<Report> wait_for(Speaker& speaker, Report::Kind kind) {
    Report report;
    const bool found = eventually([&] {
      while (speaker.next_report(report)) {
        if (report.kind == kind) return true;
      }
      return false;
    });
    return found ? std::optional(report) : std::nullopt;
  }
  std::optional<TestNetwork> network_;
};

TEST_F(SpeakerOnANetwork, TheHigherPriorityHoldsTheAddressAndTheOtherTakesOverWhenItStops) {
  auto one = start(1);
  auto two = start(2);
  EXPECT_TRUE(becomes(*one, State::kMaster));
  EXPECT_TRUE(becomes(*two, State::kBackup));
  EXPECT_TRUE(eventually([&] { return holds(1) && !holds(2); }));
  EXPECT_TRUE(eventually([&] { return two->snapshot().routers[0].peer_count == 1; }));
  const PeerHeard peer = two->snapshot().routers[0].peers[0];
  EXPECT_EQ(peer.priority, 200);
  EXPECT_EQ(peer.source, vrrp::Ip::v4(192, 168, 1, 110));
  one->stop();
  EXPECT_FALSE(holds(1));
  EXPECT_TRUE(becomes(*two, State::kMaster));
  EXPECT_TRUE(eventually([&] { return holds(2); }));
  EXPECT_GE(two->snapshot().routers[0].statistics.pri_zero_rcvd, 1U);
  EXPECT_EQ(two->snapshot().routers[0].switch_over_error, 0);
  const auto report = wait_for(*two, Report::Kind::kTransition);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->action.to, State::kBackup);
  EXPECT_GT(report->wall_time, 0);
}

TEST_F(SpeakerOnANetwork, SpeaksUnicastAndIpv6AndWithAVirtualMac) {
  for (const char* address : {"192.168.1.100/24", "fd00:1::100/64"}) {
    for (const bool unicast : {false, true}) {
      std::array<std::unique_ptr<Speaker>, 2> pair;
      for (int host = 1; host <= 2; ++host) {
        RouterSettings mine = router(host, address);
        const bool v4 = mine.virtual_addresses[0].address.is_v4();
        const std::string peer = v4 ? "192.168.1." + std::to_string(host == 1 ? 111 : 110)
                                    : "fe80::ff:fe00:" + std::string(host == 1 ? "201" : "101");
        const auto ip = *net::IpAddress::parse(peer);
        if (unicast) mine.peers = {{.address = vrrp::Ip::from(std::span(ip.bytes()).first(v4 ? 4 : 16))}};
        if (!unicast) mine.virtual_mac.emplace();
        pair[static_cast<std::size_t>(host - 1)] = start(host, settings(std::move(mine)));
      }
      ASSERT_TRUE(pair[0] && pair[1]);
      EXPECT_TRUE(becomes(*pair[0], State::kMaster)) << address << unicast;
      EXPECT_TRUE(eventually([&] { return pair[1]->snapshot().routers[0].statistics.advert_rcvd > 10; }))
          << address << unicast;
      EXPECT_EQ(state(*pair[1]), State::kBackup) << address << unicast;
      const std::string shown = network_->output(1, "ip addr show");
      EXPECT_NE(shown.find(std::string(address)), std::string::npos) << shown;
    }
  }
}

TEST_F(SpeakerOnANetwork, AnAddressThatSomebodyRemovesIsPutBack) {
  auto one = start(1);
  EXPECT_TRUE(becomes(*one, State::kMaster));
  EXPECT_TRUE(eventually([&] { return holds(1); }));
  network_->output(1, "ip addr del 192.168.1.100/24 dev eth0");
  EXPECT_TRUE(wait_for(*one, Report::Kind::kAddressesRemoved));
  EXPECT_TRUE(holds(1));
  EXPECT_EQ(state(*one), State::kMaster);
}

TEST_F(SpeakerOnANetwork, TheKernelLetsGoWhenTheDataPlaneIsNotProvedAlive) {
  SpeakerSettings mine = settings(router(1));
  mine.lease = {.valid = std::chrono::seconds(1), .renew = std::chrono::milliseconds(100)};
  auto one = start(1, std::move(mine));
  EXPECT_TRUE(becomes(*one, State::kMaster));
  EXPECT_TRUE(eventually([&] { return holds(1); }));
  one->data_plane_alive_until(Speaker::now());
  EXPECT_TRUE(wait_for(*one, Report::Kind::kLeaseLapsed));
  EXPECT_TRUE(eventually([&] { return !holds(1); }));
  EXPECT_FALSE(one->snapshot().routers[0].holding);
  one->data_plane_alive_until(Speaker::now() + std::chrono::hours(1));
  EXPECT_TRUE(eventually([&] { return holds(1); }));
}

TEST_F(SpeakerOnANetwork, LosesTheAddressWithItsInterfaceAndWithAFault) {
  auto one = start(1);
  auto two = start(2);
  EXPECT_TRUE(becomes(*one, State::kMaster));
  network_->output(0, "ip link set p1 down");
  EXPECT_TRUE(becomes(*one, State::kFault));
  EXPECT_TRUE(becomes(*two, State::kMaster));
  network_->output(0, "ip link set p1 up");
  EXPECT_TRUE(becomes(*one, State::kMaster));
  EXPECT_TRUE(one->post({.event = vrrp::FaultChanged{.fault = 3, .present = true}}));
  EXPECT_TRUE(becomes(*one, State::kFault));
  EXPECT_TRUE(becomes(*two, State::kMaster));
  EXPECT_TRUE(eventually([&] { return !holds(1) && holds(2); }));
}

TEST_F(SpeakerOnANetwork, TrackedInterfacesWeighOrAreFatal) {
  for (const char* name : {"side0", "side1"}) {
    const std::string link(name);
    network_->output(1, "ip link add " + link + " type veth peer name " + link + "p");
    network_->output(1, "ip link set " + link + "p up");
    network_->output(1, "ip link set " + link + " up");
  }
  RouterSettings mine = router(1);
  mine.tracked_interfaces = {{.name = "side0", .weight = -50}, {.name = "side1"}};
  auto one = start(1, settings(mine));
  ASSERT_TRUE(becomes(*one, State::kMaster));
  const auto priority = [&one] { return static_cast<int>(one->snapshot().routers[0].status.priority); };
  one->post({.router = 0, .event = vrrp::WeightChanged{.total = -3}});
  EXPECT_TRUE(eventually([&] { return priority() == 197; }));
  network_->output(1, "ip link set side0p down");
  EXPECT_TRUE(eventually([&] { return priority() == 147; })) << "both weights count";
  const auto told = wait_for(*one, Report::Kind::kTrackedInterface);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, 0);
  EXPECT_FALSE(told->up);
  one->post({.router = 0, .event = vrrp::WeightChanged{.total = 0}});
  EXPECT_TRUE(eventually([&] { return priority() == 150; }));
  network_->output(1, "ip link set side0p up");
  EXPECT_TRUE(eventually([&] { return priority() == 200; }));
  network_->output(1, "ip link set side1p down");
  EXPECT_TRUE(becomes(*one, State::kFault));
  network_->output(1, "ip link set side1p up");
  EXPECT_TRUE(becomes(*one, State::kMaster));
}

TEST_F(SpeakerOnANetwork, AnUntrackedAddressStaysAwayUntilTheNextElection) {
  RouterSettings mine = router(1);
  mine.excluded_addresses = {*address::parse_virtual_address("192.168.1.101/24")};
  mine.excluded_addresses[0].tracked = false;
  SpeakerSettings all = settings(mine);
  all.lease.renew = std::chrono::milliseconds(20);
  auto one = start(1, std::move(all));
  ASSERT_TRUE(becomes(*one, State::kMaster));
  ASSERT_TRUE(eventually([&] { return holds(1, "192.168.1.101"); }));
  network_->output(1, "ip addr del 192.168.1.101/24 dev eth0");
  const auto report = wait_for(*one, Report::Kind::kAddressesRemoved);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->let_go);
  // A renewal later than the removal.
  network_->output(1, "ip addr del 192.168.1.100/24 dev eth0");
  EXPECT_TRUE(eventually([&] { return holds(1); }));
  EXPECT_FALSE(holds(1, "192.168.1.101"));
  EXPECT_EQ(state(*one), State::kMaster);
  one->post({.event = vrrp::FaultChanged{.fault = 3, .present = true}});
  ASSERT_TRUE(becomes(*one, State::kFault));
  one->post({.event = vrrp::FaultChanged{.fault = 3, .present = false}});
  EXPECT_TRUE(eventually([&] { return holds(1, "192.168.1.101"); })) << "a new master has all of them";
}

TEST_F(SpeakerOnANetwork, AVirtualMacMayLeaveTheAdvertsToTheInterfaceBelow) {
  std::array<std::unique_ptr<Speaker>, 2> pair;
  for (int host = 1; host <= 2; ++host) {
    RouterSettings mine = router(host);
    mine.virtual_mac = {.name = "pair0", .mac = {2, 0, 0, 0, 0, 9}};
    mine.send_from_parent = true;
    pair[static_cast<std::size_t>(host - 1)] = start(host, settings(std::move(mine)));
  }
  ASSERT_TRUE(pair[0] && pair[1]);
  EXPECT_TRUE(becomes(*pair[0], State::kMaster));
  EXPECT_TRUE(eventually([&] { return pair[1]->snapshot().routers[0].statistics.advert_rcvd > 10; }));
  EXPECT_EQ(state(*pair[1]), State::kBackup);
  EXPECT_NE(network_->addresses(1, "pair0").find("192.168.1.100/24"), std::string::npos);
  EXPECT_NE(network_->addresses(1, "pair0").find("02:00:00:00:00:09"), std::string::npos);
  EXPECT_EQ(pair[1]->snapshot().routers[0].peers[0].priority, 200);
}

TEST_F(SpeakerOnANetwork, AStrangerWithOurAddressIsAConflict) {
  auto one = start(1);
  EXPECT_TRUE(becomes(*one, State::kMaster));
  network_->on(3, [] {
    const auto link = *address::HostLinks::read()->by_name("eth0");
    const auto claim = address::announcement(link.mac, *net::IpAddress::parse("192.168.1.100"), false);
    EXPECT_EQ(address::FrameSender::open()->send(link.index, claim), 0);
  });
  const auto report = wait_for(*one, Report::Kind::kConflict);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->mac, (std::array<std::uint8_t, 6>{2, 0, 0, 0, 3, 1}));
  EXPECT_TRUE(one->snapshot().routers[0].conflict);
}

TEST_F(SpeakerOnANetwork, AReloadAddsAndRemovesAddressesAndStaysMaster) {
  auto one = start(1);
  auto two = start(2);
  EXPECT_TRUE(becomes(*one, State::kMaster));
  EXPECT_TRUE(eventually([&] { return holds(1); }));
  RouterSettings changed = router(1);
  changed.virtual_addresses = {*address::parse_virtual_address("192.168.1.101/24"),
                               *address::parse_virtual_address("192.168.1.100/24")};
  network_->on(1, [&] {
    const auto done = one->reload(settings(changed));
    EXPECT_TRUE(done) << done.error().text();
  });
  EXPECT_TRUE(eventually([&] { return holds(1, "192.168.1.101"); }));
  EXPECT_TRUE(holds(1));
  EXPECT_EQ(state(*one), State::kMaster);
  changed.virtual_addresses.pop_back();
  network_->on(1, [&] { EXPECT_TRUE(one->reload(settings(changed))); });
  EXPECT_TRUE(eventually([&] { return !holds(1); }));
  EXPECT_TRUE(holds(1, "192.168.1.101"));
  EXPECT_EQ(state(*one), State::kMaster);
  EXPECT_EQ(state(*two), State::kBackup);
  EXPECT_EQ(two->snapshot().routers[0].statistics.become_master, 0U);
}

TEST_F(SpeakerOnANetwork, APlannedSwitchOverLosesNothing) {
  const address::TestServer server1(*network_, 1, '1');
  const address::TestServer server2(*network_, 2, '2');
  RouterSettings mine = router(1);
  mine.options.preempt = false;
  auto one = start(1, settings(mine));
  ASSERT_TRUE(becomes(*one, State::kMaster));
  mine = router(2);
  mine.options.preempt = false;
  auto two = start(2, settings(mine));
  ASSERT_TRUE(becomes(*two, State::kBackup));
  ASSERT_TRUE(eventually([&] { return holds(1); }));
  address::TestTraffic traffic(*network_, 3, "192.168.1.100");
  ASSERT_TRUE(eventually([&] { return traffic.first > 500 && traffic.kept[0] > 50; }));
  one->post({.event = vrrp::Yield{.successor = vrrp::Ip::v4(192, 168, 1, 111)}});
  ASSERT_TRUE(becomes(*one, State::kYielding));
  two->post({.event = vrrp::Take{.predecessor = vrrp::Ip::v4(192, 168, 1, 110)}});
  EXPECT_TRUE(becomes(*two, State::kMaster));
  EXPECT_TRUE(becomes(*one, State::kBackup));
  const int kept = traffic.kept[0];
  EXPECT_TRUE(eventually([&] { return traffic.second > 1000 && traffic.kept[0] > kept + 100; }));
  EXPECT_TRUE(one->snapshot().routers[0].shelved);
  EXPECT_TRUE(two->snapshot().routers[0].passing_on);
  traffic.stop();
  EXPECT_EQ(traffic.failed, 0);
  EXPECT_FALSE(traffic.lost);
  one->stop();
  two->stop();
  EXPECT_EQ(network_->addresses(1, "lo").find("192.168.1.100"), std::string::npos);
}

TEST_F(SpeakerOnANetwork, WhatIsMissingIsNamed) {
  RouterSettings mine = router(1);
  mine.interface = "eth7";
  network_->on(1, [&] {
    const auto made = Speaker::create(settings(mine));
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("there is no interface eth7; there are lo, eth0"), std::string::npos);
  });
  mine = router(1, "10.9.9.9/24");
  network_->on(1, [&] {
    const auto made = Speaker::create(settings(mine));
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("10.9.9.9 lies in no subnet"), std::string::npos);
  });
}

/// keepalived on a host, in the foreground, with a file of its own.
class Keepalived {
 public:
  Keepalived(const TestNetwork& network, int host, const std::string& configuration)
      : file_("/tmp/" + network.name(host) + ".conf") {
    std::ofstream(file_) << configuration;
    process_ = ::fork();
    if (process_ != 0) return;
    const std::string pid = file_ + ".pid";
    const std::string vrrp = file_ + ".vrrp";
    const std::string log = network.name(host);
    ::execlp("ip", "ip", "netns", "exec", log.c_str(), "keepalived", "-n", "-P", "-f", file_.c_str(), "-p", pid.c_str(),
             "-r", vrrp.c_str(), nullptr);
    ::_exit(127);
  }
  ~Keepalived() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    for (const char* ending : {"", ".pid", ".vrrp"}) ::unlink((file_ + ending).c_str());
  }
  Keepalived(const Keepalived&) = delete;
  Keepalived& operator=(const Keepalived&) = delete;

 private:
  std::string file_;
  pid_t process_ = 0;
};

std::string keepalived_configuration(int version, int priority) {
  return "global_defs { router_id test }\nvrrp_instance VI_1 {\n  state BACKUP\n  interface eth0\n  virtual_router_id "
         "51\n"
         "  version " +
         std::to_string(version) + "\n  priority " + std::to_string(priority) + "\n  advert_int " +
         (version == 2 ? "1\n  authentication { auth_type PASS\n auth_pass s3cr3tpw\n }\n" : "0.1\n") +
         "  virtual_ipaddress { 192.168.1.100/24 dev eth0 }\n}\n";
}

class PairedWithKeepalived : public SpeakerOnANetwork, public testing::WithParamInterface<int> {
 protected:
  RouterSettings ours(int priority) const {
    RouterSettings out = router(1);
    out.options.version = GetParam() == 2 ? vrrp::Version::kV2 : vrrp::Version::kV3;
    out.options.interval = std::chrono::milliseconds(GetParam() == 2 ? 1000 : 100);
    out.options.priority = static_cast<std::uint8_t>(priority);
    if (GetParam() == 2) out.authentication = vrrp::Authentication::with_password("s3cr3tpw");
    return out;
  }
};

TEST_P(PairedWithKeepalived, EitherIsMasterAndTheOtherTakesOver) {
  if (std::system("keepalived --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs keepalived";
  {
    auto one = start(1, settings(ours(200)));
    ASSERT_TRUE(becomes(*one, State::kMaster));
    const Keepalived other(*network_, 2, keepalived_configuration(GetParam(), 100));
    EXPECT_FALSE(eventually([&] { return holds(2); }, 2)) << "keepalived obeys our adverts";
    one->stop();
    EXPECT_TRUE(eventually([&] { return holds(2); })) << "keepalived takes over";
  }
  ASSERT_TRUE(eventually([&] { return !holds(2); }));
  std::optional<Keepalived> other(std::in_place, *network_, 2, keepalived_configuration(GetParam(), 200));
  ASSERT_TRUE(eventually([&] { return holds(2); }));
  auto one = start(1, settings(ours(100)));
  EXPECT_TRUE(eventually([&] { return one->snapshot().routers[0].statistics.advert_rcvd > 2; }));
  EXPECT_EQ(state(*one), State::kBackup);
  EXPECT_EQ(one->snapshot().routers[0].status.master_priority, 200);
  other.reset();
  EXPECT_TRUE(becomes(*one, State::kMaster));
  EXPECT_EQ(one->snapshot().routers[0].statistics.pri_zero_rcvd, 1U);
}

INSTANTIATE_TEST_SUITE_P(BothVersions, PairedWithKeepalived, testing::Values(2, 3));

}  // namespace
}  // namespace tandem::speaker
