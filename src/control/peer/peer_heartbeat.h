#pragma once

// The heartbeat beside a connection of the peer link: one UDP packet for each sign of life, authenticated by
// HMAC-SHA256 with keys of the TLS session (RFC 8446 §7.5), numbered against replay. Packet: "TDM1", session (8 bytes),
// number (8 bytes, big endian), MAC (32 bytes). Pure but for the socket's functions; one loop.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "engine/loop/descriptor.h"
#include "engine/net/address.h"
#include "engine/tls/secure_stream.h"

namespace tandem::peer {

constexpr std::size_t kHeartbeatSize = 52;
using HeartbeatPacket = std::array<unsigned char, kHeartbeatSize>;

/// What both ends of a connection know, seen from one of them.
struct HeartbeatKeys {
  std::array<unsigned char, 32> ours{};    ///< signs what we send
  std::array<unsigned char, 32> theirs{};  ///< signs what they send
  std::uint64_t session = 0;               ///< names the connection
};

/// From a session that shook hands; `dialled`: we were the client. Nothing when OpenSSL refuses.
std::optional<HeartbeatKeys> heartbeat_keys(tls::SecureStream& stream, bool dialled);
HeartbeatPacket seal_heartbeat(const HeartbeatKeys& keys, std::uint64_t number);
/// The session that a packet names; nothing when it is none. Costs nothing.
std::optional<std::uint64_t> heartbeat_session(std::string_view packet);
/// The packet's number when the other end of this session made it.
std::optional<std::uint64_t> open_heartbeat(const HeartbeatKeys& keys, std::string_view packet);

/// The UDP socket beside the listener.
class HeartbeatSocket {
 public:
  static base::Result<std::unique_ptr<HeartbeatSocket>> open(const net::Address& at);
  /// Sends from `local` (of the connection, its port does not count) to `port` of `remote`. Losses are losses.
  void send(const HeartbeatPacket& packet, const net::Address& local, const net::Address& remote, std::uint16_t port);
  /// The next packet, into `room`; empty when there is none.
  std::string_view try_receive(std::array<char, 128>& room);
  loop::Descriptor::Wait readable() { return descriptor_.readable(loop::kNever); }

 private:
  HeartbeatSocket(int fd, int family) : descriptor_(fd), family_(family) {}
  loop::Descriptor descriptor_;
  int family_;
};

}  // namespace tandem::peer
