#include "control/address/neighbour_frames.h"

#include <algorithm>
#include <cstring>

#include "control/address/netlink.h"

namespace tandem::address {

namespace {

constexpr Mac kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr std::uint16_t kArp = 0x0806;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIpv6Header = 40;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kSolicitation = 135;
constexpr std::uint8_t kAdvertisement = 136;
constexpr std::uint8_t kRouterFlag = 0x80;
constexpr std::uint8_t kSolicitedFlag = 0x40;
constexpr std::uint8_t kOverrideFlag = 0x20;

/// Appends to a frame.
class Writer {
 public:
  explicit Writer(Frame& frame) : frame_(frame) {}
  Writer& byte(std::uint8_t value) {
    frame_.bytes[frame_.size++] = value;
    return *this;
  }
  Writer& word(std::uint16_t value) {
    return byte(static_cast<std::uint8_t>(value >> 8)).byte(static_cast<std::uint8_t>(value & 0xff));
  }
  Writer& bytes(std::span<const std::uint8_t> value) {
    std::copy(value.begin(), value.end(), frame_.bytes.begin() + static_cast<std::ptrdiff_t>(frame_.size));
    frame_.size += value.size();
    return *this;
  }
  Writer& ip(const net::IpAddress& address) {
    return bytes(std::span(address.bytes()).first(address.is_v4() ? 4 : 16));
  }

 private:
  Frame& frame_;
};

std::uint32_t sum_of(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  return sum;
}

Frame arp(const Mac& mac, const net::IpAddress& sender, const net::IpAddress& target, const Mac& target_mac) {
  Frame out;
  Writer(out).bytes(kBroadcast).bytes(mac).word(kArp).word(1).word(0x0800).byte(6).byte(4).word(1);
  Writer(out).bytes(mac).ip(sender).bytes(target_mac).ip(target);
  return out;
}

/// Both ICMPv6 messages: type, flags, target and one option with our MAC (1 source, 2 target link-layer address).
struct Icmpv6 {
  std::uint8_t type;
  std::uint8_t flags;
  std::uint8_t option;
};

Frame neighbour_message(const Icmpv6& icmp, const Mac& mac, const net::IpAddress& sender,
                        std::span<const std::uint8_t> destination, const net::IpAddress& target) {
  constexpr std::uint16_t kLength = 32;
  Frame out;
  // The MAC of a multicast group is 33:33 and the last four bytes of the group.
  Writer(out).word(0x3333).bytes(destination.last(4)).bytes(mac).word(kIpv6);
  Writer(out).word(0x6000).word(0).word(kLength).byte(kIcmpv6).byte(255).ip(sender).bytes(destination);
  Writer(out).byte(icmp.type).byte(0).word(0).byte(icmp.flags).byte(0).word(0).ip(target);
  Writer(out).byte(icmp.option).byte(1).bytes(mac);
  std::uint32_t sum = sum_of(std::span(out.bytes).subspan(kEthernet + 8, 32 + kLength)) + kLength + kIcmpv6;
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  const auto checksum = static_cast<std::uint16_t>(~sum);
  out.bytes[kEthernet + kIpv6Header + 2] = static_cast<std::uint8_t>(checksum >> 8);
  out.bytes[kEthernet + kIpv6Header + 3] = static_cast<std::uint8_t>(checksum & 0xff);
  return out;
}

std::optional<NeighbourSighting> read_arp(std::span<const std::uint8_t> frame) {
  if (frame.size() < kEthernet + 28) return std::nullopt;
  NeighbourSighting out;
  std::copy_n(frame.begin() + 22, 6, out.mac.begin());
  out.address = ip_of(frame.subspan(28, 4));
  out.answer = frame[21] == 2;
  return out.address == net::IpAddress() ? std::nullopt : std::optional(out);
}

std::optional<NeighbourSighting> read_advertisement(std::span<const std::uint8_t> frame) {
  constexpr std::size_t kIcmp = kEthernet + kIpv6Header;
  if (frame.size() < kIcmp + 24 || frame[kEthernet + 6] != kIcmpv6 || frame[kIcmp] != kAdvertisement)
    return std::nullopt;
  NeighbourSighting out;
  std::copy_n(frame.begin() + 6, 6, out.mac.begin());
  // The option says whose address it is when somebody answers for another station.
  if (frame.size() >= kIcmp + 32 && frame[kIcmp + 24] == 2 && frame[kIcmp + 25] == 1) {
    std::copy_n(frame.begin() + kIcmp + 26, 6, out.mac.begin());
  }
  out.address = ip_of(frame.subspan(kIcmp + 8, 16));
  out.answer = (frame[kIcmp + 4] & kSolicitedFlag) != 0;
  return out;
}

}  // namespace

Frame announcement(const Mac& mac, const net::IpAddress& ip, bool router) {
  if (ip.is_v4()) return arp(mac, ip, ip, kBroadcast);
  constexpr std::array<std::uint8_t, 16> kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const auto flags = static_cast<std::uint8_t>(kOverrideFlag | (router ? kRouterFlag : 0));
  return neighbour_message({.type = kAdvertisement, .flags = flags, .option = 2}, mac, ip, kAllNodes, ip);
}

Frame question(const Mac& mac, const net::IpAddress& sender, const net::IpAddress& target) {
  if (target.is_v4()) return arp(mac, sender, target, Mac{});
  // The solicited-node group of the target: ff02::1:ff and its last three bytes.
  std::array<std::uint8_t, 16> group{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  std::copy_n(target.bytes().begin() + 13, 3, group.begin() + 13);
  return neighbour_message({.type = kSolicitation, .flags = 0, .option = 1}, mac, sender, group, target);
}

std::optional<NeighbourSighting> read_sighting(std::span<const std::uint8_t> frame) {
  if (frame.size() < kEthernet) return std::nullopt;
  const auto type = static_cast<std::uint16_t>(frame[12] << 8 | frame[13]);
  if (type == kArp) return read_arp(frame);
  return type == kIpv6 ? read_advertisement(frame) : std::nullopt;
}

}  // namespace tandem::address
