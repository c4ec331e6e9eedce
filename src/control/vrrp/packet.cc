#include "control/vrrp/packet.h"

#include <algorithm>
#include <chrono>

namespace tandem::vrrp {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint8_t kAdvertisement = 1;
constexpr std::size_t kFixedPart = 8;
constexpr Duration kHundredth = milliseconds(10);

std::uint16_t read_16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

void write_16(std::span<std::uint8_t> bytes, std::size_t at, std::size_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/// The one's complement sum of RFC 1071, to be folded at the end.
std::uint32_t sum(std::span<const std::uint8_t> bytes, std::uint32_t start = 0) {
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) start += read_16(bytes, at);
  if (bytes.size() % 2 != 0) start += static_cast<std::uint32_t>(bytes.back()) << 8U;
  return start;
}

std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

/// Both families' pseudo headers sum to the same words: addresses, length, protocol.
std::uint32_t pseudo_header(const Ip& source, const Ip& destination, std::size_t size) {
  return sum(destination.bytes(), sum(source.bytes())) + static_cast<std::uint32_t>(size) + kProtocol;
}

bool same_in_constant_time(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) {
  std::uint8_t difference = 0;
  for (std::size_t at = 0; at < one.size(); ++at) difference |= static_cast<std::uint8_t>(one[at] ^ other[at]);
  return difference == 0;
}

/// kLength, kVersion … or nothing: the message's own form against what is expected, without authentication.
std::expected<void, Refusal> check_form(std::span<const std::uint8_t> message, const Arrival& arrival,
                                        const Expected& expected) {
  if (message.size() < kFixedPart) return std::unexpected(Refusal::kLength);
  const auto version = static_cast<Version>(message[0] >> 4U);
  if (version != Version::kV2 && version != Version::kV3) return std::unexpected(Refusal::kVersion);
  if (message.size() != message_size(version, arrival.source.family, message[3])) {
    return std::unexpected(Refusal::kLength);
  }
  if (expected.peers.empty() && arrival.ttl != kTtl) return std::unexpected(Refusal::kTtl);
  if (version != expected.version) return std::unexpected(Refusal::kVersion);
  if (message[1] != expected.vrid) return std::unexpected(Refusal::kVrid);
  return {};
}

std::expected<void, Refusal> check_authentication(std::span<const std::uint8_t> message, Family family,
                                                  const Expected& expected) {
  if (expected.version != Version::kV2) return {};
  if (message[4] > static_cast<std::uint8_t>(Authentication::Kind::kPassword)) {
    return std::unexpected(Refusal::kAuthUnknown);
  }
  // IPv6 has no authentication bytes, so its kind says nothing.
  if (family == Family::kIpv6) return {};
  const auto kind = static_cast<Authentication::Kind>(message[4]);
  if (kind != expected.authentication.kind) return std::unexpected(Refusal::kAuthMismatch);
  if (kind == Authentication::Kind::kPassword &&
      !same_in_constant_time(message.last(kPasswordSize), expected.authentication.password)) {
    return std::unexpected(Refusal::kAuthFailure);
  }
  return {};
}

Duration interval_of(std::span<const std::uint8_t> message, Version version) {
  return version == Version::kV2 ? Duration(seconds(message[5])) : kHundredth * (read_16(message, 4) & 0x0fff);
}

std::expected<ChecksumForm, Refusal> check_sum(std::span<const std::uint8_t> message, const Arrival& arrival,
                                               Version version, bool verify_ipv6) {
  const bool ipv6 = arrival.source.family == Family::kIpv6;
  if (ipv6 && !verify_ipv6) return ChecksumForm::kNotChecked;
  constexpr std::uint16_t kRight = 0xffff;
  const std::uint32_t plain = sum(message);
  const auto holds_for = [&](const Ip& destination) {
    return folded(plain + pseudo_header(arrival.source, destination, message.size())) == kRight;
  };
  if (version == Version::kV3 || ipv6) {
    if (holds_for(arrival.destination)) return ChecksumForm::kWithPseudoHeader;
    if (ipv6) return std::unexpected(Refusal::kChecksum);
  }
  if (folded(plain) == kRight) return ChecksumForm::kWithoutPseudoHeader;
  if (version == Version::kV3 && !arrival.destination.is_multicast() && holds_for(kGroupIpv4)) {
    return ChecksumForm::kOldUnicast;
  }
  return std::unexpected(Refusal::kChecksum);
}

std::expected<void, Refusal> check_sender(const Arrival& arrival, const Expected& expected) {
  if (arrival.source == expected.own_source) return std::unexpected(Refusal::kOwnPacket);
  const bool multicast = arrival.destination.is_multicast();
  if (expected.peers.empty()) {
    if (!multicast) return std::unexpected(Refusal::kUnicast);
    return {};
  }
  if (multicast) return std::unexpected(Refusal::kMulticast);
  const auto peer = std::ranges::find(expected.peers, arrival.source, &Peer::address);
  if (peer == expected.peers.end()) return std::unexpected(Refusal::kUnknownSource);
  if (arrival.ttl < peer->min_ttl || arrival.ttl > peer->max_ttl) return std::unexpected(Refusal::kTtl);
  return {};
}

/// The same set, in whatever order. Both lists are short and hold no address twice.
bool same_addresses(std::span<const std::uint8_t> bytes, std::size_t count, std::span<const Ip> addresses) {
  if (count != addresses.size()) return false;
  const std::size_t size = count == 0 ? 0 : bytes.size() / count;
  const auto at = [&](std::size_t index) { return bytes.subspan(index * size, size); };
  return std::ranges::all_of(addresses, [&, expected_at = std::size_t{0}](const Ip& address) mutable {
    // Nearly always the order is the same; then this takes one comparison an address.
    if (std::ranges::equal(at(expected_at++), address.bytes())) return true;
    for (std::size_t index = 0; index < count; ++index) {
      if (std::ranges::equal(at(index), address.bytes())) return true;
    }
    return false;
  });
}

}  // namespace

Authentication Authentication::with_password(std::string_view password) {
  Authentication made{.kind = Kind::kPassword, .password = {}};
  std::copy_n(password.begin(), std::min(password.size(), kPasswordSize), made.password.begin());
  return made;
}

std::size_t encode(const Advert& advert, const Ip& source, const Ip& destination, std::span<std::uint8_t> out) {
  const Family family = source.family;
  const std::size_t size = message_size(advert.version, family, advert.addresses.size());
  if (advert.addresses.size() > kMaxAddresses || out.size() < size) return 0;
  const std::span<std::uint8_t> message = out.first(size);
  const bool v2 = advert.version == Version::kV2;
  message[0] = static_cast<std::uint8_t>(static_cast<unsigned>(advert.version) << 4U | kAdvertisement);
  message[1] = advert.vrid;
  message[2] = advert.priority;
  message[3] = static_cast<std::uint8_t>(advert.addresses.size());
  if (v2) {
    message[4] = family == Family::kIpv4 ? static_cast<std::uint8_t>(advert.authentication.kind) : 0;
    message[5] = static_cast<std::uint8_t>(std::clamp<std::int64_t>(advert.interval / seconds(1), 0, 255));
  } else {
    write_16(message, 4, static_cast<std::size_t>(std::clamp<std::int64_t>(advert.interval / kHundredth, 0, 0x0fff)));
  }
  write_16(message, kChecksumOffset, 0);
  std::size_t at = kFixedPart;
  for (const Ip& address : advert.addresses) {
    const std::size_t width = family == Family::kIpv4 ? 4 : 16;
    std::copy_n(address.octets.begin(), width, message.begin() + static_cast<std::ptrdiff_t>(at));
    at += width;
  }
  if (v2 && family == Family::kIpv4)
    std::ranges::copy(advert.authentication.password, message.last(kPasswordSize).begin());
  const bool pseudo = family == Family::kIpv6 || (!v2 && advert.checksum != ChecksumForm::kWithoutPseudoHeader);
  const std::uint32_t total = sum(message, pseudo ? pseudo_header(source, destination, size) : 0);
  write_16(message, kChecksumOffset, static_cast<std::uint16_t>(~folded(total)));
  return size;
}

void encode_ipv4_header(const Ipv4Header& header, std::size_t payload_size,
                        std::span<std::uint8_t, kIpv4HeaderSize> out) {
  std::ranges::fill(out, std::uint8_t{0});
  out[0] = 0x45;
  out[1] = kTypeOfService;
  write_16(out, 2, kIpv4HeaderSize + payload_size);
  write_16(out, 4, header.id);
  out[8] = header.ttl;
  out[9] = kProtocol;
  std::copy_n(header.source.octets.begin(), 4, out.begin() + 12);
  std::copy_n(header.destination.octets.begin(), 4, out.begin() + 16);
  write_16(out, 10, static_cast<std::uint16_t>(~folded(sum(out))));
}

std::expected<Ipv4Datagram, Refusal> parse_ipv4(std::span<const std::uint8_t> datagram) {
  if (datagram.size() < kIpv4HeaderSize) return std::unexpected(Refusal::kLength);
  const std::size_t header = (datagram[0] & 0x0fU) * std::size_t{4};
  const std::size_t total = read_16(datagram, 2);
  // A fragment (offset or "more to come") is none of ours: no advert is that large.
  const bool fragment = (read_16(datagram, 6) & 0x3fffU) != 0;
  if (datagram[0] >> 4U != 4 || header < kIpv4HeaderSize || datagram[9] != kProtocol || fragment) {
    return std::unexpected(Refusal::kNotVrrp);
  }
  if (total < header || total > datagram.size()) return std::unexpected(Refusal::kLength);
  return Ipv4Datagram{.arrival = {.source = Ip::from(datagram.subspan(12, 4)),
                                  .destination = Ip::from(datagram.subspan(16, 4)),
                                  .ttl = datagram[8]},
                      .id = read_16(datagram, 4),
                      .payload = datagram.subspan(header, total - header)};
}

std::expected<Received, Refusal> parse(std::span<const std::uint8_t> message, const Arrival& arrival,
                                       const Expected& expected, bool verify_ipv6) {
  const Family family = arrival.source.family;
  if (auto good = check_form(message, arrival, expected); !good) return std::unexpected(good.error());
  if (auto good = check_authentication(message, family, expected); !good) return std::unexpected(good.error());
  const Duration interval = interval_of(message, expected.version);
  if (interval == Duration::zero() || (expected.version == Version::kV2 && interval != expected.interval)) {
    return std::unexpected(Refusal::kInterval);
  }
  if ((message[0] & 0x0fU) != kAdvertisement) return std::unexpected(Refusal::kType);
  const auto form = check_sum(message, arrival, expected.version, verify_ipv6);
  if (!form) return std::unexpected(form.error());
  if (auto good = check_sender(arrival, expected); !good) return std::unexpected(good.error());
  const std::size_t count = message[3];
  const auto addresses = message.subspan(kFixedPart, count * (family == Family::kIpv4 ? 4 : 16));
  return Received{.source = arrival.source,
                  .priority = message[2],
                  .interval = interval,
                  .checksum = *form,
                  .addresses_match = same_addresses(addresses, count, expected.addresses),
                  .address_count = message[3],
                  .address_bytes = addresses};
}

std::string_view name_of(Refusal refusal) {
  static constexpr std::array<std::string_view, kRefusals> kNames = {
      "packet_len_err", "advert_interval_err", "ip_ttl_err",        "invalid_type_rcvd",
      "addr_list_err",  "invalid_authtype",    "authtype_mismatch", "auth_failure",
      "checksum_err",   "version_err",         "vrid_err",          "multicast_err",
      "unicast_err",    "unknown_source",      "own_packet",        "not_vrrp"};
  return kNames[static_cast<std::size_t>(refusal)];
}

}  // namespace tandem::vrrp
