#pragma once

// TcpObjects: what became of the TCP routers, services and middlewares of one configuration: status, errors, entry
// points, compiled rules and qualified references. Built on the control thread; immutable and shared by all cores.
// Whoever looks at it holds it by shared_ptr, by itself or through the snapshot.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/tcp_dynamic.h"
#include "proxy/match/tcp_rule.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// What became of a TCP router.
struct TcpRouterState {
  Condition condition;
  std::int64_t priority = 0;                   ///< 0 for a router without valid entry point
  std::vector<std::string> entry_points;       ///< existing ones it listens on, sorted (API: `using`)
  std::shared_ptr<const match::TcpRule> rule;  ///< null when the router is disabled
  std::string service;                         ///< qualified
  std::vector<std::string> middlewares;        ///< qualified, in order
};

/// What became of a TCP service.
struct TcpServiceState {
  Condition condition;
  std::map<std::string, std::string> server_status;  ///< server address → "UP" or "DOWN"
  bool used = false;                                 ///< some router reaches it: it was looked at
};

// Views of one object; valid as long as the TcpObjects.
struct RuntimeTcpRouter {
  std::string_view name;  ///< name@provider
  const model::TcpRouter* config;
  const TcpRouterState* state;
};
struct RuntimeTcpService {
  std::string_view name;
  const model::TcpService* config;
  const TcpServiceState* state;
};
struct RuntimeTcpMiddleware {
  std::string_view name;
  const model::TcpMiddleware* config;
  const Condition* condition;
};

class TcpObjects {
 public:
  /// Everything is built at once; what is wrong with an object disables that object.
  explicit TcpObjects(const BuildInput& input);
  TcpObjects(const TcpObjects&) = delete;
  TcpObjects& operator=(const TcpObjects&) = delete;

  // Sorted by name.
  std::span<const RuntimeTcpRouter> routers() const { return routers_; }
  std::span<const RuntimeTcpService> services() const { return services_; }
  std::span<const RuntimeTcpMiddleware> middlewares() const { return middlewares_; }
  // Null when there is no such object.
  const RuntimeTcpRouter* router(std::string_view name) const;
  const RuntimeTcpService* service(std::string_view name) const;
  const RuntimeTcpMiddleware* middleware(std::string_view name) const;
  /// Which routers name a service. Middlewares have no users here, as in Traefik.
  Usage usage() const;

 private:
  std::shared_ptr<const model::DynamicConfiguration> dynamic_;  // holds what the views point to
  std::vector<TcpRouterState> router_states_;
  std::vector<TcpServiceState> service_states_;
  std::vector<Condition> middleware_conditions_;
  std::vector<RuntimeTcpRouter> routers_;
  std::vector<RuntimeTcpService> services_;
  std::vector<RuntimeTcpMiddleware> middlewares_;
};

/// Those of `input`; `previous` itself (may be null) when neither configuration changed for it. Control thread.
std::shared_ptr<const TcpObjects> build_tcp_objects(const BuildInput& input, const BuildInput* before,
                                                    const std::shared_ptr<const TcpObjects>& previous);

}  // namespace tandem::routing
