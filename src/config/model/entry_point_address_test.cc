#include "config/model/entry_point_address.h"

#include <gtest/gtest.h>

namespace tandem::model {
namespace {

EntryPointAddress parsed(std::string_view text) {
  auto address = parse_entry_point_address(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(EntryPointAddress{});
}

std::string error_of(std::string_view text) {
  const auto address = parse_entry_point_address(text);
  return address ? "none" : address.error().message();
}

TEST(EntryPointAddress, HostPortAndProtocolAreOptional) {
  EXPECT_EQ(parsed(":80"), (EntryPointAddress{.host = "", .port = 80}));
  EXPECT_EQ(parsed("127.0.0.1:8080/tcp"), (EntryPointAddress{.host = "127.0.0.1", .port = 8080}));
  EXPECT_EQ(parsed(":53/UDP"), (EntryPointAddress{.port = 53, .protocol = EntryPointProtocol::kUdp}));
  EXPECT_EQ(parsed(""), EntryPointAddress{});
  EXPECT_EQ(parsed("/udp"), (EntryPointAddress{.protocol = EntryPointProtocol::kUdp}));
}

TEST(EntryPointAddress, BracketsHoldIpv6) {
  EXPECT_EQ(parsed("[::1]:443"), (EntryPointAddress{.host = "::1", .port = 443}));
  EXPECT_EQ(parsed("[fe80::1%eth0]:443"), (EntryPointAddress{.host = "fe80::1%eth0", .port = 443}));
}

TEST(EntryPointAddress, WhatIsNoAddressIsRefusedWithAReason) {
  EXPECT_EQ(error_of(":80/sctp"), "invalid protocol: sctp");
  EXPECT_EQ(error_of("127.0.0.1"), "address 127.0.0.1: missing port in address");
  EXPECT_EQ(error_of("[::1]"), "address [::1]: missing port in address");
  EXPECT_EQ(error_of("::1:80"), "address ::1:80: too many colons in address");
  EXPECT_EQ(error_of(":65536"), "address :65536: invalid port");
  EXPECT_EQ(error_of(":http"), "address :http: invalid port");
  EXPECT_EQ(error_of(":80 "), "address :80 : invalid port");
}

}  // namespace
}  // namespace tandem::model
