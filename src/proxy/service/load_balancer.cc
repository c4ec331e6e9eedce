#include "proxy/service/load_balancer.h"

#include <random>
#include <ranges>

#include "proxy/service/no_server.h"
#include "proxy/service/schedule.h"

namespace tandem::service {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

struct Server {
  std::string url;
  http::HandlerPtr forwarder;
  std::int64_t weight;

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const {
    exchange.server_url = url;
    if (request.path.empty()) request.path = "/";  // middlewares may have cut everything
    return forwarder->handle(std::move(request), exchange);
  }
};

/// A service of one server costs nothing: there is nobody to choose from.
class OneServer : public http::Handler {
 public:
  OneServer(std::string_view name, Server server) : name_(name), server_(std::move(server)) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    exchange.service_name = name_;
    return server_.handle(std::move(request), exchange);
  }

 private:
  std::string name_;
  Server server_;
};

std::vector<std::int64_t> weights_of(const std::vector<Server>& servers) {
  std::vector<std::int64_t> weights;
  for (const Server& server : servers) weights.push_back(server.weight);
  return weights;
}

class WeightedRoundRobin : public http::Handler {
 public:
  WeightedRoundRobin(std::string_view name, std::vector<Server> servers)
      : name_(name), servers_(std::move(servers)), schedule_(weights_of(servers_)) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    exchange.service_name = name_;
    return servers_[schedule_.next()].handle(std::move(request), exchange);
  }

 private:
  std::string name_;
  std::vector<Server> servers_;
  Schedule schedule_;
};

/// A service without a server still has a name in logs and metrics.
class Deserted : public NoServer {
 public:
  explicit Deserted(std::string_view name) : name_(name) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    exchange.service_name = name_;
    return NoServer::handle(std::move(request), exchange);
  }

 private:
  std::string name_;
};

Result<void> check_strategy(const std::string& strategy) {
  if (strategy.empty() || strategy == "wrr") return {};
  if (strategy == "p2c" || strategy == "hrw" || strategy == "leasttime") {
    return Error(ErrorKind::kUnsupported, "strategy \"" + strategy + "\" is not built yet");
  }
  return Error(ErrorKind::kInvalid, "unsupported load-balancer strategy \"" + strategy + "\"");
}

}  // namespace

Result<BuiltService> build_load_balancer(const model::LoadBalancer& options, std::string_view qualified_name,
                                         const ForwarderFactory& make) {
  if (auto checked = check_strategy(options.strategy); !checked) return std::move(checked).error();
  BuiltService built;
  std::vector<Server> servers;
  for (const model::HttpServer& server : options.servers) {
    auto forwarder = make({.url = server.url,
                           .pass_host_header = options.passHostHeader.value_or(true),
                           .preserve_path = server.preservePath});
    if (!forwarder) return std::move(forwarder).error();
    built.server_status.emplace(server.url, "UP");
    const std::int64_t weight = server.weight.value_or(1);
    if (weight > 0) servers.push_back({server.url, std::move(*forwarder), weight});
  }
  if (servers.size() > UINT16_MAX) return Error(ErrorKind::kLimit, "more than 65535 servers");
  // Instances of the proxy that start together must not all begin at the same server.
  std::ranges::shuffle(servers, std::minstd_rand(std::random_device{}()));
  if (servers.empty()) {
    built.handler = std::make_shared<Deserted>(qualified_name);
  } else if (servers.size() == 1) {
    built.handler = std::make_shared<OneServer>(qualified_name, std::move(servers.front()));
  } else {
    built.handler = std::make_shared<WeightedRoundRobin>(qualified_name, std::move(servers));
  }
  return built;
}

Result<BuiltService> build_load_balancer(const model::LoadBalancer& options, std::string_view qualified_name,
                                         std::shared_ptr<const client::Transport> transport) {
  return build_load_balancer(options, qualified_name, [&transport](const forward::ServerOptions& server) {
    return forward::make_forwarder(server, transport);
  });
}

}  // namespace tandem::service
