#pragma once

// Telling the neighbours where addresses are, asking who has them, and listening for others who claim them: sockets of
// AF_PACKET. Frames and filters are built at set-up; sending and reading neither allocate nor block. Owned and used by
// the VRRP thread.

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "control/address/neighbour_frames.h"
#include "control/address/netlink.h"
#include "control/address/virtual_addresses.h"

namespace tandem::address {

/// Sends frames on any interface; receives nothing.
class FrameSender {
 public:
  /// Errors: kRefused, naming CAP_NET_RAW.
  static base::Result<FrameSender> open();
  /// Returns 0 or an errno value.
  int send(int link, const Frame& frame) const;

 private:
  FrameSender() = default;
  OwnedDescriptor socket_;
};

/// Announces the addresses of one virtual router: each once, in order, then the round again, with a gap between
/// packets.
class Announcer {
 public:
  using Time = std::chrono::nanoseconds;
  static constexpr Time kNever = Time::max();

  struct Target {
    net::IpAddress address;
    int link = 0;
    Mac mac{};
    bool router = false;  ///< IPv6: the node forwards on this interface
    bool silent = false;  ///< the interface knows no ARP (IFF_NOARP)
  };

  Announcer(const std::vector<Target>& targets, std::chrono::microseconds gap);

  /// Begins `rounds` rounds now; what is left of earlier ones is given up.
  void start(unsigned rounds, Time now);
  void stop() { left_ = 0; }
  /// When send_due() has something to do.
  Time due() const { return left_ == 0 ? kNever : next_at_; }
  /// Sends what is due. Returns 0 or the first errno value.
  int send_due(const FrameSender& sender, Time now);
  /// The link has another MAC now.
  void set_mac(int link, const Mac& mac);

 private:
  struct Entry {
    Target target;
    Frame frame;
  };
  std::vector<Entry> entries_;
  Time gap_;
  Time next_at_{};
  std::size_t left_ = 0;
  std::size_t at_ = 0;
};

/// Hears what the stations of one interface say about given addresses.
class NeighbourWatch {
 public:
  /// `addresses` of both families, at most kMaxAddresses: the virtual ones, and those that are asked for. Only frames
  /// about them reach this process (a filter in the kernel). Errors: kRefused, naming CAP_NET_RAW; kLimit.
  static base::Result<NeighbourWatch> open(int link, std::span<const net::IpAddress> addresses);
  static constexpr std::size_t kMaxAddresses = 400;

  int fd() const { return socket_.get(); }
  int link() const { return link_; }
  /// The next sighting; false when there is none at the moment. Frames of this host are not seen.
  bool next(NeighbourSighting& out);

 private:
  NeighbourWatch() = default;
  OwnedDescriptor socket_;
  int link_ = 0;
};

}  // namespace tandem::address
