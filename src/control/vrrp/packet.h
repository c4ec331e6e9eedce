#pragma once

// VRRP messages as values and as bytes: version 2 (RFC 3768, no authentication or a password) and version 3 (RFC 9568,
// RFC 5798) for IPv4 and IPv6, and the IPv4 header around them. Pure functions without allocation, safe on the VRRP
// thread; spans borrow the caller's buffers for the call, those in results as long as the buffer lives.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "control/vrrp/ip.h"
#include "control/vrrp/timing.h"

namespace tandem::vrrp {

inline constexpr std::uint8_t kProtocol = 112;
inline constexpr std::uint8_t kTtl = 255;
/// DSCP CS6, as type of service and as traffic class.
inline constexpr std::uint8_t kTypeOfService = 0xc0;
inline constexpr std::size_t kIpv4HeaderSize = 20;
inline constexpr std::size_t kMaxAddresses = 255;
inline constexpr std::size_t kPasswordSize = 8;
/// Room for any message: 8 bytes, 255 IPv6 addresses; and for any datagram with its IPv4 header.
inline constexpr std::size_t kMaxMessageSize = 8 + kMaxAddresses * 16;
inline constexpr std::size_t kMaxDatagramSize = kIpv4HeaderSize + 8 + kMaxAddresses * 4 + kPasswordSize;
/// Where the checksum stands in a message (for IPV6_CHECKSUM).
inline constexpr int kChecksumOffset = 6;

/// Version 2's authentication. The password is cut at 8 bytes, zeros follow; it travels in clear text.
struct Authentication {
  enum class Kind : std::uint8_t { kNone = 0, kPassword = 1 };
  Kind kind = Kind::kNone;
  std::array<std::uint8_t, kPasswordSize> password{};

  static Authentication none() { return {}; }
  static Authentication with_password(std::string_view password);
};

/// What version 3's checksum over IPv4 covers besides the message.
enum class ChecksumForm : std::uint8_t {
  kWithPseudoHeader,     // RFC 5798 as keepalived and FRR read it; always for IPv6
  kWithoutPseudoHeader,  // RFC 9568, Cisco, Juniper; always for version 2 over IPv4
  kOldUnicast,           // pseudo header with 224.0.0.18 though sent to one peer (keepalived to 1.3.6): only understood
  kNotChecked,           // the kernel did (IPv6)
};

/// An advertisement to be sent.
struct Advert {
  Version version = Version::kV3;
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;
  /// Whole seconds in version 2, hundredths in version 3; what does not fit is cut.
  Duration interval{};
  /// All of one family, at most kMaxAddresses.
  std::span<const Ip> addresses;
  /// Version 2 over IPv4 only.
  Authentication authentication;
  /// Version 3 over IPv4 only: with or without pseudo header.
  ChecksumForm checksum = ChecksumForm::kWithPseudoHeader;
};

/// Size of the message of `count` addresses. IPv6 has no authentication bytes in either version.
constexpr std::size_t message_size(Version version, Family family, std::size_t count) {
  return 8 + count * (family == Family::kIpv4 ? 4 : 16) +
         (version == Version::kV2 && family == Family::kIpv4 ? kPasswordSize : 0);
}

/// Writes the message with its checksum for this source and destination (which say the family); returns its size, 0
/// when `out` is too small or there are too many addresses.
std::size_t encode(const Advert& advert, const Ip& source, const Ip& destination, std::span<std::uint8_t> out);

/// Counts the datagrams of one instance: from 1, 0 is skipped.
class PacketId {
 public:
  std::uint16_t next() {
    if (++last_ == 0) last_ = 1;
    return last_;
  }

 private:
  std::uint16_t last_ = 0;
};

/// What stands in the IPv4 header of one datagram besides its length.
struct Ipv4Header {
  Ip source;
  Ip destination;
  std::uint16_t id = 0;
  std::uint8_t ttl = kTtl;
};

/// Writes the header (no options, "don't fragment" not set) that stands before `payload_size` bytes of VRRP.
void encode_ipv4_header(const Ipv4Header& header, std::size_t payload_size,
                        std::span<std::uint8_t, kIpv4HeaderSize> out);

/// Why a packet was not taken. The first nine carry the names of keepalived's JSON statistics.
enum class Refusal : std::uint8_t {
  kLength,         // packet_len_err: cut short, or not what its own address count says
  kInterval,       // advert_interval_err: version 2 with another interval than ours (both would be masters), or 0
  kTtl,            // ip_ttl_err: not 255, so from beyond a router; or outside the peer's limits
  kType,           // invalid_type_rcvd: no advertisement
  kAddresses,      // addr_list_err: never refused, only counted; see Received::addresses_match
  kAuthUnknown,    // invalid_authtype: neither none nor password
  kAuthMismatch,   // authtype_mismatch: not the configured kind
  kAuthFailure,    // auth_failure: the password is not ours
  kChecksum,       // checksum_err
  kVersion,        // version_err: not the configured version
  kVrid,           // vrid_err: another virtual router
  kMulticast,      // multicast_err: multicast where peers are configured
  kUnicast,        // unicast_err: sent to us alone, no peers are configured
  kUnknownSource,  // unknown_source: not one of the peers
  kOwnPacket,      // own_packet: our own source address; a reflected packet or a duplicate address
  kNotVrrp,        // not_vrrp: another protocol, a fragment or a broken IP header
};
inline constexpr std::size_t kRefusals = 16;

/// The counter's name: keepalived's where it has one.
[[nodiscard]] std::string_view name_of(Refusal refusal);

/// One instance's counters of refusals, in the order of Refusal.
struct RefusalCounters {
  std::array<std::uint64_t, kRefusals> counts{};
  void count(Refusal refusal) { ++counts[static_cast<std::size_t>(refusal)]; }
  std::uint64_t operator[](Refusal refusal) const { return counts[static_cast<std::size_t>(refusal)]; }
};

/// A datagram's sender and target, out of its IPv4 header or out of a socket's ancillary bytes (IPv6).
struct Arrival {
  Ip source;
  Ip destination;
  std::uint8_t ttl = 0;
};

struct Ipv4Datagram {
  Arrival arrival;
  std::uint16_t id = 0;
  /// What the header's total length says: bytes that a network card left behind it are not part of it.
  std::span<const std::uint8_t> payload;
};

/// Takes a datagram of a raw socket apart. Options are skipped. Refuses with kLength and kNotVrrp; the header's
/// checksum was the kernel's business.
std::expected<Ipv4Datagram, Refusal> parse_ipv4(std::span<const std::uint8_t> datagram);

/// A node that adverts are exchanged with one by one.
struct Peer {
  Ip address;
  std::uint8_t min_ttl = 0;
  std::uint8_t max_ttl = 255;
};

/// What an instance takes. Borrows its lists.
struct Expected {
  Version version = Version::kV3;
  std::uint8_t vrid = 0;
  /// Version 2: must be the sender's.
  Duration interval{};
  Authentication authentication;
  std::span<const Ip> addresses;
  /// None: adverts are multicast.
  std::span<const Peer> peers;
  Ip own_source;
};

/// An advert that passed every check.
struct Received {
  Ip source;
  std::uint8_t priority = 0;
  Duration interval{};
  ChecksumForm checksum = ChecksumForm::kNotChecked;
  /// False: other addresses than ours; to be reported, not a reason to have two masters.
  bool addresses_match = true;
  std::uint8_t address_count = 0;
  /// The addresses as they stand in the packet, 4 or 16 bytes each.
  std::span<const std::uint8_t> address_bytes;
};

/// The virtual router that a message is for; 0 (never valid) when it has no such byte.
constexpr std::uint8_t vrid_of(std::span<const std::uint8_t> message) { return message.size() < 2 ? 0 : message[1]; }

/// All checks of a message against what the instance takes. IPv6 checksums are the kernel's (IPV6_CHECKSUM) unless
/// `verify_ipv6`.
std::expected<Received, Refusal> parse(std::span<const std::uint8_t> message, const Arrival& arrival,
                                       const Expected& expected, bool verify_ipv6 = false);

}  // namespace tandem::vrrp
