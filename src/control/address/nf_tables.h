#pragma once

// Rules of nf_tables as netlink messages (linux/netfilter/nf_tables.h), only what handing over an address needs. A
// Batch is applied by the kernel as a whole or not at all. Built at set-up; a value.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "control/address/netlink_message.h"
#include "engine/net/address.h"

namespace tandem::address {

/// A table of ours in one family (NFPROTO_).
struct RuleTable {
  std::uint8_t family = 0;
  std::string name;
};

/// The expressions of one rule, in order; each works on register 1 or ends the rule when it does not match.
class Rule {
 public:
  explicit Rule(NetlinkMessage& message) : message_(message) {}
  /// `length` bytes at `at` of the network header (`transport`: of the transport header) equal `value`.
  Rule& payload_is(std::uint32_t at, std::span<const std::uint8_t> value, bool transport = false);
  /// The same of a byte under a mask.
  Rule& payload_bits_are(std::uint32_t at, std::uint8_t mask, std::uint8_t value);
  /// The transport protocol is `protocol`.
  Rule& protocol_is(std::uint8_t protocol);
  /// A full socket of this host wants the packet and it is bound to no address: a listener.
  Rule& socket_is_wildcard();
  /// Any socket of this host wants the packet.
  Rule& socket_exists();
  /// Writes `value` into the network header.
  Rule& set_payload(std::uint32_t at, std::span<const std::uint8_t> value);
  /// Sends a copy to the neighbour `gateway` on `link`; `address_at`, when not null, is set to where the address stands
  /// in the message.
  Rule& duplicate_to(const net::IpAddress& gateway, int link, std::size_t* address_at = nullptr);
  /// Ends the rule: NF_ACCEPT, NF_DROP, or NFT_JUMP, NFT_GOTO to `chain`.
  void verdict(int code, std::string_view chain = {});

 private:
  std::size_t begin(std::string_view expression, std::size_t& content);
  void end(std::size_t opened, std::size_t content);
  void load_immediate(std::span<const std::uint8_t> value, std::uint32_t into, std::size_t* value_at = nullptr);
  void load_payload(std::uint32_t at, std::uint32_t length, bool transport);
  void compare(std::span<const std::uint8_t> value);
  void load_socket(std::uint32_t key);

  NetlinkMessage& message_;
};

class Batch {
 public:
  Batch();
  /// Removes the table if there is one.
  void remove_table(const RuleTable& table);
  void add_table(const RuleTable& table);
  void add_chain(const RuleTable& table, std::string_view chain);
  /// A chain that the kernel enters at `hook` with this priority.
  void add_base_chain(const RuleTable& table, std::string_view chain, std::uint32_t hook, std::int32_t priority);
  /// Adds a rule to the end of `chain`; `expressions` appends to it.
  template <class Expressions>
  void add_rule(const RuleTable& table, std::string_view chain, Expressions expressions) {
    const std::size_t opened = begin_rule(table, chain);
    expressions(Rule(message_));
    message_.close(opened);
  }
  /// Ends the batch; then message() may be sent as often as wanted.
  void finish();
  NetlinkMessage& message() { return message_; }

 private:
  std::size_t begin_rule(const RuleTable& table, std::string_view chain);
  void begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family);
  NetlinkMessage message_;
};

}  // namespace tandem::address
