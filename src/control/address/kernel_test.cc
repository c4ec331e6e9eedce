// What the kernel does with our messages, in network namespaces.

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <optional>

#include "control/address/advert_socket.h"
#include "control/address/announce.h"
#include "control/address/host_links.h"
#include "control/address/test_network.h"
#include "control/address/virtual_addresses.h"
#include "control/address/virtual_mac.h"

namespace tandem::address {
namespace {

class Kernel : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = TestNetwork::impossible(); !why.empty()) GTEST_SKIP() << why;
    network_.emplace(2);
  }
  HostLink eth0(int host) const {
    HostLink out;
    network_->on(host, [&out] { out = *HostLinks::read()->by_name("eth0"); });
    return out;
  }
  Netlink netlink(int host) const {
    std::optional<Netlink> out;
    network_->on(host, [&out] { out.emplace(*Netlink::open(NETLINK_ROUTE)); });
    return std::move(*out);
  }
  VirtualAddress virtual_address(int host, std::string_view text) const {
    VirtualAddress out = *parse_virtual_address(text);
    const HostLink link = eth0(host);
    out.link = link.index;
    out.link_name = link.name;
    if (shares_prefix(link, out, {})) out.flags = out.address.is_v4() ? 0 : IFA_F_NOPREFIXROUTE;
    return out;
  }
  bool shows(const std::string& text, const std::string& link = "eth0") const {
    return network_->addresses(1, link).find(text) != std::string::npos;
  }
  std::optional<TestNetwork> network_;
};

TEST_F(Kernel, InterfacesAreFoundBySubnetAndByName) {
  network_->on(1, [] {
    const auto links = HostLinks::read();
    ASSERT_TRUE(links);
    EXPECT_EQ(links->by_subnet(*net::IpAddress::parse("192.168.1.100"), {})->name, "eth0");
    EXPECT_EQ(links->by_subnet(*net::IpAddress::parse("fd00:1::100"), {})->name, "eth0");
    const auto none = links->by_subnet(*net::IpAddress::parse("10.0.0.1"), {});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().text().find("192.168.1.110/24 (eth0)"), std::string::npos);
    const auto unknown = links->by_name("eth7");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().text().find("there are lo, eth0"), std::string::npos);
    const auto link = links->by_name("eth0");
    EXPECT_TRUE(link->running());
    EXPECT_EQ(source_of(*link, true, {})->text(), "192.168.1.110");
    EXPECT_EQ(source_of(*link, false, {})->text(), "fe80::ff:fe00:101");
  });
}

TEST_F(Kernel, AnAddressShowsAsSecondaryAndIsRemoved) {
  Netlink netlink = this->netlink(1);
  VirtualAddresses addresses({virtual_address(1, "192.168.1.100/24"), virtual_address(1, "fd00:1::100/64")}, {}, 1);
  ASSERT_EQ(addresses.hold(netlink), 0);
  ASSERT_EQ(addresses.hold(netlink), 0) << "a renewal";
  EXPECT_TRUE(shows("inet 192.168.1.100/24 scope global secondary")) << network_->addresses(1);
  EXPECT_TRUE(shows("inet6 fd00:1::100/64 scope global nodad deprecated dynamic noprefixroute"))
      << network_->addresses(1);
  int removed = 0;
  EXPECT_EQ(addresses.release(netlink, &removed), 0);
  EXPECT_EQ(removed, 2);
  EXPECT_FALSE(shows("192.168.1.100"));
  EXPECT_EQ(addresses.release(netlink), 0) << "absent ones are no error";
}

TEST_F(Kernel, AnAddressThatNobodyRenewsGoesByItself) {
  Netlink netlink = this->netlink(1);
  const std::string routes = network_->output(1, "ip -6 route") + network_->output(1, "ip route");
  VirtualAddresses addresses({virtual_address(1, "192.168.1.100/24"), virtual_address(1, "fd00:1::100/64")},
                             {.valid = std::chrono::seconds(1), .renew = std::chrono::milliseconds(250)}, 1);
  ASSERT_EQ(addresses.hold(netlink), 0);
  EXPECT_TRUE(eventually([this] { return !shows("192.168.1.100") && !shows("fd00:1::100"); }));
  EXPECT_EQ(network_->output(1, "ip -6 route") + network_->output(1, "ip route"), routes)
      << "the routes of the node's own addresses stay, without an end";
}

TEST_F(Kernel, LeftOversAreRemovedFromBothInterfaces) {
  network_->output(1, "ip addr add 192.168.1.100/24 dev eth0");
  network_->output(1, "ip addr add 192.168.1.100/32 dev lo");
  Netlink netlink = this->netlink(1);
  VirtualAddresses addresses({virtual_address(1, "192.168.1.100/24")}, {}, 1);
  EXPECT_EQ(addresses.remove_left_overs(netlink), 1);
  EXPECT_FALSE(shows("192.168.1.100"));
  EXPECT_FALSE(shows("192.168.1.100", "lo"));
}

TEST_F(Kernel, TheMonitorTellsOfAddressesAndCarrier) {
  std::optional<LinkMonitor> monitor;
  network_->on(1, [&monitor] { monitor.emplace(*LinkMonitor::open()); });
  const int index = eth0(1).index;
  LinkEvent event;
  const auto hears = [&](auto wanted) {
    return eventually([&] {
      while (monitor->next(event)) {
        if (event.index == index && wanted()) return true;
      }
      return false;
    });
  };
  network_->output(1, "ip addr add 192.168.1.100/24 dev eth0");
  EXPECT_TRUE(hears([&] {
    return event.kind == LinkEvent::Kind::kAddressAdded && event.address.text() == "192.168.1.100" && event.permanent;
  }));
  network_->output(1, "ip addr del 192.168.1.100/24 dev eth0");
  EXPECT_TRUE(hears([&] { return event.kind == LinkEvent::Kind::kAddressRemoved; }));
  network_->output(0, "ip link set p1 down");
  EXPECT_TRUE(hears([&] { return event.kind == LinkEvent::Kind::kLink && !event.running; }));
}

TEST_F(Kernel, NeighboursHearAnnouncementsAndAnswerProbes) {
  const auto vip = *net::IpAddress::parse("192.168.1.100");
  const auto vip6 = *net::IpAddress::parse("fd00:1::100");
  const auto neighbour = *net::IpAddress::parse("192.168.1.111");
  const auto neighbour6 = *net::IpAddress::parse("fd00:1::2");
  std::optional<FrameSender> sender;
  std::optional<NeighbourWatch> here;
  std::optional<NeighbourWatch> there;
  const HostLink link = eth0(1);
  network_->on(1, [&] {
    sender.emplace(*FrameSender::open());
    here.emplace(*NeighbourWatch::open(link.index, std::vector{neighbour6, neighbour}));
  });
  network_->on(2, [&] { there.emplace(*NeighbourWatch::open(eth0(2).index, std::vector{vip, vip6})); });
  Announcer announcer(
      {{.address = vip, .link = link.index, .mac = link.mac}, {.address = vip6, .link = link.index, .mac = link.mac}},
      std::chrono::microseconds(0));
  announcer.start(2, std::chrono::nanoseconds(1));
  EXPECT_EQ(announcer.send_due(*sender, std::chrono::nanoseconds(1)), 0);
  EXPECT_EQ(announcer.due(), Announcer::kNever);
  std::string heard;
  NeighbourSighting seen;
  EXPECT_TRUE(eventually([&] {
    while (there->next(seen)) {
      heard += seen.address.text() + " ";
      EXPECT_EQ(seen.mac, link.mac);
    }
    return heard == "192.168.1.100 fd00:1::100 192.168.1.100 fd00:1::100 ";
  })) << heard;
  EXPECT_EQ(sender->send(link.index, question(link.mac, net::IpAddress(), neighbour)), 0);
  EXPECT_TRUE(eventually([&] { return here->next(seen) && seen.address == neighbour && seen.answer; }));
  EXPECT_EQ(sender->send(link.index, question(link.mac, *source_of(link, false, {}), neighbour6)), 0);
  EXPECT_TRUE(eventually([&] { return here->next(seen) && seen.address == neighbour6 && seen.answer; }));
}

TEST_F(Kernel, AGapKeepsAnnouncementsApart) {
  std::optional<FrameSender> sender;
  const HostLink link = eth0(1);
  network_->on(1, [&] { sender.emplace(*FrameSender::open()); });
  Announcer announcer({{.address = *net::IpAddress::parse("192.168.1.100"), .link = link.index, .mac = link.mac}},
                      std::chrono::microseconds(1000));
  using std::chrono::nanoseconds;
  announcer.start(2, nanoseconds(5));
  announcer.send_due(*sender, nanoseconds(5));
  EXPECT_EQ(announcer.due(), nanoseconds(1'000'005));
  announcer.send_due(*sender, nanoseconds(1'000'005));
  EXPECT_EQ(announcer.due(), Announcer::kNever);
}

TEST_F(Kernel, AdvertsArriveWithSourceDestinationAndTtl) {
  for (const bool v4 : {true, false}) {
    for (const bool multicast : {true, false}) {
      std::optional<AdvertSocket> one;
      std::optional<AdvertSocket> other;
      const auto open = [&](int host, std::optional<AdvertSocket>& out) {
        const HostLink link = eth0(host);
        network_->on(host, [&] {
          auto socket = AdvertSocket::open(
              {.link = link.index, .link_name = link.name, .source = *source_of(link, v4, {}), .multicast = multicast});
          ASSERT_TRUE(socket) << socket.error().text();
          out.emplace(std::move(*socket));
        });
      };
      open(1, one);
      open(2, other);
      ASSERT_TRUE(one && other);
      const net::IpAddress to =
          !multicast ? other->settings().source : *net::IpAddress::parse(v4 ? "224.0.0.18" : "ff02::12");
      std::vector<std::uint8_t> packet;
      if (v4) {
        packet = {0x45, 0xc0, 0, 28, 0, 1, 0, 0, 255, 112, 0, 0};
        packet.insert(packet.end(), one->settings().source.bytes().begin(), one->settings().source.bytes().begin() + 4);
        packet.insert(packet.end(), to.bytes().begin(), to.bytes().begin() + 4);
      }
      const std::vector<std::uint8_t> message{0x31, 51, 100, 0, 0, 10, 0, 0};
      packet.insert(packet.end(), message.begin(), message.end());
      ASSERT_EQ(one->send(packet, to), 0);
      ArrivedAdvert arrived;
      ASSERT_TRUE(eventually([&] { return other->next(arrived); })) << v4 << multicast;
      EXPECT_EQ(arrived.source, one->settings().source);
      EXPECT_EQ(arrived.destination, to);
      EXPECT_EQ(arrived.ttl, 255);
      EXPECT_EQ(std::vector(arrived.message.begin(), arrived.message.end()), message);
      EXPECT_FALSE(one->next(arrived)) << "not looped back";
    }
  }
}

TEST_F(Kernel, AVirtualMacComesAndGoes) {
  for (const bool v4 : {true, false}) {
    const HostLink parent = eth0(1);
    network_->on(1, [&] {
      auto mac = VirtualMac::create(parent, v4, completed({}, v4, 51));
      ASSERT_TRUE(mac) << mac.error().text();
      EXPECT_EQ(mac->link().mac, virtual_mac(v4, 51));
      EXPECT_EQ(mac->link().name, v4 ? "vrrp.51" : "vrrp6.51");
      EXPECT_TRUE(HostLinks::read()->by_name(mac->link().name));
    });
    network_->on(1, [&] { EXPECT_FALSE(HostLinks::read()->by_name(v4 ? "vrrp.51" : "vrrp6.51")); });
  }
}

TEST_F(Kernel, AVirtualMacHasAnyNameAndAddressButNoOtherInterfaceGoesForIt) {
  const HostLink parent = eth0(1);
  const VirtualMacSettings settings{.name = "pair0", .mac = {2, 0, 0, 0, 0, 9}};
  network_->output(1, "ip link add pair0 link eth0 type macvlan mode private");
  network_->output(1, "ip link add dev taken0 type bridge");
  network_->on(1, [&] {
    const auto mac = VirtualMac::create(parent, true, settings);
    ASSERT_TRUE(mac) << mac.error().text();
    EXPECT_EQ(mac->link().mac, settings.mac);
    EXPECT_EQ(mac->link().name, "pair0") << "what an earlier run left was replaced";
    const auto refused = VirtualMac::create(parent, true, {.name = "taken0", .mac = {2, 0, 0, 0, 0, 8}});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find("taken0 already"), std::string::npos);
    EXPECT_TRUE(HostLinks::read()->by_name("taken0"));
  });
  network_->on(1, [&] { EXPECT_FALSE(HostLinks::read()->by_name("pair0")); });
}

TEST_F(Kernel, AVirtualMacThatIsThereAlreadyIsTakenWithItsAddresses) {
  const HostLink parent = eth0(1);
  network_->output(1, "ip link add vrrp.51 link eth0 address 00:00:5e:00:01:33 type macvlan mode private");
  network_->output(1, "ip addr add 192.168.1.100/24 dev vrrp.51");
  network_->on(1, [&] {
    const auto mac = VirtualMac::create(parent, true, completed({}, true, 51));
    ASSERT_TRUE(mac) << mac.error().text();
    EXPECT_TRUE(mac->link().holds(*net::IpAddress::parse("192.168.1.100")));
    EXPECT_TRUE(mac->link().running());
  });
}

TEST_F(Kernel, AnUntrackedAddressThatWasLetGoIsNotRenewed) {
  Netlink netlink = this->netlink(1);
  VirtualAddress untracked = virtual_address(1, "192.168.1.101/24");
  untracked.tracked = false;
  VirtualAddresses addresses({virtual_address(1, "192.168.1.100/24"), untracked}, {}, 1);
  ASSERT_EQ(addresses.hold(netlink), 0);
  ASSERT_EQ(addresses.renew(netlink), 0);
  network_->output(1, "ip addr del 192.168.1.101/24 dev eth0");
  const int link = eth0(1).index;
  EXPECT_FALSE(addresses.let_go_untracked(link, *net::IpAddress::parse("192.168.1.100")));
  EXPECT_TRUE(addresses.let_go_untracked(link, untracked.address));
  ASSERT_EQ(addresses.renew(netlink), 0);
  EXPECT_TRUE(shows("192.168.1.100"));
  EXPECT_FALSE(shows("192.168.1.101"));
  ASSERT_EQ(addresses.hold(netlink), 0);
  EXPECT_TRUE(shows("192.168.1.101")) << "a new master has all of them";
}

}  // namespace
}  // namespace tandem::address
