#include "proxy/routing/tcp_objects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/result.h"
#include "config/rule/errors.h"
#include "proxy/handshake/tls_options.h"
#include "proxy/routing/chain_builder.h"
#include "proxy/routing/listening.h"
#include "proxy/routing/names.h"

namespace tandem::routing {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::string_view kDefaultTransport = "default@internal";

Error refused(std::string message) { return {ErrorKind::kInvalid, std::move(message)}; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Looks at what routers reach: services by reference, in depth, each once.
class Builder {
 public:
  Builder(const BuildInput& input, std::span<const RuntimeTcpService> services, std::vector<TcpServiceState>& states,
          std::span<const RuntimeTcpMiddleware> middlewares, std::vector<Condition>& conditions)
      : input_(input), services_(services), states_(states), middlewares_(middlewares), conditions_(conditions) {
    entry_points_ = entry_points_of(*input.static_configuration, model::EntryPointProtocol::kTcp);
  }

  void build(const RuntimeTcpRouter& router, TcpRouterState& into) {
    const model::TcpRouter& config = *router.config;
    into.entry_points = listening_on(config.entryPoints, entry_points_, into.condition);
    if (!config.service.empty()) into.service = qualified_reference(config.service, router.name);
    for (const std::string& name : config.middlewares) {
      into.middlewares.push_back(qualified_reference(name, router.name));
    }
    if (into.entry_points.empty()) return;
    match::TcpRuleReading reading = match::read_tcp_rule(config.rule, rule::syntax_named(config.ruleSyntax));
    into.priority = config.priority != 0 ? config.priority : reading.priority;
    check(router, reading, into);
    if (into.condition.status != Status::kDisabled) into.rule = std::move(*reading.rule);
  }

 private:
  /// Adds what is wrong with a router that listens somewhere.
  void check(const RuntimeTcpRouter& router, const match::TcpRuleReading& reading, TcpRouterState& into) {
    const model::TcpRouter& config = *router.config;
    const auto fail = [&into](const std::string& text) { into.condition.add_error(text, true); };
    if (config.service.empty()) return fail("the service is missing on the router");
    if (config.rule.empty()) return fail("router has no rule");
    if (!reading.rule && reading.rule.error().text().starts_with("invalid rule: ")) {
      return fail(reading.rule.error().text());
    }
    for (const std::string& domain : reading.domains) {
      if (!is_ascii(domain)) fail(rule::domain_not_ascii_error(domain));
    }
    if (into.priority > kMaxUserPriority) {
      return fail(fmt::format("the router priority {} exceeds the max user-defined priority {}", into.priority,
                              kMaxUserPriority));
    }
    if (!config.tls && !reading.domains.empty() && reading.domains.front() != "*") {
      return fail(rule::tcp_host_without_tls_error(config.rule));
    }
    if (const std::string options = unknown_tls_options(router); !options.empty()) {
      return fail(fmt::format("unknown TLS options: {}", options));
    }
    if (const Result<void> service = reach(config.service, router.name); !service) return fail(service.error().text());
    if (const Result<void> chain = check_chain(into.middlewares); !chain) return fail(chain.error().text());
    if (!reading.rule) fail(reading.rule.error().text());
  }

  std::string unknown_tls_options(const RuntimeTcpRouter& router) const {
    if (!router.config->tls || router.config->tls->passthrough.value_or(false)) return {};
    const std::string& options = router.config->tls->options;
    if (options.empty() || options == handshake::kDefaultTlsOptions) return {};
    std::string name = qualified_reference(options, router.name);
    return input_.dynamic->tls.options.contains(name) ? std::string() : name;
  }

  /// Middlewares are built from the last to the first: the last that is wrong is told.
  Result<void> check_chain(const std::vector<std::string>& names) {
    for (const std::string& name : std::views::reverse(names)) {
      const RuntimeTcpMiddleware* middleware = find_named(middlewares_, name);
      if (middleware == nullptr) return refused(fmt::format("middleware \"{}\" does not exist", name));
      const Result<void> checked = check_middleware(*middleware);
      if (checked) continue;
      conditions_[static_cast<std::size_t>(middleware - middlewares_.data())].add_error(checked.error().text(), true);
      return checked.error();
    }
    return {};
  }

  static Result<void> check_middleware(const RuntimeTcpMiddleware& middleware) {
    const model::TcpMiddleware& config = *middleware.config;
    if (config.ipAllowList) return check_ranges(config.ipAllowList->sourceRange, "IPAllowLister");
    if (config.ipWhiteList) return check_ranges(config.ipWhiteList->sourceRange, "IPWhiteLister");
    if (config.inFlightConn) return {};
    return refused(
        fmt::format("invalid middleware \"{}\" configuration: invalid middleware type or middleware does not exist",
                    middleware.name));
  }

  static Result<void> check_ranges(const std::vector<std::string>& ranges, std::string_view what) {
    if (ranges.empty()) return refused(fmt::format("sourceRange is empty, {} not created", what));
    for (const std::string& range : ranges) {
      if (net::IpPrefix::parse(range)) continue;
      return refused(fmt::format("cannot parse CIDRs [{}]: parsing CIDR trusted IPs <nil>: invalid CIDR address: {}",
                                 fmt::join(ranges, " "), range));
    }
    return {};
  }

  Result<void> reach(std::string_view reference, std::string_view owner) {
    const std::string name = qualified_reference(reference, owner);
    const RuntimeTcpService* service = find_named(services_, name);
    if (service == nullptr) return refused(fmt::format("the service \"{}\" does not exist", name));
    TcpServiceState& state = states_[static_cast<std::size_t>(service - services_.data())];
    state.used = true;
    if (std::ranges::find(path_, name) != path_.end()) return refused(recursion_error("service", path_, name));
    if (path_.size() >= kMaxNesting) return refused("services refer to each other too deeply");
    const model::TcpService& config = *service->config;
    if (config.loadBalancer && config.weighted) {
      state.condition.add_error(kSeveralKinds, true);
      return refused(state.condition.errors.front());
    }
    if (config.loadBalancer) return check_servers(*service, state);
    if (config.weighted) {
      path_.push_back(name);
      Result<void> result = check_children(*service, reference);
      path_.pop_back();
      return result;
    }
    state.condition.add_error(fmt::format("the service \"{}\" does not have any type defined", name), true);
    return refused(state.condition.errors.front());
  }

  Result<void> check_children(const RuntimeTcpService& service, std::string_view reference) {
    const model::TcpWeighted& weighted = *service.config->weighted;
    for (const model::TcpWeightedChild& child : weighted.services) {
      if (Result<void> result = reach(child.name, service.name); !result) return result;
      if (!weighted.healthCheck) continue;
      const RuntimeTcpService* known = find_named(services_, qualified_reference(child.name, service.name));
      const model::TcpService& config = *known->config;
      const bool reports =
          config.loadBalancer ? config.loadBalancer->healthCheck.has_value() : config.weighted->healthCheck.has_value();
      if (reports) continue;
      return refused(fmt::format(
          "cannot register {} as updater for {}: healthCheck not enabled in config for this weighted service",
          child.name, reference));
    }
    return {};
  }

  Result<void> check_servers(const RuntimeTcpService& service, TcpServiceState& state) const {
    const model::TcpLoadBalancer& balancer = *service.config->loadBalancer;
    const std::string transport = balancer.serversTransport.empty()
                                      ? std::string(kDefaultTransport)
                                      : qualified_reference(balancer.serversTransport, service.name);
    for (const model::TcpServer& server : balancer.servers) {
      if (!has_port(server.address)) continue;  // left out, as in Traefik
      const auto& transports = input_.dynamic->tcp.serversTransports;
      const auto found = transports.find(transport);
      if (found == transports.end()) {
        return refused(fmt::format("no transport configuration found for {}", rule::quoted(transport)));
      }
      const auto& protocol = balancer.proxyProtocol ? balancer.proxyProtocol : found->second.proxyProtocol;
      if (protocol && protocol->version != 1 && protocol->version != 2) {
        return refused(fmt::format("unknown proxyProtocol version: {}", protocol->version));
      }
      state.server_status[server.address] = "UP";
    }
    return {};
  }

  const BuildInput& input_;
  std::span<const RuntimeTcpService> services_;
  std::vector<TcpServiceState>& states_;
  std::span<const RuntimeTcpMiddleware> middlewares_;
  std::vector<Condition>& conditions_;
  std::vector<std::string> entry_points_;
  std::vector<std::string> path_;  // services being looked at, outermost first
};

}  // namespace

TcpObjects::TcpObjects(const BuildInput& input) : dynamic_(input.dynamic) {
  const model::TcpConfiguration& tcp = dynamic_->tcp;
  router_states_.resize(tcp.routers.size());
  service_states_.resize(tcp.services.size());
  middleware_conditions_.resize(tcp.middlewares.size());
  for (const auto& [name, config] : tcp.services) {
    services_.push_back({.name = name, .config = &config, .state = &service_states_[services_.size()]});
  }
  for (const auto& [name, config] : tcp.middlewares) {
    middlewares_.push_back(
        {.name = name, .config = &config, .condition = &middleware_conditions_[middlewares_.size()]});
  }
  Builder builder(input, services_, service_states_, middlewares_, middleware_conditions_);
  for (const auto& [name, config] : tcp.routers) {
    TcpRouterState& state = router_states_[routers_.size()];
    routers_.push_back({.name = name, .config = &config, .state = &state});
    builder.build(routers_.back(), state);
  }
}

const RuntimeTcpRouter* TcpObjects::router(std::string_view name) const { return find_named(routers(), name); }
const RuntimeTcpService* TcpObjects::service(std::string_view name) const { return find_named(services(), name); }
const RuntimeTcpMiddleware* TcpObjects::middleware(std::string_view name) const {
  return find_named(middlewares(), name);
}

Usage TcpObjects::usage() const {
  Usage usage;
  for (const RuntimeTcpRouter& router : routers_) {
    if (service(router.state->service) != nullptr) usage.services[router.state->service].push_back(router.name);
  }
  return usage;
}

std::shared_ptr<const TcpObjects> build_tcp_objects(const BuildInput& input, const BuildInput* before,
                                                    const std::shared_ptr<const TcpObjects>& previous) {
  const bool same =
      before != nullptr && previous != nullptr && before->static_configuration == input.static_configuration &&
      before->dynamic->tcp == input.dynamic->tcp && before->dynamic->tls.options == input.dynamic->tls.options;
  return same ? previous : std::make_shared<const TcpObjects>(input);
}

}  // namespace tandem::routing
