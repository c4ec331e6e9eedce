#pragma once

// UdpObjects: what became of the UDP routers and services of one configuration. Built on the control thread; immutable
// and shared by all cores. Whoever looks at it holds it by shared_ptr, by itself or through the snapshot.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/udp_dynamic.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// What became of a UDP router.
struct UdpRouterState {
  Condition condition;
  std::vector<std::string> entry_points;  ///< existing ones it listens on, sorted (API: `using`)
  std::string service;                    ///< qualified; empty when it has none
};

/// What became of a UDP service.
struct UdpServiceState {
  Condition condition;
  bool used = false;  ///< some router reaches it: it was looked at
};

// Views of one object; valid as long as the UdpObjects.
struct RuntimeUdpRouter {
  std::string_view name;  ///< name@provider
  const model::UdpRouter* config;
  const UdpRouterState* state;
};
struct RuntimeUdpService {
  std::string_view name;
  const model::UdpService* config;
  const UdpServiceState* state;
};

class UdpObjects {
 public:
  explicit UdpObjects(const BuildInput& input);
  UdpObjects(const UdpObjects&) = delete;
  UdpObjects& operator=(const UdpObjects&) = delete;

  // Sorted by name.
  std::span<const RuntimeUdpRouter> routers() const { return routers_; }
  std::span<const RuntimeUdpService> services() const { return services_; }
  // Null when there is no such object.
  const RuntimeUdpRouter* router(std::string_view name) const;
  const RuntimeUdpService* service(std::string_view name) const;
  /// Which routers name a service.
  Usage usage() const;

 private:
  std::shared_ptr<const model::DynamicConfiguration> dynamic_;  // holds what the views point to
  std::vector<UdpRouterState> router_states_;
  std::vector<UdpServiceState> service_states_;
  std::vector<RuntimeUdpRouter> routers_;
  std::vector<RuntimeUdpService> services_;
};

/// Those of `input`; `previous` itself (may be null) when neither configuration changed for it. Control thread.
std::shared_ptr<const UdpObjects> build_udp_objects(const BuildInput& input, const BuildInput* before,
                                                    const std::shared_ptr<const UdpObjects>& previous);

}  // namespace tandem::routing
