// Any bytes as an advert: the first says which version, family and authentication are expected, the others are an IPv4
// datagram or an IPv6 payload. What is taken lies within its bounds and is written again as it was read; what an
// instance does with it, it does without a defect.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "control/vrrp/instance.h"
#include "control/vrrp/packet.h"

namespace {

using namespace tandem::vrrp;

constexpr Ip kSelf = Ip::v4(192, 168, 1, 111);
constexpr Ip kSelf6 = Ip::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0x01, 0x02});
constexpr Ip kPeer6 = Ip::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0x01, 0x01});

void require(bool holds) {
  if (!holds) std::abort();
}

void write_again(std::span<const std::uint8_t> message, const Received& received, const Arrival& arrival,
                 const Expected& expected) {
  const std::size_t width = arrival.source.family == Family::kIpv4 ? 4 : 16;
  require(received.address_bytes.size() == received.address_count * width);
  std::vector<Ip> addresses;
  for (std::size_t at = 0; at < received.address_bytes.size(); at += width) {
    addresses.push_back(Ip::from(received.address_bytes.subspan(at, width)));
  }
  std::array<std::uint8_t, kMaxMessageSize> out{};
  const std::size_t size = encode({.version = expected.version,
                                   .vrid = expected.vrid,
                                   .priority = received.priority,
                                   .interval = received.interval,
                                   .addresses = addresses,
                                   .authentication = expected.authentication,
                                   .checksum = received.checksum},
                                  arrival.source, arrival.destination, out);
  require(size == message.size());
  // Reserved bits, bytes without meaning and their checksum may differ.
  require(std::ranges::equal(std::span(out).first(4), message.first(4)));
  require(std::ranges::equal(std::span(out).subspan(8, received.address_bytes.size()), received.address_bytes));
  require(parse(std::span(out).first(size), arrival, expected, true).has_value());
}

void hear(const Received& received) {
  Options options;
  options.source = kSelf;
  options.addresses = {kSelf};
  options.preempt = true;
  Instance instance(options);
  Actions actions;
  Instant now = std::chrono::seconds(1);
  instance.handle(Start{}, now, actions);
  for (int n = 0; n < 4; ++n) {
    instance.handle(AdvertReceived::from(received), now, actions);
    require(instance.next_deadline() >= now && instance.next_deadline() != kNever);
    now = instance.next_deadline();
    instance.handle(TimeReached{}, now, actions);
  }
  require(!actions.overflown());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  const std::vector<Peer> peers{{.address = Ip::v4(192, 168, 1, 110)}, {.address = kPeer6}};
  const std::vector<Ip> addresses{Ip::v4(192, 168, 1, 100)};
  const bool v2 = (choice & 1U) != 0;
  Expected expected{
      .version = v2 ? Version::kV2 : Version::kV3,
      .vrid = 51,
      .interval = std::chrono::seconds(1),
      .authentication = (choice & 4U) != 0 ? Authentication::with_password("s3cr3tpw") : Authentication::none(),
      .addresses = addresses,
      .peers = {},
      .own_source = (choice & 2U) != 0 ? kSelf6 : kSelf};
  if ((choice & 8U) != 0) expected.peers = peers;
  Arrival arrival{.source = kPeer6, .destination = (choice & 8U) != 0 ? kSelf6 : kGroupIpv6, .ttl = kTtl};
  std::span<const std::uint8_t> message = bytes;
  if ((choice & 2U) == 0) {
    const auto datagram = parse_ipv4(bytes);
    if (!datagram) {
      require(!name_of(datagram.error()).empty());
      return 0;
    }
    arrival = datagram->arrival;
    message = datagram->payload;
    require(message.data() >= bytes.data() && message.data() + message.size() <= bytes.data() + bytes.size());
  }
  require(vrid_of(message) == 0 || message.size() >= 2);
  const auto received = parse(message, arrival, expected, (choice & 16U) != 0);
  if (!received) {
    require(!name_of(received.error()).empty());
    return 0;
  }
  write_again(message, *received, arrival, expected);
  hear(*received);
  return 0;
}
