#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <string>

#include "control/address/neighbour_frames.h"
#include "control/address/netlink.h"
#include "control/address/virtual_addresses.h"
#include "control/address/virtual_mac.h"

namespace tandem::address {
namespace {

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

constexpr Mac kMac{2, 0, 0, 0, 1, 1};
const net::IpAddress kV4 = *net::IpAddress::parse("192.168.1.100");
const net::IpAddress kV6 = *net::IpAddress::parse("fe80::100");

TEST(NeighbourFrames, GratuitousArpIsByteForByteWhatKeepalivedSends) {
  EXPECT_EQ(hex(announcement(kMac, kV4, false).span()),
            "ffffffffffff02000000010108060001080006040001020000000101c0a80164ffffffffffffc0a80164");
}

TEST(NeighbourFrames, UnsolicitedAdvertisementIsByteForByteWhatKeepalivedSends) {
  EXPECT_EQ(
      hex(announcement(kMac, kV6, false).span()),
      "33330000000102000000010186dd6000000000203afffe800000000000000000000000000100ff020000000000000000000000000001"
      "8800549d20000000fe8000000000000000000000000001000201020000000101");
  // Override and Router.
  EXPECT_EQ(announcement(kMac, kV6, true).bytes[58], 0xa0);
}

TEST(NeighbourFrames, AProbeHasNoSenderAndTeachesNobody) {
  const Frame probe = question(kMac, net::IpAddress(), kV4);
  EXPECT_EQ(hex(probe.span()), "ffffffffffff0200000001010806000108000604000102000000010100000000000000000000c0a80164");
  EXPECT_FALSE(read_sighting(probe.span()));
}

TEST(NeighbourFrames, ASolicitationGoesToTheSolicitedNodeGroup) {
  const Frame asked = question(kMac, *net::IpAddress::parse("fe80::1"), *net::IpAddress::parse("fd00::12:3456"));
  EXPECT_EQ(hex(asked.span().first(6)), "3333ff123456");
  EXPECT_EQ(hex(asked.span().subspan(38, 16)), "ff0200000000000000000001ff123456");
  EXPECT_EQ(asked.bytes[54], 135);
}

TEST(NeighbourFrames, ClaimsAreRead) {
  const auto arp = read_sighting(announcement(kMac, kV4, false).span());
  ASSERT_TRUE(arp);
  EXPECT_EQ(arp->address, kV4);
  EXPECT_EQ(arp->mac, kMac);
  EXPECT_FALSE(arp->answer);
  const auto v6 = read_sighting(announcement(kMac, kV6, false).span());
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->address, kV6);
  EXPECT_EQ(v6->mac, kMac);
  Frame reply = announcement(kMac, kV4, false);
  reply.bytes[21] = 2;
  EXPECT_TRUE(read_sighting(reply.span())->answer);
}

TEST(NeighbourFrames, ShortFramesSayNothing) {
  for (const net::IpAddress& ip : {kV4, kV6}) {
    const Frame whole = announcement(kMac, ip, false);
    const std::size_t least = ip.is_v4() ? 42 : 78;
    for (std::size_t size = 0; size < least; ++size) EXPECT_FALSE(read_sighting(whole.span().first(size))) << size;
  }
}

TEST(VirtualMac, IsTheOneOfTheRfc) {
  EXPECT_EQ(virtual_mac(true, 51), (Mac{0, 0, 0x5e, 0, 1, 51}));
  EXPECT_EQ(virtual_mac(false, 51), (Mac{0, 0, 0x5e, 0, 2, 51}));
}

TEST(VirtualAddress, TextBecomesAnAddressWithItsPrefix) {
  EXPECT_EQ(parse_virtual_address("192.168.1.100/24")->prefix, 24);
  EXPECT_EQ(parse_virtual_address("192.168.1.100")->prefix, 32);
  EXPECT_EQ(parse_virtual_address("fd00::100")->prefix, 128);
  for (const char* wrong :
       {"", "192.168.1.100/", "192.168.1.100/33", "192.168.1.100/0", "host/24", "fd00::1/129", "192.168.1.100/24x"}) {
    EXPECT_FALSE(parse_virtual_address(wrong)) << wrong;
  }
}

TEST(NetlinkMessage, LengthsCoverPaddingAndNesting) {
  NetlinkMessage message;
  message.begin(RTM_NEWADDR, NLM_F_ACK, ifaddrmsg{});
  message.text(IFA_LABEL, "eth0");
  const std::size_t opened = message.open(100);
  message.attribute(1, std::uint8_t{7});
  message.close(opened);
  message.begin(RTM_DELADDR, 0, ifaddrmsg{});
  nlmsghdr first{};
  std::memcpy(&first, message.bytes().data(), sizeof first);
  // Header 16, fixed part 8, "eth0" with its zero 4 + 5 padded to 12, nest 4 with one attribute of 4 + 1 padded to 8.
  EXPECT_EQ(first.nlmsg_len, 48U);
  EXPECT_EQ(message.bytes().size(), 48U + 24U);
  EXPECT_EQ(message.acknowledged(), 1);
}

TEST(PrivilegeError, NamesTheCapability) {
  EXPECT_NE(privilege_error(EPERM, "adding 192.168.1.100/24 on eth0", "CAP_NET_ADMIN").text().find("CAP_NET_ADMIN"),
            std::string::npos);
}

}  // namespace
}  // namespace tandem::address
