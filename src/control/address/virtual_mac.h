#pragma once

// A virtual router's own MAC address as an interface: a macvlan in private mode above the router's interface, usually
// `vrrp.VRID` (IPv6: `vrrp6.VRID`) with 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID (RFC 9568 §7.3). Made at set-up by
// create(), removed by the destructor together with the settings it changed. Needs CAP_NET_ADMIN and a writable
// /proc/sys.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "control/address/host_links.h"
#include "control/address/neighbour_frames.h"

namespace tandem::address {

/// RFC 9568 §7.3.
Mac virtual_mac(bool v4, std::uint8_t vrid);

struct VirtualMacSettings {
  std::string name;  ///< of the interface
  Mac mac{};
};

/// With the usual name and MAC where `settings` leave them empty.
VirtualMacSettings completed(VirtualMacSettings settings, bool v4, std::uint8_t vrid);

class VirtualMac {
 public:
  /// A macvlan of this name that an earlier run left is taken over when it fits, else replaced. REQUIRES: completed
  /// settings. Errors: kRefused, naming CAP_NET_ADMIN; kInvalid, when the name is another interface's; what the kernel
  /// says.
  static base::Result<VirtualMac> create(const HostLink& parent, bool v4, const VirtualMacSettings& settings);
  VirtualMac(VirtualMac&& other) noexcept
      : link_(std::exchange(other.link_, {})), parent_(other.parent_), changed_(std::exchange(other.changed_, {})) {}
  VirtualMac& operator=(VirtualMac&& other) noexcept {
    std::swap(link_, other.link_);
    std::swap(parent_, other.parent_);
    std::swap(changed_, other.changed_);
    return *this;
  }
  ~VirtualMac();

  const HostLink& link() const { return link_; }
  /// The index of the interface below.
  int parent() const { return parent_; }

 private:
  struct Setting {
    std::string path;
    std::string before;
  };
  VirtualMac() = default;
  void allow_any_source(const HostLinks& links, const std::string& own);
  void set(const std::string& path, const std::string& value, bool restore);

  HostLink link_;
  int parent_ = 0;
  std::vector<Setting> changed_;
};

}  // namespace tandem::address
