// A planned switch-over under load, by hand: nothing may fail and the open connection goes on.

#include "control/address/handoff.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>

#include <optional>

#include "control/address/announce.h"
#include "control/address/test_network.h"
#include "control/address/test_traffic.h"
#include "control/address/virtual_addresses.h"

namespace tandem::address {
namespace {

/// One host's side of the switch-over.
struct Side {
  std::optional<Netlink> routes;
  std::optional<Netlink> netfilter;
  std::optional<FrameSender> frames;
  std::optional<VirtualAddresses> addresses;
  std::optional<QuietAddresses> quiet;
  std::optional<PassOn> pass_on;
  std::optional<Announcer> announcer;

  Side(const TestNetwork& network, int host, VirtualAddress address) {
    network.on(host, [&] {
      routes.emplace(*Netlink::open(NETLINK_ROUTE));
      netfilter.emplace(*Netlink::open(NETLINK_NETFILTER));
      frames.emplace(*FrameSender::open());
      const auto link = *HostLinks::read()->by_name("eth0");
      const bool v4 = address.address.is_v4();
      address.link = link.index;
      if (!v4) address.flags = IFA_F_NOPREFIXROUTE;
      addresses.emplace(std::vector{address}, Lease{.valid = std::chrono::seconds(60)}, 1);
      quiet.emplace(std::vector{address}, *source_of(link, true, {}), "tandem_test");
      pass_on.emplace(std::vector{address}, v4, link.index, "tandem_test");
      announcer.emplace(std::vector{Announcer::Target{.address = address.address, .link = link.index, .mac = link.mac}},
                        std::chrono::microseconds(0));
    });
  }
  void announce(unsigned rounds) {
    announcer->start(rounds, std::chrono::nanoseconds(1));
    announcer->send_due(*frames, std::chrono::nanoseconds(1));
  }
};

class Handoff : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const std::string why = TestNetwork::impossible(); !why.empty()) GTEST_SKIP() << why;
  }
};

TEST_P(Handoff, LosesNothingAndKeepsTheOpenConnection) {
  const TestNetwork network(3);
  const VirtualAddress address = *parse_virtual_address(GetParam());
  const bool v4 = address.address.is_v4();
  const TestServer server1(network, 1, '1');
  const TestServer server2(network, 2, '2');
  Side old_owner(network, 1, address);
  Side new_owner(network, 2, address);
  ASSERT_EQ(old_owner.addresses->hold(*old_owner.routes), 0);
  old_owner.announce(1);
  const auto peer = *net::IpAddress::parse(v4 ? "192.168.1.110" : "fe80::ff:fe00:101");
  TestTraffic traffic(network, 3, address.address.text());
  ASSERT_TRUE(eventually([&] { return traffic.first > 500 && traffic.kept[0] > 50; }));

  ASSERT_EQ(new_owner.pass_on->begin(*new_owner.netfilter, peer), 0);
  ASSERT_EQ(old_owner.quiet->begin(*old_owner.netfilter), 0);
  ASSERT_EQ(old_owner.addresses->shelve(*old_owner.routes, std::chrono::seconds(60)), 0);
  ASSERT_EQ(new_owner.addresses->hold(*new_owner.routes), 0);
  new_owner.announce(3);
  ASSERT_EQ(old_owner.addresses->release(*old_owner.routes), 0);

  const int kept = traffic.kept[0];
  EXPECT_TRUE(eventually([&] { return traffic.second > 1000 && traffic.kept[0] > kept + 100; }));
  traffic.stop();
  EXPECT_EQ(traffic.failed, 0);
  EXPECT_FALSE(traffic.lost) << "the open connection was still answered by the old owner";
  EXPECT_EQ(traffic.kept[1], 0);
  EXPECT_EQ(new_owner.pass_on->end(*new_owner.netfilter), 0);
  EXPECT_EQ(new_owner.pass_on->end(*new_owner.netfilter), 0) << "nothing to remove is no error";
  EXPECT_EQ(old_owner.quiet->end(*old_owner.netfilter), 0);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, Handoff, testing::Values("192.168.1.100/24", "fd00:1::100/64"));

}  // namespace
}  // namespace tandem::address
