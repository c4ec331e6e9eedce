#include "control/address/advert_socket.h"

#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace tandem::address {

namespace {

constexpr int kTypeOfService = 0xc0;  // DSCP CS6
constexpr std::array<std::uint8_t, 4> kGroupV4{224, 0, 0, 18};
constexpr std::array<std::uint8_t, 16> kGroupV6{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12};

/// A socket address without port; IPv6 link-local ones get the interface.
struct RawAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

RawAddress raw_address(const net::IpAddress& ip, int link) {
  RawAddress out;
  if (ip.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    std::memcpy(&v4->sin_addr, ip.bytes().data(), 4);
    out.length = sizeof *v4;
    return out;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  v6->sin6_family = AF_INET6;
  std::memcpy(&v6->sin6_addr, ip.bytes().data(), 16);
  if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) || IN6_IS_ADDR_MC_LINKLOCAL(&v6->sin6_addr)) {
    v6->sin6_scope_id = static_cast<std::uint32_t>(link);
  }
  out.length = sizeof *v6;
  return out;
}

net::IpAddress group_of(bool v4) { return v4 ? ip_of(kGroupV4) : ip_of(kGroupV6); }

/// Collects the first error of a row of options.
class Options {
 public:
  explicit Options(int fd) : fd_(fd) {}
  void set(int level, int name, int value) { set(level, name, &value, sizeof value); }
  void set(int level, int name, const void* value, socklen_t length) {
    if (::setsockopt(fd_, level, name, value, length) != 0 && error_ == 0) error_ = errno;
  }
  int error() const { return error_; }

 private:
  int fd_;
  int error_ = 0;
};

base::Result<OwnedDescriptor> raw_socket(const AdvertSocketSettings& settings) {
  const std::string& link = settings.link_name;
  OwnedDescriptor out(::socket(settings.source.is_v4() ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                               AdvertSocket::kProtocol));
  if (!out) return privilege_error(errno, "opening a raw socket for VRRP", "CAP_NET_RAW");
  if (::setsockopt(out.get(), SOL_SOCKET, SO_BINDTODEVICE, link.c_str(), static_cast<socklen_t>(link.size() + 1)) !=
      0) {
    return privilege_error(errno, fmt::format("binding a VRRP socket to {}", link), "CAP_NET_RAW");
  }
  return out;
}

}  // namespace

base::Result<AdvertSocket> AdvertSocket::open(AdvertSocketSettings settings) {
  AdvertSocket out;
  out.settings_ = std::move(settings);
  out.buffer_ = std::make_unique<std::array<std::uint8_t, 8192>>();
  if (auto opened = out.open_sender(); !opened) return opened.error();
  if (auto opened = out.open_receiver(); !opened) return opened.error();
  return out;
}

base::Result<void> AdvertSocket::open_sender() {
  auto socket = raw_socket(settings_);
  if (!socket) return socket.error();
  sender_ = std::move(*socket);
  Options options(sender_.get());
  // Protocol 112 of others would queue up here, where nobody reads.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog drop_all{.len = 1, .filter = &nothing};
  options.set(SOL_SOCKET, SO_ATTACH_FILTER, &drop_all, sizeof drop_all);
  options.set(SOL_SOCKET, SO_PRIORITY, 6);
  if (settings_.source.is_v4()) {
    options.set(IPPROTO_IP, IP_HDRINCL, 1);
    ip_mreqn out{};
    out.imr_ifindex = settings_.link;
    options.set(IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out);
    options.set(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
  } else {
    options.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, settings_.link);
    options.set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
    options.set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, settings_.ttl);
    options.set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, settings_.ttl);
    options.set(IPPROTO_IPV6, IPV6_TCLASS, kTypeOfService);
  }
  if (options.error() != 0) return base::Error::from_errno(options.error(), "options of the VRRP sender");
  if (!settings_.source.is_v4()) {
    const RawAddress local = raw_address(settings_.source, settings_.link);
    if (::bind(sender_.get(), local.get(), local.length) != 0) {
      return base::Error::from_errno(errno, fmt::format("binding VRRP to {}", settings_.source.text()));
    }
  }
  return {};
}

base::Result<void> AdvertSocket::open_receiver() {
  auto socket = raw_socket(settings_);
  if (!socket) return socket.error();
  receiver_ = std::move(*socket);
  Options options(receiver_.get());
  const bool v4 = settings_.source.is_v4();
  if (v4) {
    options.set(IPPROTO_IP, IP_MULTICAST_ALL, 0);
    if (settings_.multicast) {
      ip_mreqn join{};
      std::memcpy(&join.imr_multiaddr, kGroupV4.data(), kGroupV4.size());
      join.imr_ifindex = settings_.link;
      options.set(IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join);
    }
  } else {
    options.set(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    options.set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    options.set(IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    if (settings_.multicast) {
      ipv6_mreq join{};
      std::memcpy(&join.ipv6mr_multiaddr, kGroupV6.data(), kGroupV6.size());
      join.ipv6mr_interface = static_cast<unsigned>(settings_.link);
      options.set(IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &join, sizeof join);
    }
  }
  if (options.error() != 0) return base::Error::from_errno(options.error(), "options of the VRRP receiver");
  // Bound to the group no unicast arrives, bound to the source no multicast.
  const RawAddress local = raw_address(settings_.multicast ? group_of(v4) : settings_.source, settings_.link);
  if (::bind(receiver_.get(), local.get(), local.length) != 0) {
    return base::Error::from_errno(errno, fmt::format("binding VRRP to {}", settings_.source.text()));
  }
  return {};
}

int AdvertSocket::send(std::span<const std::uint8_t> bytes, const net::IpAddress& destination) const {
  const RawAddress to = raw_address(destination, settings_.link);
  const int flags = MSG_DONTWAIT | (settings_.multicast ? MSG_DONTROUTE : 0);
  return ::sendto(sender_.get(), bytes.data(), bytes.size(), flags, to.get(), to.length) < 0 ? errno : 0;
}

bool AdvertSocket::next(ArrivedAdvert& out) {
  sockaddr_storage from{};
  iovec part{.iov_base = buffer_->data(), .iov_len = buffer_->size()};
  alignas(cmsghdr) std::array<std::uint8_t, 128> control;
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(receiver_.get(), &message, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return false;
  out = ArrivedAdvert{};
  const std::span<const std::uint8_t> bytes(buffer_->data(), static_cast<std::size_t>(got));
  if (settings_.source.is_v4()) {
    out.datagram = bytes;
    if (bytes.size() < 20) return true;
    const std::size_t header = std::min<std::size_t>((bytes[0] & 0x0fU) * 4, bytes.size());
    // The header says how long the message is; what a network card left behind it is no part of it.
    const std::size_t total = std::min<std::size_t>(static_cast<std::size_t>(bytes[2] << 8 | bytes[3]), bytes.size());
    out.message = bytes.subspan(header, total > header ? total - header : 0);
    out.ttl = bytes[8];
    out.source = ip_of(bytes.subspan(12, 4));
    out.destination = ip_of(bytes.subspan(16, 4));
    return true;
  }
  out.message = bytes;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&from);
  out.source = ip_of({reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), 16});
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); part_of != nullptr; part_of = CMSG_NXTHDR(&message, part_of)) {
    if (part_of->cmsg_level != IPPROTO_IPV6) continue;
    if (part_of->cmsg_type == IPV6_HOPLIMIT) {
      int hops = 0;
      std::memcpy(&hops, CMSG_DATA(part_of), sizeof hops);
      out.ttl = static_cast<std::uint8_t>(hops);
    }
    if (part_of->cmsg_type == IPV6_PKTINFO) out.destination = ip_of({CMSG_DATA(part_of), 16});
  }
  return true;
}

}  // namespace tandem::address
