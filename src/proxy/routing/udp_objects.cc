#include "proxy/routing/udp_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "proxy/routing/chain_builder.h"
#include "proxy/routing/listening.h"
#include "proxy/routing/names.h"

namespace tandem::routing {
namespace {

using base::Result;

base::Error refused(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

/// Looks at what routers reach: services by reference, in depth.
class Builder {
 public:
  Builder(const BuildInput& input, std::span<const RuntimeUdpService> services, std::vector<UdpServiceState>& states)
      : services_(services),
        states_(states),
        entry_points_(entry_points_of(*input.static_configuration, model::EntryPointProtocol::kUdp)) {}

  void build(const RuntimeUdpRouter& router, UdpRouterState& into) {
    const model::UdpRouter& config = *router.config;
    const auto& wanted = config.entryPoints.empty() ? entry_points_ : config.entryPoints;
    into.entry_points = listening_on(wanted, entry_points_, into.condition);
    if (!config.service.empty()) into.service = qualified_reference(config.service, router.name);
    if (into.entry_points.empty()) return;
    if (config.service.empty()) {
      into.condition.add_error("the service is missing on the udp router", true);
      return;
    }
    const Result<void> service = reach(config.service, router.name);
    if (!service) into.condition.add_error(service.error().text(), true);
  }

 private:
  Result<void> reach(std::string_view reference, std::string_view owner) {
    const std::string name = qualified_reference(reference, owner);
    const RuntimeUdpService* service = find_named(services_, name);
    if (service == nullptr) return refused(fmt::format("the UDP service \"{}\" does not exist", name));
    UdpServiceState& state = states_[static_cast<std::size_t>(service - services_.data())];
    state.used = true;
    if (std::ranges::find(path_, name) != path_.end()) return refused(recursion_error("service", path_, name));
    if (path_.size() >= kMaxNesting) return refused("services refer to each other too deeply");
    const model::UdpService& config = *service->config;
    if (config.loadBalancer && config.weighted) {
      state.condition.add_error(kSeveralKinds, true);
      return refused(state.condition.errors.front());
    }
    if (config.loadBalancer) return {};
    if (!config.weighted) {
      state.condition.add_error(fmt::format("the UDP service \"{}\" does not have any type defined", name), true);
      return refused(state.condition.errors.front());
    }
    path_.push_back(name);
    Result<void> result;
    for (const model::UdpWeightedChild& child : config.weighted->services) {
      result = reach(child.name, name);
      if (!result) break;
    }
    path_.pop_back();
    return result;
  }

  std::span<const RuntimeUdpService> services_;
  std::vector<UdpServiceState>& states_;
  std::vector<std::string> entry_points_;
  std::vector<std::string> path_;  // services being looked at, outermost first
};

}  // namespace

UdpObjects::UdpObjects(const BuildInput& input) : dynamic_(input.dynamic) {
  const model::UdpConfiguration& udp = dynamic_->udp;
  router_states_.resize(udp.routers.size());
  service_states_.resize(udp.services.size());
  for (const auto& [name, config] : udp.services) {
    services_.push_back({.name = name, .config = &config, .state = &service_states_[services_.size()]});
  }
  Builder builder(input, services_, service_states_);
  for (const auto& [name, config] : udp.routers) {
    UdpRouterState& state = router_states_[routers_.size()];
    routers_.push_back({.name = name, .config = &config, .state = &state});
    builder.build(routers_.back(), state);
  }
}

const RuntimeUdpRouter* UdpObjects::router(std::string_view name) const { return find_named(routers(), name); }
const RuntimeUdpService* UdpObjects::service(std::string_view name) const { return find_named(services(), name); }

Usage UdpObjects::usage() const {
  Usage usage;
  for (const RuntimeUdpRouter& router : routers_) {
    if (service(router.state->service) != nullptr) usage.services[router.state->service].push_back(router.name);
  }
  return usage;
}

std::shared_ptr<const UdpObjects> build_udp_objects(const BuildInput& input, const BuildInput* before,
                                                    const std::shared_ptr<const UdpObjects>& previous) {
  const bool same = before != nullptr && previous != nullptr &&
                    before->static_configuration == input.static_configuration &&
                    before->dynamic->udp == input.dynamic->udp;
  return same ? previous : std::make_shared<const UdpObjects>(input);
}

}  // namespace tandem::routing
