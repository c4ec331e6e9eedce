#include "control/address/handoff.h"

// Before the kernel's headers, which define the same names when these have not.
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tandem::address {

namespace {

constexpr std::int32_t kBeforeRoutingRules = -150;  // "mangle"
// Where things stand in an ARP packet, an IPv4 header and an IPv6 header, and the flags in a TCP header.
constexpr std::uint32_t kArpOperation = 6;
constexpr std::uint32_t kArpSender = 14;
constexpr std::uint32_t kArpTarget = 24;
constexpr std::uint32_t kTargetV4 = 16;
constexpr std::uint32_t kTargetV6 = 24;
constexpr std::uint32_t kTcpFlags = 13;
constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kRst = 0x04;
constexpr std::uint8_t kAck = 0x10;

std::span<const std::uint8_t> octets(const net::IpAddress& ip) {
  return std::span(ip.bytes()).first(ip.is_v4() ? 4 : 16);
}

constexpr std::array<std::uint8_t, 2> kRequest{0, 1};
constexpr std::array<std::uint8_t, 2> kReply{0, 2};

}  // namespace

QuietAddresses::QuietAddresses(const std::vector<VirtualAddress>& addresses, const net::IpAddress& own,
                               const std::string& name) {
  const RuleTable table{.family = NFPROTO_ARP, .name = name};
  begin_.remove_table(table);
  begin_.add_table(table);
  begin_.add_base_chain(table, "input", NF_ARP_IN, 0);
  begin_.add_base_chain(table, "output", NF_ARP_OUT, 0);
  for (const VirtualAddress& one : addresses) {
    if (!one.address.is_v4()) continue;
    needed_ = true;
    begin_.add_rule(table, "input", [&one](Rule rule) {
      rule.payload_is(kArpOperation, kRequest).payload_is(kArpTarget, octets(one.address)).verdict(NF_DROP);
    });
    begin_.add_rule(table, "output", [&one](Rule rule) {
      rule.payload_is(kArpOperation, kReply).payload_is(kArpSender, octets(one.address)).verdict(NF_DROP);
    });
    // Answers to clients leave with the address as source, and the kernel would ask for its neighbours with it too:
    // they would learn the wrong owner.
    begin_.add_rule(table, "output", [&one, &own](Rule rule) {
      rule.payload_is(kArpOperation, kRequest)
          .payload_is(kArpSender, octets(one.address))
          .set_payload(kArpSender, octets(own))
          .verdict(NF_ACCEPT);
    });
  }
  begin_.finish();
  end_.remove_table(table);
  end_.finish();
}

int QuietAddresses::begin(Netlink& netfilter) { return needed_ ? netfilter.request(begin_.message()) : 0; }

int QuietAddresses::end(Netlink& netfilter) { return needed_ ? netfilter.request(end_.message()) : 0; }

PassOn::PassOn(const std::vector<VirtualAddress>& addresses, bool v4, int link, const std::string& name) : v4_(v4) {
  const RuleTable table{.family = static_cast<std::uint8_t>(v4 ? NFPROTO_IPV4 : NFPROTO_IPV6), .name = name};
  begin_.remove_table(table);
  begin_.add_table(table);
  begin_.add_chain(table, "pass_on");
  begin_.add_chain(table, "choose");
  begin_.add_base_chain(table, "prerouting", NF_INET_PRE_ROUTING, kBeforeRoutingRules);
  const net::IpAddress nobody = v4 ? net::IpAddress() : ip_of(std::array<std::uint8_t, 16>{});
  begin_.add_rule(table, "pass_on",
                  [&](Rule rule) { rule.duplicate_to(nobody, link, &previous_at_).verdict(NF_DROP); });
  // What opens a connection is ours.
  begin_.add_rule(table, "choose", [](Rule rule) {
    rule.payload_bits_are(kTcpFlags, kFin | kSyn | kRst | kAck, kSyn).verdict(NF_ACCEPT);
  });
  // A segment that only a listener wants belongs to a connection of somebody else.
  begin_.add_rule(table, "choose", [](Rule rule) { rule.socket_is_wildcard().verdict(NFT_GOTO, "pass_on"); });
  begin_.add_rule(table, "choose", [](Rule rule) { rule.socket_exists().verdict(NF_ACCEPT); });
  begin_.add_rule(table, "choose", [](Rule rule) { rule.verdict(NFT_GOTO, "pass_on"); });
  for (const VirtualAddress& one : addresses) {
    if (one.address.is_v4() != v4) continue;
    begin_.add_rule(table, "prerouting", [&](Rule rule) {
      rule.payload_is(v4 ? kTargetV4 : kTargetV6, octets(one.address))
          .protocol_is(IPPROTO_TCP)
          .verdict(NFT_GOTO, "choose");
    });
  }
  begin_.finish();
  end_.remove_table(table);
  end_.finish();
}

int PassOn::begin(Netlink& netfilter, const net::IpAddress& previous) {
  if (previous.is_v4() != v4_) return EAFNOSUPPORT;
  const auto bytes = octets(previous);
  std::copy(bytes.begin(), bytes.end(), begin_.message().bytes().begin() + static_cast<std::ptrdiff_t>(previous_at_));
  return netfilter.request(begin_.message());
}

int PassOn::end(Netlink& netfilter) { return netfilter.request(end_.message()); }

}  // namespace tandem::address
