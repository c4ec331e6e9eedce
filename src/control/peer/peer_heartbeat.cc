#include "control/peer/peer_heartbeat.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tandem::peer {

namespace {

constexpr std::string_view kMark = "TDM1";
constexpr std::string_view kLabel = "EXPORTER-tandem-ha-heartbeat";
constexpr std::size_t kSessionAt = 4;
constexpr std::size_t kNumberAt = 12;
constexpr std::size_t kMacAt = 20;
constexpr std::size_t kMacSize = 32;
constexpr unsigned kByte = 8;
using Mac = std::array<unsigned char, kMacSize>;

void put(std::uint64_t value, unsigned char* at) {
  for (int i = 7; i >= 0; --i, value >>= kByte) at[i] = static_cast<unsigned char>(value & 0xffU);
}

std::uint64_t get(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << kByte | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

Mac mac_of(const std::array<unsigned char, 32>& key, const unsigned char* packet) {
  Mac out{};
  unsigned int size = 0;
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), packet, kMacAt, out.data(), &size);
  return out;
}

in6_addr mapped(const net::IpAddress& ip) {
  in6_addr out{};
  if (!ip.is_v4()) {
    std::memcpy(&out, ip.bytes().data(), sizeof out);
    return out;
  }
  out.s6_addr[10] = out.s6_addr[11] = 0xff;
  std::memcpy(out.s6_addr + 12, ip.bytes().data(), 4);
  return out;
}

/// A control message that chooses the source address.
struct Source {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> room{};

  template <class T>
  void set(msghdr& message, int level, int type, const T& value) {
    message.msg_control = room.data();
    message.msg_controllen = CMSG_SPACE(sizeof value);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
  }
};

}  // namespace

std::optional<HeartbeatKeys> heartbeat_keys(tls::SecureStream& stream, bool dialled) {
  constexpr std::size_t kOne = 32;
  std::array<unsigned char, 2 * kOne + sizeof(std::uint64_t)> material{};
  if (::SSL_export_keying_material(stream.raw(), material.data(), material.size(), kLabel.data(), kLabel.size(),
                                   nullptr, 0, 0) != 1) {
    return std::nullopt;
  }
  HeartbeatKeys keys;
  auto& client = dialled ? keys.ours : keys.theirs;
  auto& server = dialled ? keys.theirs : keys.ours;
  std::copy_n(material.begin(), kOne, client.begin());
  std::copy_n(material.begin() + kOne, kOne, server.begin());
  keys.session = get({reinterpret_cast<const char*>(material.data()), material.size()}, 2 * kOne);
  ::OPENSSL_cleanse(material.data(), material.size());
  return keys;
}

HeartbeatPacket seal_heartbeat(const HeartbeatKeys& keys, std::uint64_t number) {
  HeartbeatPacket packet{};
  std::copy(kMark.begin(), kMark.end(), packet.begin());
  put(keys.session, packet.data() + kSessionAt);
  put(number, packet.data() + kNumberAt);
  const Mac mac = mac_of(keys.ours, packet.data());
  std::copy(mac.begin(), mac.end(), packet.begin() + kMacAt);
  return packet;
}

std::optional<std::uint64_t> heartbeat_session(std::string_view packet) {
  if (packet.size() != kHeartbeatSize || !packet.starts_with(kMark)) return std::nullopt;
  return get(packet, kSessionAt);
}

std::optional<std::uint64_t> open_heartbeat(const HeartbeatKeys& keys, std::string_view packet) {
  if (heartbeat_session(packet) != keys.session) return std::nullopt;
  const Mac mac = mac_of(keys.theirs, reinterpret_cast<const unsigned char*>(packet.data()));
  if (::CRYPTO_memcmp(mac.data(), packet.data() + kMacAt, mac.size()) != 0) return std::nullopt;
  return get(packet, kNumberAt);
}

base::Result<std::unique_ptr<HeartbeatSocket>> HeartbeatSocket::open(const net::Address& at) {
  const int fd = ::socket(at.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return base::Error::from_errno(errno, "cannot open a UDP socket");
  std::unique_ptr<HeartbeatSocket> made(new HeartbeatSocket(fd, at.family()));
  const int on = 1;
  if (at.family() == AF_INET) ::setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
  if (at.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
  if (::bind(fd, at.raw(), at.raw_length()) != 0) {
    return base::Error::from_errno(errno, "cannot use UDP at " + at.text() + " for the heartbeat of the peer link");
  }
  return made;
}

void HeartbeatSocket::send(const HeartbeatPacket& packet, const net::Address& local, const net::Address& remote,
                           std::uint16_t port) {
  if (!local.is_ip() || !remote.is_ip()) return;
  iovec bytes{.iov_base = const_cast<unsigned char*>(packet.data()), .iov_len = packet.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  Source source;
  sockaddr_in6 to6{};
  sockaddr_in to4{};
  if (family_ == AF_INET6) {
    // Copied whole first: a link-local address needs its interface.
    if (remote.family() == AF_INET6) std::memcpy(&to6, remote.raw(), sizeof to6);
    to6.sin6_family = AF_INET6;
    to6.sin6_port = htons(port);
    to6.sin6_addr = mapped(remote.ip());
    message.msg_name = &to6;
    message.msg_namelen = sizeof to6;
    in6_pktinfo from{};
    from.ipi6_addr = mapped(local.ip());
    source.set(message, IPPROTO_IPV6, IPV6_PKTINFO, from);
  } else {
    if (!remote.ip().is_v4() || !local.ip().is_v4()) return;
    to4.sin_family = AF_INET;
    to4.sin_port = htons(port);
    std::memcpy(&to4.sin_addr, remote.ip().bytes().data(), sizeof to4.sin_addr);
    message.msg_name = &to4;
    message.msg_namelen = sizeof to4;
    in_pktinfo from{};
    std::memcpy(&from.ipi_spec_dst, local.ip().bytes().data(), sizeof from.ipi_spec_dst);
    source.set(message, IPPROTO_IP, IP_PKTINFO, from);
  }
  (void)::sendmsg(descriptor_.fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

std::string_view HeartbeatSocket::try_receive(std::array<char, 128>& room) {
  constexpr int kMostAtOnce = 64;
  for (int tries = 0; tries < kMostAtOnce; ++tries) {
    const ssize_t got = ::recv(descriptor_.fd(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) return {room.data(), static_cast<std::size_t>(got)};
    // Empty packets, and what ICMP said about an earlier one of ours, which is told once each.
    if (got == 0 || errno == EINTR || errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH) continue;
    descriptor_.drained();
    break;
  }
  return {};
}

}  // namespace tandem::peer
