#include "control/vrrp/packet.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Bytes = std::vector<std::uint8_t>;

constexpr Ip kSource = Ip::v4(192, 168, 1, 110);
constexpr Ip kPeer = Ip::v4(192, 168, 1, 111);
constexpr Ip kVirtual = Ip::v4(192, 168, 1, 100);
constexpr Ip kSource6 = Ip::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0x01, 0x01});
constexpr Ip kLocal6 = Ip::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00});
constexpr Ip kGlobal6 = Ip::v6({0xfd, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00});

Bytes hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

/// One packet as keepalived 2.2.7 or a router sends it, and what it means.
struct Golden {
  std::string name;
  std::string bytes;
  Version version = Version::kV3;
  std::uint8_t priority = 200;
  Duration interval = milliseconds(100);
  std::vector<Ip> addresses{kVirtual};
  Ip source = kSource;
  Ip destination = kGroupIpv4;
  std::string password;
  ChecksumForm form = ChecksumForm::kWithPseudoHeader;

  Authentication authentication() const {
    return password.empty() ? Authentication::none() : Authentication::with_password(password);
  }
  Expected expected() const {
    static const std::vector<Peer> kPeers{{.address = kSource}};
    return {.version = version,
            .vrid = 51,
            .interval = interval,
            .authentication = authentication(),
            .addresses = addresses,
            .peers = destination.is_multicast() ? std::span<const Peer>{} : std::span<const Peer>(kPeers),
            .own_source = kPeer};
  }
  Arrival arrival() const { return {.source = source, .destination = destination, .ttl = 255}; }
};

std::vector<Golden> golden() {
  const std::vector<Ip> three{kVirtual, Ip::v4(192, 168, 1, 101), Ip::v4(192, 168, 1, 102)};
  constexpr auto kV2 = Version::kV2;
  constexpr auto kPlain = ChecksumForm::kWithoutPseudoHeader;
  return {
      {.name = "v2 password",
       .bytes = "2133c8010101d92b c0a80164 7333637233747077",
       .version = kV2,
       .interval = seconds(1),
       .password = "s3cr3tpw",
       .form = kPlain},
      {.name = "v2 password, priority 0",
       .bytes = "213300010101a12c c0a80164 7333637233747077",
       .version = kV2,
       .priority = 0,
       .interval = seconds(1),
       .password = "s3cr3tpw",
       .form = kPlain},
      {.name = "v2, three addresses",
       .bytes = "2133c8030001d09e c0a80164c0a80165c0a80166 0000000000000000",
       .version = kV2,
       .interval = seconds(1),
       .addresses = three,
       .form = kPlain},
      {.name = "v3", .bytes = "3133c801000aa20e c0a80164"},
      {.name = "v3 without pseudo header", .bytes = "3133c801000a44b4 c0a80164", .form = kPlain},
      {.name = "v3, priority 0", .bytes = "31330001000a6a0f c0a80164", .priority = 0},
      {.name = "v3 to a peer", .bytes = "3133c801000ac009 c0a80164", .destination = kPeer},
      {.name = "v3 IPv6",
       .bytes = "3133c802000a0b0f fe800000000000000000000000000100 fd000000000000000000000000000100",
       .addresses = {kLocal6, kGlobal6},
       .source = kSource6,
       .destination = kGroupIpv6},
  };
}

const Golden& one(std::string_view name) {
  static const std::vector<Golden> kAll = golden();
  for (const Golden& each : kAll) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "no packet " << name;
  return kAll.front();
}

/// The verdict on the packet after a change.
template <class Change>
std::string verdict(std::string_view name, Change change) {
  Bytes bytes = hex(one(name).bytes);
  Arrival arrival = one(name).arrival();
  Expected expected = one(name).expected();
  change(bytes, arrival, expected);
  const auto received = parse(bytes, arrival, expected);
  return received ? "taken" : std::string(name_of(received.error()));
}

TEST(VrrpPacket, IsWrittenByteForByteAsOthersWriteIt) {
  for (const Golden& each : golden()) {
    std::array<std::uint8_t, kMaxMessageSize> out{};
    const std::size_t size = encode({.version = each.version,
                                     .vrid = 51,
                                     .priority = each.priority,
                                     .interval = each.interval,
                                     .addresses = each.addresses,
                                     .authentication = each.authentication(),
                                     .checksum = each.form},
                                    each.source, each.destination, out);
    EXPECT_EQ(Bytes(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)), hex(each.bytes)) << each.name;
  }
}

TEST(VrrpPacket, IsReadAsOthersMeanIt) {
  for (const Golden& each : golden()) {
    const auto received = parse(hex(each.bytes), each.arrival(), each.expected(), true);
    ASSERT_TRUE(received) << each.name << ": " << name_of(received.error());
    EXPECT_EQ(received->priority, each.priority) << each.name;
    EXPECT_EQ(received->interval, each.interval) << each.name;
    EXPECT_EQ(received->source, each.source) << each.name;
    EXPECT_EQ(received->checksum, each.form) << each.name;
    EXPECT_TRUE(received->addresses_match) << each.name;
    EXPECT_EQ(received->address_count, each.addresses.size()) << each.name;
  }
}

TEST(VrrpPacket, TellsWhyItIsRefused) {
  const auto with = [](std::string_view name, auto change) { return verdict(name, change); };
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b.push_back(0); }), "packet_len_err");
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b.resize(7); }), "packet_len_err");
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b[3] = 2; }), "packet_len_err");
  EXPECT_EQ(with("v2 password", [](Bytes& b, auto&, auto&) { b.resize(12); }), "packet_len_err");
  EXPECT_EQ(with("v3", [](auto&, Arrival& a, auto&) { a.ttl = 254; }), "ip_ttl_err");
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b[0] = 0x41; }), "version_err");
  EXPECT_EQ(with("v3", [](auto&, auto&, Expected& e) { e.version = Version::kV2; }), "version_err");
  EXPECT_EQ(with("v3", [](auto&, auto&, Expected& e) { e.vrid = 52; }), "vrid_err");
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b[0] = 0x32; }), "invalid_type_rcvd");
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b[6] ^= 1; }), "checksum_err");
  EXPECT_EQ(with("v3", [](Bytes& b, auto&, auto&) { b[5] = 0; }), "advert_interval_err");
  EXPECT_EQ(with("v2 password", [](auto&, auto&, Expected& e) { e.interval = seconds(2); }), "advert_interval_err");
  EXPECT_EQ(with("v2 password", [](Bytes& b, auto&, auto&) { b[4] = 2; }), "invalid_authtype");
  EXPECT_EQ(with("v2 password", [](auto&, auto&, Expected& e) { e.authentication = {}; }), "authtype_mismatch");
  EXPECT_EQ(with("v2, three addresses",
                 [](auto&, auto&, Expected& e) { e.authentication = Authentication::with_password("x"); }),
            "authtype_mismatch");
  EXPECT_EQ(with("v2 password",
                 [](auto&, auto&, Expected& e) { e.authentication = Authentication::with_password("s3cr3tpx"); }),
            "auth_failure");
  EXPECT_EQ(with("v3", [](auto&, auto&, Expected& e) { e.own_source = kSource; }), "own_packet");
}

TEST(VrrpPacket, IsTakenFromPeersOnlyWherePeersAreConfigured) {
  static const std::vector<Peer> kStrangers{{.address = Ip::v4(192, 168, 1, 9)}};
  static const std::vector<Peer> kNear{{.address = kSource, .min_ttl = 255}};
  EXPECT_EQ(verdict("v3 to a peer", [](auto&, auto&, Expected& e) { e.peers = kStrangers; }), "unknown_source");
  EXPECT_EQ(verdict("v3 to a peer", [](auto&, Arrival& a, auto&) { a.ttl = 64; }), "taken");
  EXPECT_EQ(verdict("v3 to a peer",
                    [](auto&, Arrival& a, Expected& e) {
                      a.ttl = 254;
                      e.peers = kNear;
                    }),
            "ip_ttl_err");
  EXPECT_EQ(verdict("v3 to a peer", [](auto&, auto&, Expected& e) { e.peers = {}; }), "unicast_err");
  EXPECT_EQ(verdict("v3", [](auto&, auto&, Expected& e) { e.peers = kNear; }), "multicast_err");
}

TEST(VrrpPacket, TheOldUnicastChecksumIsUnderstood) {
  const Golden& packet = one("v3 to a peer");
  const auto received = parse(hex("3133c801000aa20e c0a80164"), packet.arrival(), packet.expected());
  ASSERT_TRUE(received);
  EXPECT_EQ(received->checksum, ChecksumForm::kOldUnicast);
}

TEST(VrrpPacket, OtherAddressesAreTakenAndTold) {
  const std::vector<Ip> other{Ip::v4(192, 168, 1, 7)};
  Expected expected = one("v3").expected();
  expected.addresses = other;
  const auto received = parse(hex(one("v3").bytes), one("v3").arrival(), expected);
  ASSERT_TRUE(received);
  EXPECT_FALSE(received->addresses_match);
  const std::vector<Ip> turned{Ip::v4(192, 168, 1, 102), kVirtual, Ip::v4(192, 168, 1, 101)};
  expected = one("v2, three addresses").expected();
  expected.addresses = turned;
  EXPECT_TRUE(
      parse(hex(one("v2, three addresses").bytes), one("v2, three addresses").arrival(), expected)->addresses_match);
}

TEST(VrrpPacket, ReservedBitsDoNotCount) {
  // 4 reserved bits set, checksum without pseudo header adapted.
  EXPECT_EQ(parse(hex("3133c801f00a54b3 c0a80164"), one("v3").arrival(), one("v3").expected())->interval,
            milliseconds(100));
}

TEST(VrrpPacket, PasswordsAreCutAtEightBytes) {
  EXPECT_EQ(Authentication::with_password("s3cr3tpw and more").password,
            Authentication::with_password("s3cr3tpw").password);
}

TEST(VrrpPacket, TheIpHeaderIsByteForByte) {
  std::array<std::uint8_t, kIpv4HeaderSize> header{};
  encode_ipv4_header({.source = kSource, .destination = kGroupIpv4, .id = 1}, 20, header);
  EXPECT_EQ(Bytes(header.begin(), header.end()), hex("45c00028 00010000 ff70187c c0a8016e e0000012"));
}

TEST(VrrpPacket, PaddingBehindTheDatagramIsNotPartOfIt) {
  const Bytes padded = hex("45c0002000010000ff701884c0a8016ee0000012 3133c801000aa20ec0a80164 0000000000000000");
  const auto datagram = parse_ipv4(padded);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->payload.size(), 12U);
  EXPECT_EQ(datagram->arrival.source, kSource);
  EXPECT_EQ(datagram->arrival.ttl, 255);
  EXPECT_TRUE(parse(datagram->payload, datagram->arrival, one("v3").expected()));
  EXPECT_EQ(parse_ipv4(std::span(padded).first(30)).error(), Refusal::kLength);
  EXPECT_EQ(parse_ipv4(std::span(padded).first(12)).error(), Refusal::kLength);
  for (const auto& [at, value] : {std::pair{0, 0x65}, {0, 0x44}, {9, 51}, {6, 0x20}, {7, 1}}) {
    Bytes broken = padded;
    broken[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    EXPECT_EQ(parse_ipv4(broken).error(), Refusal::kNotVrrp) << at;
  }
}

TEST(VrrpPacket, NumbersSkipZero) {
  PacketId id;
  EXPECT_EQ(id.next(), 1);
  for (int n = 0; n < 65534; ++n) id.next();
  EXPECT_EQ(id.next(), 1);
}

TEST(VrrpPacket, TooSmallABufferTakesNothing) {
  std::array<std::uint8_t, 11> out{};
  const std::vector<Ip> addresses{kVirtual};
  EXPECT_EQ(encode({.vrid = 1, .priority = 1, .interval = seconds(1), .addresses = addresses, .authentication = {}},
                   kSource, kGroupIpv4, out),
            0U);
}

}  // namespace
}  // namespace tandem::vrrp
