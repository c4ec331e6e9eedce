#pragma once

// Raw sockets of IP protocol 112 (VRRP): one pair for each interface, family and group or source address. The VRRP
// thread sends prepared datagrams and reads what arrives with source, destination and TTL; nothing allocates or blocks
// after open(). Owned and used by the VRRP thread.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "control/address/netlink.h"
#include "engine/net/address.h"

namespace tandem::address {

struct AdvertSocketSettings {
  int link = 0;
  std::string link_name;
  /// What adverts come from; its family is the socket's.
  net::IpAddress source;
  /// Adverts go to 224.0.0.18 or ff02::12 and are awaited there; else they go from host to host.
  bool multicast = true;
  std::uint8_t ttl = 255;
};

struct ArrivedAdvert {
  /// The VRRP message, without its IP header; stands in the socket's buffer until the next read.
  std::span<const std::uint8_t> message;
  /// IPv4: the whole datagram as it came.
  std::span<const std::uint8_t> datagram;
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t ttl = 0;
};

class AdvertSocket {
 public:
  static constexpr std::uint8_t kProtocol = 112;
  /// Errors: kRefused, naming CAP_NET_RAW; what bind and joining the group say.
  static base::Result<AdvertSocket> open(AdvertSocketSettings settings);

  int fd() const { return receiver_.get(); }
  const AdvertSocketSettings& settings() const { return settings_; }
  /// IPv4: a datagram with its IPv4 header; IPv6: the VRRP message. Returns 0 or an errno value.
  int send(std::span<const std::uint8_t> bytes, const net::IpAddress& destination) const;
  /// The next advert; false when there is none at the moment.
  bool next(ArrivedAdvert& out);

 private:
  AdvertSocket() = default;
  base::Result<void> open_sender();
  base::Result<void> open_receiver();

  AdvertSocketSettings settings_;
  OwnedDescriptor sender_;
  OwnedDescriptor receiver_;
  std::unique_ptr<std::array<std::uint8_t, 8192>> buffer_;
};

}  // namespace tandem::address
