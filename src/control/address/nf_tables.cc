#include "control/address/nf_tables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cstring>

namespace tandem::address {

namespace {

void add_u32(NetlinkMessage& message, std::uint16_t type, std::uint32_t value) {
  message.attribute(type, htonl(value));
}

}  // namespace

std::size_t Rule::begin(std::string_view expression, std::size_t& content) {
  const std::size_t opened = message_.open(NFTA_LIST_ELEM);
  message_.text(NFTA_EXPR_NAME, expression);
  content = message_.open(NFTA_EXPR_DATA);
  return opened;
}

void Rule::end(std::size_t opened, std::size_t content) {
  message_.close(content);
  message_.close(opened);
}

void Rule::load_immediate(std::span<const std::uint8_t> value, std::uint32_t into, std::size_t* value_at) {
  std::size_t content = 0;
  const std::size_t opened = begin("immediate", content);
  add_u32(message_, NFTA_IMMEDIATE_DREG, into);
  const std::size_t data = message_.open(NFTA_IMMEDIATE_DATA);
  message_.attribute(NFTA_DATA_VALUE, value.data(), value.size());
  if (value_at != nullptr) *value_at = message_.bytes().size() - ((value.size() + 3) & ~std::size_t{3});
  message_.close(data);
  end(opened, content);
}

void Rule::load_payload(std::uint32_t at, std::uint32_t length, bool transport) {
  std::size_t content = 0;
  const std::size_t opened = begin("payload", content);
  add_u32(message_, NFTA_PAYLOAD_DREG, NFT_REG_1);
  add_u32(message_, NFTA_PAYLOAD_BASE, transport ? NFT_PAYLOAD_TRANSPORT_HEADER : NFT_PAYLOAD_NETWORK_HEADER);
  add_u32(message_, NFTA_PAYLOAD_OFFSET, at);
  add_u32(message_, NFTA_PAYLOAD_LEN, length);
  end(opened, content);
}

void Rule::compare(std::span<const std::uint8_t> value) {
  std::size_t content = 0;
  const std::size_t opened = begin("cmp", content);
  add_u32(message_, NFTA_CMP_SREG, NFT_REG_1);
  add_u32(message_, NFTA_CMP_OP, NFT_CMP_EQ);
  const std::size_t data = message_.open(NFTA_CMP_DATA);
  message_.attribute(NFTA_DATA_VALUE, value.data(), value.size());
  message_.close(data);
  end(opened, content);
}

void Rule::load_socket(std::uint32_t key) {
  std::size_t content = 0;
  const std::size_t opened = begin("socket", content);
  add_u32(message_, NFTA_SOCKET_KEY, key);
  add_u32(message_, NFTA_SOCKET_DREG, NFT_REG_1);
  end(opened, content);
}

Rule& Rule::payload_is(std::uint32_t at, std::span<const std::uint8_t> value, bool transport) {
  load_payload(at, static_cast<std::uint32_t>(value.size()), transport);
  compare(value);
  return *this;
}

Rule& Rule::payload_bits_are(std::uint32_t at, std::uint8_t mask, std::uint8_t value) {
  load_payload(at, 1, true);
  std::size_t content = 0;
  const std::size_t opened = begin("bitwise", content);
  add_u32(message_, NFTA_BITWISE_SREG, NFT_REG_1);
  add_u32(message_, NFTA_BITWISE_DREG, NFT_REG_1);
  add_u32(message_, NFTA_BITWISE_LEN, 1);
  const std::size_t masked = message_.open(NFTA_BITWISE_MASK);
  message_.attribute(NFTA_DATA_VALUE, mask);
  message_.close(masked);
  const std::size_t flipped = message_.open(NFTA_BITWISE_XOR);
  message_.attribute(NFTA_DATA_VALUE, std::uint8_t{0});
  message_.close(flipped);
  end(opened, content);
  compare({&value, 1});
  return *this;
}

Rule& Rule::protocol_is(std::uint8_t protocol) {
  std::size_t content = 0;
  const std::size_t opened = begin("meta", content);
  add_u32(message_, NFTA_META_DREG, NFT_REG_1);
  add_u32(message_, NFTA_META_KEY, NFT_META_L4PROTO);
  end(opened, content);
  compare({&protocol, 1});
  return *this;
}

Rule& Rule::socket_is_wildcard() {
  load_socket(NFT_SOCKET_WILDCARD);
  const std::uint8_t yes = 1;
  compare({&yes, 1});
  return *this;
}

Rule& Rule::socket_exists() {
  // Without a socket the expression ends the rule; half-open and closing ones have this key as well.
  load_socket(NFT_SOCKET_TRANSPARENT);
  return *this;
}

Rule& Rule::set_payload(std::uint32_t at, std::span<const std::uint8_t> value) {
  load_immediate(value, NFT_REG_1);
  std::size_t content = 0;
  const std::size_t opened = begin("payload", content);
  add_u32(message_, NFTA_PAYLOAD_SREG, NFT_REG_1);
  add_u32(message_, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
  add_u32(message_, NFTA_PAYLOAD_OFFSET, at);
  add_u32(message_, NFTA_PAYLOAD_LEN, static_cast<std::uint32_t>(value.size()));
  end(opened, content);
  return *this;
}

Rule& Rule::duplicate_to(const net::IpAddress& gateway, int link, std::size_t* address_at) {
  load_immediate(std::span(gateway.bytes()).first(gateway.is_v4() ? 4 : 16), NFT_REG_1, address_at);
  std::array<std::uint8_t, 4> device;
  std::memcpy(device.data(), &link, sizeof link);
  load_immediate(device, NFT_REG_2);
  std::size_t content = 0;
  const std::size_t opened = begin("dup", content);
  add_u32(message_, NFTA_DUP_SREG_ADDR, NFT_REG_1);
  add_u32(message_, NFTA_DUP_SREG_DEV, NFT_REG_2);
  end(opened, content);
  return *this;
}

void Rule::verdict(int code, std::string_view chain) {
  std::size_t content = 0;
  const std::size_t opened = begin("immediate", content);
  add_u32(message_, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  const std::size_t data = message_.open(NFTA_IMMEDIATE_DATA);
  const std::size_t verdict = message_.open(NFTA_DATA_VERDICT);
  add_u32(message_, NFTA_VERDICT_CODE, static_cast<std::uint32_t>(code));
  if (!chain.empty()) message_.text(NFTA_VERDICT_CHAIN, chain);
  message_.close(verdict);
  message_.close(data);
  end(opened, content);
}

Batch::Batch() {
  nfgenmsg fixed{};
  fixed.res_id = htons(NFNL_SUBSYS_NFTABLES);
  message_.begin(NFNL_MSG_BATCH_BEGIN, 0, fixed);
}

void Batch::begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family) {
  nfgenmsg fixed{};
  fixed.nfgen_family = family;
  fixed.version = NFNETLINK_V0;
  message_.begin(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags | NLM_F_ACK, fixed);
}

void Batch::add_table(const RuleTable& table) {
  begin(NFT_MSG_NEWTABLE, NLM_F_CREATE, table.family);
  message_.text(NFTA_TABLE_NAME, table.name);
}

void Batch::remove_table(const RuleTable& table) {
  // A batch fails as a whole: what may be absent is made first.
  add_table(table);
  begin(NFT_MSG_DELTABLE, 0, table.family);
  message_.text(NFTA_TABLE_NAME, table.name);
}

void Batch::add_chain(const RuleTable& table, std::string_view chain) {
  begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE, table.family);
  message_.text(NFTA_CHAIN_TABLE, table.name);
  message_.text(NFTA_CHAIN_NAME, chain);
}

void Batch::add_base_chain(const RuleTable& table, std::string_view chain, std::uint32_t hook, std::int32_t priority) {
  add_chain(table, chain);
  const std::size_t opened = message_.open(NFTA_CHAIN_HOOK);
  add_u32(message_, NFTA_HOOK_HOOKNUM, hook);
  add_u32(message_, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(priority));
  message_.close(opened);
  message_.text(NFTA_CHAIN_TYPE, "filter");
  add_u32(message_, NFTA_CHAIN_POLICY, NF_ACCEPT);
}

std::size_t Batch::begin_rule(const RuleTable& table, std::string_view chain) {
  begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, table.family);
  message_.text(NFTA_RULE_TABLE, table.name);
  message_.text(NFTA_RULE_CHAIN, chain);
  return message_.open(NFTA_RULE_EXPRESSIONS);
}

void Batch::finish() {
  nfgenmsg fixed{};
  fixed.res_id = htons(NFNL_SUBSYS_NFTABLES);
  message_.begin(NFNL_MSG_BATCH_END, 0, fixed);
}

}  // namespace tandem::address
