#pragma once

// The Ethernet frames that tell and ask neighbours who has an address: gratuitous ARP and ARP probes (RFC 826, RFC
// 5227), unsolicited neighbour advertisements and solicitations (RFC 4861). Pure functions; any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/net/address.h"

namespace tandem::address {

using Mac = std::array<std::uint8_t, 6>;

/// A frame in a fixed buffer.
struct Frame {
  std::array<std::uint8_t, 86> bytes{};
  std::size_t size = 0;
  std::span<const std::uint8_t> span() const { return {bytes.data(), size}; }
};

/// "Here is `ip`", to everybody: a broadcast ARP request of itself for itself with target MAC ff:ff:ff:ff:ff:ff, as
/// keepalived sends it; for IPv6 an unsolicited advertisement to ff02::1 with Override and, for a router, Router set.
Frame announcement(const Mac& mac, const net::IpAddress& ip, bool router);
/// "Who has `target`?": an ARP request from `sender` (0.0.0.0 for a probe that teaches nobody, RFC 5227), or a
/// neighbour solicitation from the IPv6 address `sender`.
Frame question(const Mac& mac, const net::IpAddress& sender, const net::IpAddress& target);

/// What a frame says about an address.
struct NeighbourSighting {
  net::IpAddress address;
  Mac mac{};
  bool answer = false;  ///< an ARP reply or a solicited advertisement: somebody answered a question
};
/// The sender's claim in an ARP packet (a probe claims nothing) or the target of a neighbour advertisement.
std::optional<NeighbourSighting> read_sighting(std::span<const std::uint8_t> frame);

}  // namespace tandem::address
