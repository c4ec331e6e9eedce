#include "control/address/netlink_message.h"

#include <cstddef>
#include <string>

namespace tandem::address {

void NetlinkMessage::begin_raw(std::uint16_t type, std::uint16_t flags, const void* fixed, std::size_t length) {
  message_ = bytes_.size();
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
  if ((flags & NLM_F_ACK) != 0) ++acknowledged_;
  append(&header, sizeof header);
  append(fixed, length);
}

void NetlinkMessage::append(const void* value, std::size_t length) {
  const auto* from = static_cast<const std::uint8_t*>(value);
  bytes_.insert(bytes_.end(), from, from + length);
  bytes_.resize((bytes_.size() + 3) & ~std::size_t{3});
  settle_length();
}

void NetlinkMessage::settle_length() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() - message_);
  std::memcpy(bytes_.data() + message_ + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
}

void NetlinkMessage::attribute(std::uint16_t type, const void* value, std::size_t length) {
  const nlattr header{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + length), .nla_type = type};
  append(&header, sizeof header);
  append(value, length);
}

void NetlinkMessage::text(std::uint16_t type, std::string_view value) {
  const std::string terminated(value);
  attribute(type, terminated.c_str(), terminated.size() + 1);
}

std::size_t NetlinkMessage::open(std::uint16_t type) {
  const std::size_t at = bytes_.size();
  attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), nullptr, 0);
  return at;
}

void NetlinkMessage::close(std::size_t opened) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - opened);
  std::memcpy(bytes_.data() + opened, &length, sizeof length);
}

}  // namespace tandem::address
