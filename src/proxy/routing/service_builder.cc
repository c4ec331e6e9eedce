#include "proxy/routing/service_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/observe/metrics.h"
#include "proxy/routing/names.h"
#include "proxy/routing/traced_handler.h"
#include "proxy/service/load_balancer.h"
#include "proxy/service/weighted.h"

namespace tandem::routing {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::string_view kInternalSuffix = "@internal";

/// noop@internal: for routers whose middlewares answer.
class Noop final : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request, http::Exchange& exchange) const override {
    return http::ready(http::empty_response(418, exchange.arena));
  }
};

std::vector<std::string_view> kinds_of(const model::HttpService& config) {
  std::vector<std::string_view> kinds;
  if (config.loadBalancer) kinds.emplace_back("loadBalancer");
  if (config.highestRandomWeight) kinds.emplace_back("highestRandomWeight");
  if (config.weighted) kinds.emplace_back("weighted");
  if (config.mirroring) kinds.emplace_back("mirroring");
  if (config.failover) kinds.emplace_back("failover");
  return kinds;
}

/// Where the requests to a service are counted.
observe::ServiceMetrics measured_service(const BuildInput& input, std::string_view name) {
  if (input.metrics == nullptr || !input.metrics->options().services) return {};
  return {.metrics = input.metrics, .id = input.metrics->ids().get(observe::MetricScope::kService, name)};
}

}  // namespace

std::size_t ServiceBuilder::position(std::string_view qualified_name) const {
  const auto found = std::ranges::lower_bound(slots_, qualified_name, {}, &Slot::name);
  const bool exists = found != slots_.end() && found->name == qualified_name;
  return exists ? static_cast<std::size_t>(found - slots_.begin()) : slots_.size();
}

bool ServiceBuilder::exists(std::string_view qualified_name) const {
  return qualified_name.ends_with(kInternalSuffix) || position(qualified_name) != slots_.size();
}

ServiceBuilder::Slot* ServiceBuilder::find(std::string_view qualified_name) {
  const std::size_t at = position(qualified_name);
  return at == slots_.size() ? nullptr : &slots_[at];
}

void ServiceBuilder::keep(std::size_t position) {
  if (position == slots_.size()) return;
  Slot& slot = slots_[position];
  if (slot.built || !slot.reusable) return;
  slot.built = slot.reusable;
  for (const std::string& child : slot.built->services) keep(this->position(child));
}

Result<http::HandlerPtr> ServiceBuilder::get(std::string_view reference, std::string_view owner) {
  const std::string name = qualified_reference(reference, owner);
  Slot* const slot = find(name);
  if (std::ranges::find(path_, name) != path_.end()) {
    std::string text = recursion_error("service", path_, name);
    if (slot != nullptr && slot->built) slot->built->state.condition.add_error(text, true);
    return Error(ErrorKind::kInvalid, std::move(text));
  }
  if (path_.size() >= kMaxNesting) return Error(ErrorKind::kLimit, "services refer to each other too deeply");
  if (std::string_view(name).ends_with(kInternalSuffix)) return internal(name);
  if (slot == nullptr) return Error(ErrorKind::kNotFound, fmt::format("the service \"{}\" does not exist", name));
  if (!slot->built) keep(static_cast<std::size_t>(slot - slots_.data()));
  if (!slot->built) return build(*slot);
  const ServiceState& state = slot->built->state;
  if (state.condition.status == Status::kDisabled) {
    return Error(ErrorKind::kInvalid, fmt::format("{}", fmt::join(state.condition.errors, ", ")));
  }
  return state.handler;
}

Result<http::HandlerPtr> ServiceBuilder::internal(std::string_view qualified_name) const {
  const std::string_view name = qualified_name.substr(0, qualified_name.size() - kInternalSuffix.size());
  const auto given = input_.internal_services.find(name);
  if (given != input_.internal_services.end() && given->second) return given->second;
  static const http::HandlerPtr noop = std::make_shared<const Noop>();
  if (name == "noop") return noop;
  constexpr std::array<std::string_view, 5> kKnown{"api", "dashboard", "ping", "prometheus", "rest"};
  if (std::ranges::find(kKnown, name) != kKnown.end()) {
    return Error(ErrorKind::kNotFound, fmt::format("{} is not enabled", name));
  }
  if (name == "acme-http") return Error(ErrorKind::kNotFound, "HTTP challenge is not enabled");
  return Error(ErrorKind::kNotFound, fmt::format("unknown internal service {}", qualified_name));
}

Result<http::HandlerPtr> ServiceBuilder::build(Slot& slot) {
  slot.built = std::make_shared<BuiltService>();
  const BuiltServicePtr built = slot.built;
  path_.emplace_back(slot.name);
  auto handler = build_kind(slot, *built);
  path_.pop_back();
  if (handler) *handler = traced(input_.spans, observe::SpanKind::kService, slot.name, std::move(*handler));
  if (handler && !slot.config->middlewares.empty()) {
    ChainBuilder chain(input_.dynamic->http, built->chain, input_.spans);
    handler = chain.wrap(slot.config->middlewares, slot.name, std::move(*handler));
  }
  if (handler) {
    built->state.handler = *handler;
  } else {
    built->state.condition.add_error(handler.error().text(), true);
  }
  return handler;
}

Result<http::HandlerPtr> ServiceBuilder::build_kind(const Slot& slot, BuiltService& into) {
  const std::vector<std::string_view> kinds = kinds_of(*slot.config);
  if (kinds.empty()) {
    return Error(ErrorKind::kInvalid, fmt::format("the service \"{}\" does not have any type defined", slot.name));
  }
  if (kinds.size() > 1) {
    return Error(ErrorKind::kInvalid, std::string(kSeveralKinds));
  }
  if (slot.config->loadBalancer) return build_load_balancer(slot, into);
  if (slot.config->weighted) return build_weighted(slot, into);
  return Error(ErrorKind::kUnsupported,
               fmt::format("the service \"{}\" is of type {}, which is not built yet", slot.name, kinds.front()));
}

Result<http::HandlerPtr> ServiceBuilder::build_load_balancer(const Slot& slot, BuiltService& into) {
  const model::LoadBalancer& options = *slot.config->loadBalancer;
  into.transport = options.serversTransport.empty() ? std::string(kDefaultTransport)
                                                    : qualified_reference(options.serversTransport, slot.name);
  const auto transport = transports_.find(into.transport);
  if (transport == transports_.end() && !options.servers.empty()) {
    return Error(
        ErrorKind::kNotFound,
        fmt::format("error building proxy for server URL {}: getting RoundTripper: servers transport not found {}",
                    options.servers.front().url, into.transport));
  }
  const auto& chosen = transport != transports_.end() ? transport->second : transports_.find(kDefaultTransport)->second;
  const observe::ServiceMetrics measured = measured_service(input_, slot.name);
  auto balancer =
      service::build_load_balancer(options, slot.name, [&chosen, &measured](const forward::ServerOptions& server) {
        forward::ServerOptions with_place = server;
        with_place.measured = measured;
        return forward::make_forwarder(with_place, chosen);
      });
  if (!balancer) return balancer.error();
  into.state.server_status = std::move(balancer->server_status);
  return std::move(balancer->handler);
}

Result<http::HandlerPtr> ServiceBuilder::build_weighted(const Slot& slot, BuiltService& into) {
  std::vector<service::WeightedHandler> children;
  for (const model::WeightedChild& child : slot.config->weighted->services) {
    into.services.push_back(qualified_reference(child.name, slot.name));
    auto handler = get(child.name, slot.name);
    if (!handler) {
      return Error(ErrorKind::kInvalid,
                   fmt::format("building HTTP service \"{}\": {}", child.name, handler.error().text()));
    }
    children.push_back({.handler = std::move(*handler), .weight = child.weight.value_or(1)});
  }
  return service::build_weighted(*slot.config->weighted, std::move(children));
}

}  // namespace tandem::routing
