#include "control/address/announce.h"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tandem::address {

namespace {

constexpr std::uint32_t kTake = 0xffff;
constexpr unsigned kTypeAt = 12;
constexpr unsigned kArpSenderAt = 28;
constexpr unsigned kNextHeaderAt = 20;
constexpr unsigned kIcmpTypeAt = 54;
constexpr unsigned kNaTargetAt = 62;

std::uint32_t word_of(const net::IpAddress& ip, std::size_t at) {
  const auto& b = ip.bytes();
  return static_cast<std::uint32_t>(b[at]) << 24 | static_cast<std::uint32_t>(b[at + 1]) << 16 |
         static_cast<std::uint32_t>(b[at + 2]) << 8 | b[at + 3];
}

/// A classic BPF program, one test after another. Jumps reach 255 instructions at most, so each test that succeeds ends
/// the program by itself.
class Filter {
 public:
  void load_word(unsigned at) { push(BPF_LD | BPF_W | BPF_ABS, at); }
  void load_half(unsigned at) { push(BPF_LD | BPF_H | BPF_ABS, at); }
  void load_byte(unsigned at) { push(BPF_LD | BPF_B | BPF_ABS, at); }
  void take() { push(BPF_RET | BPF_K, kTake); }
  void drop() { push(BPF_RET | BPF_K, 0); }
  /// Goes on when the loaded value is `value`, else skips `skipped` instructions.
  void require(std::uint32_t value, std::uint8_t skipped) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, value});
  }
  void require_or_drop(std::uint32_t value) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value});
    drop();
  }
  /// A jump to a place that patch() tells.
  std::size_t jump() {
    push(BPF_JMP | BPF_JA, 0);
    return code_.size() - 1;
  }
  void patch(std::size_t jump) { code_[jump].k = static_cast<std::uint32_t>(code_.size() - jump - 1); }
  int attach(int fd) {
    const sock_fprog program{.len = static_cast<unsigned short>(code_.size()), .filter = code_.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  }

 private:
  void push(unsigned code, std::uint32_t value) { code_.push_back({static_cast<std::uint16_t>(code), 0, 0, value}); }
  std::vector<sock_filter> code_;
};

Filter filter_for(std::span<const net::IpAddress> addresses) {
  Filter out;
  out.load_half(kTypeAt);
  out.require(ETH_P_ARP, 1);
  const std::size_t to_arp = out.jump();
  out.require_or_drop(ETH_P_IPV6);
  out.load_byte(kNextHeaderAt);
  out.require_or_drop(58);
  out.load_byte(kIcmpTypeAt);
  out.require_or_drop(136);
  for (const net::IpAddress& one : addresses) {
    if (one.is_v4()) continue;
    for (unsigned word = 0; word < 4; ++word) {
      out.load_word(kNaTargetAt + 4 * word);
      out.require(word_of(one, 4 * word), static_cast<std::uint8_t>(2 * (3 - word) + 1));
    }
    out.take();
  }
  out.drop();
  out.patch(to_arp);
  out.load_word(kArpSenderAt);
  for (const net::IpAddress& one : addresses) {
    if (!one.is_v4()) continue;
    out.require(word_of(one, 0), 1);
    out.take();
  }
  out.drop();
  return out;
}

/// What the kernel must hand to the filter: no more than needed, since it runs for each packet of the interface.
std::uint16_t protocol_for(std::span<const net::IpAddress> addresses) {
  const auto v4 = std::count_if(addresses.begin(), addresses.end(), [](const net::IpAddress& a) { return a.is_v4(); });
  if (v4 == static_cast<std::ptrdiff_t>(addresses.size())) return ETH_P_ARP;
  return v4 == 0 ? ETH_P_IPV6 : ETH_P_ALL;
}

}  // namespace

base::Result<FrameSender> FrameSender::open() {
  FrameSender out;
  // Protocol 0: nothing is received.
  out.socket_ = OwnedDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.socket_) return privilege_error(errno, "opening a packet socket", "CAP_NET_RAW");
  return out;
}

int FrameSender::send(int link, const Frame& frame) const {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = link;
  to.sll_halen = 6;
  std::copy_n(frame.bytes.begin(), 6, to.sll_addr);
  const ssize_t sent = ::sendto(socket_.get(), frame.bytes.data(), frame.size, MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return sent < 0 ? errno : 0;
}

Announcer::Announcer(const std::vector<Target>& targets, std::chrono::microseconds gap) : gap_(gap) {
  for (const Target& target : targets) {
    if (target.silent) continue;
    entries_.push_back({.target = target, .frame = announcement(target.mac, target.address, target.router)});
  }
}

void Announcer::start(unsigned rounds, Time now) {
  left_ = rounds * entries_.size();
  at_ = 0;
  next_at_ = now;
}

int Announcer::send_due(const FrameSender& sender, Time now) {
  int first = 0;
  while (left_ > 0 && next_at_ <= now) {
    const Entry& entry = entries_[at_];
    const int error = sender.send(entry.target.link, entry.frame);
    if (first == 0) first = error;
    at_ = (at_ + 1) % entries_.size();
    --left_;
    // From this packet, not from the plan: a late thread does not make a burst of them.
    if (gap_.count() > 0) next_at_ = now + gap_;
  }
  return first;
}

void Announcer::set_mac(int link, const Mac& mac) {
  for (Entry& entry : entries_) {
    if (entry.target.link != link) continue;
    entry.target.mac = mac;
    entry.frame = announcement(mac, entry.target.address, entry.target.router);
  }
}

base::Result<NeighbourWatch> NeighbourWatch::open(int link, std::span<const net::IpAddress> addresses) {
  if (addresses.size() > kMaxAddresses) {
    return base::Error(base::ErrorKind::kLimit, fmt::format("at most {} addresses can be watched", kMaxAddresses));
  }
  NeighbourWatch out;
  out.link_ = link;
  out.socket_ = OwnedDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.socket_) return privilege_error(errno, "opening a packet socket", "CAP_NET_RAW");
  Filter filter = filter_for(addresses);
  if (filter.attach(out.socket_.get()) != 0) return base::Error::from_errno(errno, "filter of a packet socket");
  const int one = 1;
  ::setsockopt(out.socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  sockaddr_ll local{};
  local.sll_family = AF_PACKET;
  local.sll_protocol = htons(protocol_for(addresses));
  local.sll_ifindex = link;
  if (::bind(out.socket_.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    return base::Error::from_errno(errno, "bind of a packet socket");
  }
  return out;
}

bool NeighbourWatch::next(NeighbourSighting& out) {
  for (;;) {
    std::uint8_t frame[128];
    sockaddr_ll from{};
    socklen_t length = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(), frame, sizeof frame, MSG_DONTWAIT | MSG_TRUNC,
                                   reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (from.sll_pkttype == PACKET_OUTGOING) continue;
    const auto sighting = read_sighting({frame, std::min(static_cast<std::size_t>(got), sizeof frame)});
    if (!sighting) continue;
    out = *sighting;
    return true;
  }
}

}  // namespace tandem::address
