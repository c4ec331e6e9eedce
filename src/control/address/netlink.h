#pragma once

// Netlink sockets of the pair: requests that wait for the kernel's answer, and a monitor that tells of links and
// addresses changed by anybody. After open() nothing here allocates or logs, so the VRRP thread may use both; one
// thread at a time. Each owns its descriptor.

#include <net/if.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "control/address/netlink_message.h"
#include "engine/net/address.h"

namespace tandem::address {

/// A file descriptor that closes itself.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int fd) : fd_(fd) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// An operating system error; EPERM and EACCES name the capability that is missing.
base::Error privilege_error(int code, std::string_view what, std::string_view capability);

/// An address out of the bytes of a packet or a message: 4 or 16 of them.
net::IpAddress ip_of(std::span<const std::uint8_t> bytes);

class Netlink {
 public:
  /// `protocol` is NETLINK_ROUTE or NETLINK_NETFILTER. Errors: the system call's.
  static base::Result<Netlink> open(int protocol);

  /// Sends the messages of `message` in one call and waits for their acknowledgements. Returns 0 or the first errno
  /// value the kernel answered; later messages are applied all the same. `wanted`, when not null, is set to how many
  /// succeeded.
  int request(NetlinkMessage& message, int* succeeded = nullptr);
  /// Sends a dump request and hands each message of the answer to `each`. For set-up: `each` may allocate.
  int dump(NetlinkMessage& message, const std::function<void(const nlmsghdr&)>& each);

 private:
  Netlink() = default;
  int send(NetlinkMessage& message);

  static constexpr std::size_t kBuffer = 32768;
  OwnedDescriptor socket_;
  std::unique_ptr<std::array<std::uint8_t, kBuffer>> buffer_;
  std::uint32_t sequence_ = 0;
};

/// What happened to a link or an address of this host.
struct LinkEvent {
  enum class Kind : std::uint8_t {
    kLink,            // a link changed: `running`, `mac`, `mtu`, `name`
    kLinkGone,        // the link `index` is no more
    kAddressAdded,    // or its lifetime was refreshed
    kAddressRemoved,  // by us, by others, or by the end of its lifetime
    kLost,            // events were lost: read everything again
  };
  Kind kind = Kind::kLost;
  int index = 0;
  bool running = false;  ///< administratively up and with carrier (IFF_UP and IFF_RUNNING)
  unsigned mtu = 0;
  std::array<std::uint8_t, 6> mac{};
  std::array<char, IFNAMSIZ> name{};
  net::IpAddress address;
  std::uint8_t prefix = 0;
  std::uint8_t scope = 0;
  std::uint32_t flags = 0;  ///< IFF_ of a link, IFA_F_ of an address
  bool permanent = false;   ///< the address has no end
  int below = 0;            ///< the index of the link under this one; 0: none
  bool macvlan = false;     ///< the link is one with a MAC of its own above another
};

/// What a message of the kernel says, when it is about a link or an address.
bool read_link_event(const nlmsghdr& message, LinkEvent& out);

class LinkMonitor {
 public:
  static base::Result<LinkMonitor> open();
  int fd() const { return socket_.get(); }
  /// The next event; false when there is none at the moment.
  bool next(LinkEvent& out);

 private:
  LinkMonitor() = default;
  bool fill();

  static constexpr std::size_t kBuffer = 32768;
  OwnedDescriptor socket_;
  std::unique_ptr<std::array<std::uint8_t, kBuffer>> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool lost_ = false;
};

}  // namespace tandem::address
