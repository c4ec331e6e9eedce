#include "control/address/netlink.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace tandem::address {

namespace {

constexpr std::uint32_t kForever = 0xffffffffU;
// The kernel answers a request inside the call that sends it; what takes longer than this never comes.
constexpr timeval kAnswerWithin{.tv_sec = 2, .tv_usec = 0};

base::Result<OwnedDescriptor> open_socket(int protocol, unsigned groups, int extra) {
  OwnedDescriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | extra, protocol));
  if (!socket) return base::Error::from_errno(errno, "netlink socket");
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    return base::Error::from_errno(errno, "bind of a netlink socket");
  }
  const int one = 1;
  // Errors come without the request they answer: acknowledgements of a batch stay small.
  ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
  const int room = 1 << 20;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  }
  return socket;
}

template <class Visit>
void for_each_attribute(std::span<const std::uint8_t> attributes, Visit visit) {
  std::size_t at = 0;
  while (at + sizeof(nlattr) <= attributes.size()) {
    nlattr header{};
    std::memcpy(&header, attributes.data() + at, sizeof header);
    if (header.nla_len < sizeof header || at + header.nla_len > attributes.size()) return;
    visit(header.nla_type & NLA_TYPE_MASK, attributes.subspan(at + sizeof header, header.nla_len - sizeof header));
    at += NLA_ALIGN(header.nla_len);
  }
}

template <class Visit>
void for_each_attribute(const nlmsghdr& message, std::size_t fixed, Visit visit) {
  const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(&message), message.nlmsg_len);
  const std::size_t header = NLMSG_HDRLEN + NLMSG_ALIGN(fixed);
  if (header < all.size()) for_each_attribute(all.subspan(header), visit);
}

bool is_macvlan(std::span<const std::uint8_t> described) {
  constexpr std::string_view kKind = "macvlan";
  bool found = false;
  for_each_attribute(described, [&](int type, std::span<const std::uint8_t> value) {
    found = found || (type == IFLA_INFO_KIND && value.size() >= kKind.size() &&
                      std::memcmp(value.data(), kKind.data(), kKind.size()) == 0);
  });
  return found;
}

template <class T>
void copy_value(std::span<const std::uint8_t> from, T& to) {
  if (from.size() >= sizeof to) std::memcpy(&to, from.data(), sizeof to);
}

bool read_link(const nlmsghdr& message, LinkEvent& out) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return false;
  ifinfomsg fixed{};
  std::memcpy(&fixed, NLMSG_DATA(&message), sizeof fixed);
  out.kind = message.nlmsg_type == RTM_NEWLINK ? LinkEvent::Kind::kLink : LinkEvent::Kind::kLinkGone;
  out.index = fixed.ifi_index;
  out.flags = fixed.ifi_flags;
  out.running = (fixed.ifi_flags & IFF_UP) != 0 && (fixed.ifi_flags & IFF_RUNNING) != 0;
  for_each_attribute(message, sizeof fixed, [&out](int type, std::span<const std::uint8_t> value) {
    if (type == IFLA_MTU) copy_value(value, out.mtu);
    if (type == IFLA_ADDRESS && value.size() == out.mac.size()) copy_value(value, out.mac);
    if (type == IFLA_IFNAME) std::memcpy(out.name.data(), value.data(), std::min(value.size(), out.name.size() - 1));
    if (type == IFLA_LINK) copy_value(value, out.below);
    if (type == IFLA_LINKINFO) out.macvlan = is_macvlan(value);
  });
  return true;
}

bool read_address(const nlmsghdr& message, LinkEvent& out) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifaddrmsg))) return false;
  ifaddrmsg fixed{};
  std::memcpy(&fixed, NLMSG_DATA(&message), sizeof fixed);
  out.kind = message.nlmsg_type == RTM_NEWADDR ? LinkEvent::Kind::kAddressAdded : LinkEvent::Kind::kAddressRemoved;
  out.index = static_cast<int>(fixed.ifa_index);
  out.prefix = fixed.ifa_prefixlen;
  out.scope = fixed.ifa_scope;
  out.flags = fixed.ifa_flags;
  out.permanent = true;
  bool local = false;
  for_each_attribute(message, sizeof fixed, [&](int type, std::span<const std::uint8_t> value) {
    // IFA_LOCAL is our end of a point-to-point link; where there is none, IFA_ADDRESS is the address.
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local)) {
      if (value.size() == 4 || value.size() == 16) out.address = ip_of(value);
      local = local || type == IFA_LOCAL;
    }
    if (type == IFA_FLAGS) copy_value(value, out.flags);
    if (type == IFA_LABEL) std::memcpy(out.name.data(), value.data(), std::min(value.size(), out.name.size() - 1));
    if (type == IFA_CACHEINFO) {
      ifa_cacheinfo lifetime{};
      copy_value(value, lifetime);
      out.permanent = lifetime.ifa_valid == kForever;
    }
  });
  return true;
}

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

base::Error privilege_error(int code, std::string_view what, std::string_view capability) {
  if (code != EPERM && code != EACCES) return base::Error::from_errno(code, what);
  return {
      base::ErrorKind::kRefused,
      fmt::format("{}: the capability {} is missing (AmbientCapabilities= of the unit, or setcap)", what, capability)};
}

net::IpAddress ip_of(std::span<const std::uint8_t> bytes) {
  if (bytes.size() == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, bytes.data(), 4);
    return net::Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof v4).ip();
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, bytes.data(), std::min<std::size_t>(bytes.size(), 16));
  return net::Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v6), sizeof v6).ip();
}

bool read_link_event(const nlmsghdr& message, LinkEvent& out) {
  out = LinkEvent{};
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return read_link(message, out);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return read_address(message, out);
    default:
      return false;
  }
}

base::Result<Netlink> Netlink::open(int protocol) {
  auto socket = open_socket(protocol, 0, 0);
  if (!socket) return socket.error();
  ::setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerWithin, sizeof kAnswerWithin);
  Netlink out;
  out.socket_ = std::move(*socket);
  out.buffer_ = std::make_unique<std::array<std::uint8_t, kBuffer>>();
  return out;
}

int Netlink::send(NetlinkMessage& message) {
  const auto bytes = message.bytes();
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= bytes.size();) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data() + at, sizeof header);
    header.nlmsg_seq = ++sequence_;
    std::memcpy(bytes.data() + at, &header, sizeof header);
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return ::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0 ? errno : 0;
}

int Netlink::request(NetlinkMessage& message, int* succeeded) {
  if (succeeded != nullptr) *succeeded = 0;
  if (message.empty()) return 0;
  const std::uint32_t before = sequence_;
  if (const int error = send(message); error != 0) return error;
  int first = 0;
  for (int missing = message.acknowledged(); missing > 0;) {
    // All answers were queued inside the call that sent the request; a batch that is refused as a whole has but one.
    const ssize_t got = ::recv(socket_.get(), buffer_->data(), buffer_->size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return first != 0 ? first : EIO;
    auto left = static_cast<unsigned>(got);
    for (auto* answer = reinterpret_cast<nlmsghdr*>(buffer_->data()); NLMSG_OK(answer, left);
         answer = NLMSG_NEXT(answer, left)) {
      // An answer that came too late for the request before.
      if (answer->nlmsg_type != NLMSG_ERROR || static_cast<std::int32_t>(answer->nlmsg_seq - before) <= 0) continue;
      int code = 0;
      std::memcpy(&code, NLMSG_DATA(answer), sizeof code);
      if (code == 0 && succeeded != nullptr) ++*succeeded;
      if (first == 0) first = -code;
      --missing;
    }
  }
  return first;
}

int Netlink::dump(NetlinkMessage& message, const std::function<void(const nlmsghdr&)>& each) {
  if (const int error = send(message); error != 0) return error;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), buffer_->data(), buffer_->size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return errno == EAGAIN ? ETIMEDOUT : errno;
    auto left = static_cast<unsigned>(got);
    for (auto* answer = reinterpret_cast<nlmsghdr*>(buffer_->data()); NLMSG_OK(answer, left);
         answer = NLMSG_NEXT(answer, left)) {
      if (answer->nlmsg_seq != sequence_) continue;
      if (answer->nlmsg_type == NLMSG_DONE) return 0;
      if (answer->nlmsg_type == NLMSG_ERROR) {
        int code = 0;
        std::memcpy(&code, NLMSG_DATA(answer), sizeof code);
        return -code;
      }
      each(*answer);
    }
  }
}

base::Result<LinkMonitor> LinkMonitor::open() {
  auto socket = open_socket(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK);
  if (!socket) return socket.error();
  LinkMonitor out;
  out.socket_ = std::move(*socket);
  out.buffer_ = std::make_unique<std::array<std::uint8_t, kBuffer>>();
  return out;
}

bool LinkMonitor::fill() {
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), buffer_->data(), buffer_->size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) lost_ = true;
    if (got <= 0) return false;
    at_ = 0;
    end_ = static_cast<std::size_t>(got);
    return true;
  }
}

bool LinkMonitor::next(LinkEvent& out) {
  for (;;) {
    if (at_ >= end_ && !fill()) {
      if (!std::exchange(lost_, false)) return false;
      out = LinkEvent{};
      return true;
    }
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_->data() + at_);
    if (!NLMSG_OK(message, end_ - at_)) {
      at_ = end_;
      continue;
    }
    at_ += NLMSG_ALIGN(message->nlmsg_len);
    if (read_link_event(*message, out)) return true;
  }
}

}  // namespace tandem::address
