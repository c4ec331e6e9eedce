#pragma once

// For tests of this folder: requests without a connection, handlers that say who they are, configurations in a few
// words. One thread.

#include <gtest/gtest.h>

#include <coroutine>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/routing/predicate.h"
#include "proxy/routing/routing_path.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// One request with its exchange.
class Asked {
 public:
  explicit Asked(std::string_view host, std::string_view path, std::string_view method = "GET",
                 std::string_view peer = "127.0.0.1")
      : connection_(connection_from(peer)), exchange(connection_, nullptr) {
    request.method = exchange.arena.copy(method);
    request.headers = http::Headers(exchange.arena);
    const std::size_t question = path.find('?');
    request.path = exchange.arena.copy(path.substr(0, question));
    request.has_query = question != std::string_view::npos;
    if (request.has_query) request.query = exchange.arena.copy(path.substr(question + 1));
    exchange.canonical_host = exchange.arena.copy(host);
    exchange.routing_path = routing_path(request.path, exchange.arena).value_or("");
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

 private:
  static http::Connection connection_from(std::string_view peer) {
    http::Connection connection;
    if (const auto ip = net::IpAddress::parse(peer)) connection.peer = net::Address(*ip, 4711);
    return connection;
  }
  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  http::Connection connection_;

 public:
  http::Exchange exchange;
  http::Request request;
};

inline bool rule_holds(const Predicate& rule, Asked& asked) {
  MatchInput input(asked.request, asked.exchange);
  return rule.holds(input);
}

/// Answers 200 and leaves its name in the field X-By.
class Named final : public http::Handler {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  loop::Task<http::Response> handle(http::Request, http::Exchange& exchange) const override {
    http::Response response(200, exchange.arena);
    response.headers.add("X-By", name_);
    return http::ready(std::move(response));
  }

 private:
  std::string name_;
};

/// "by" of the handler that answered, or the status.
inline std::string answer(const http::HandlerPtr& handler, Asked& asked) {
  loop::Task<http::Response> task = handler->handle(std::move(asked.request), asked.exchange);
  task.start(std::noop_coroutine());
  if (!task.done()) return "unfinished";
  const http::Response response = task.take();
  const auto by = response.headers.get("X-By");
  return by ? std::string(*by) : std::to_string(response.status);
}

/// A configuration of the provider `file` on the entry points web and websecure, whose services a, b, c, d are `Named`.
class Configured {
 public:
  Configured() {
    configuration_.entryPoints["web"].address = ":80";
    configuration_.entryPoints["websecure"].address = ":443";
    configuration_.entryPoints["udp"].address = ":53/udp";
    dynamic.tls.options["default"];
    for (const char* name : {"a", "b", "c", "d"}) internal[name] = std::make_shared<const Named>(name);
  }

  model::HttpRouter& router(const std::string& name, std::string_view rule, std::string_view service = "a@internal") {
    model::HttpRouter& router = dynamic.http.routers[name + "@file"];
    router.rule = rule;
    router.service = service;
    router.entryPoints = {"web", "websecure"};
    return router;
  }
  model::HttpRouter& child(const std::string& name, std::string_view rule, std::string_view service,
                           const std::vector<std::string>& parents) {
    model::HttpRouter& child = router(name, rule, service);
    child.entryPoints.clear();
    for (const std::string& parent : parents) child.parentRefs.push_back(parent + "@file");
    return child;
  }
  model::HttpService& service(const std::string& name) { return dynamic.http.services[name + "@file"]; }
  model::LoadBalancer& load_balancer(const std::string& name, std::string_view url) {
    model::LoadBalancer& balancer = service(name).loadBalancer.emplace();
    balancer.servers.emplace_back().url = url;
    return balancer;
  }
  model::HttpMiddleware& middleware(const std::string& name) { return dynamic.http.middlewares[name + "@file"]; }

  /// The next snapshot, from the one before.
  const Snapshot& build() {
    if (!static_) static_ = std::make_shared<const model::StaticConfiguration>(configuration_);
    const BuildInput input{.static_configuration = static_,
                           .dynamic = std::make_shared<const model::DynamicConfiguration>(dynamic),
                           .internal_services = internal,
                           .spans = spans};
    const std::clock_t start = std::clock();
    snapshot_ = build_snapshot(input, snapshot_);
    milliseconds_ = static_cast<double>(std::clock() - start) * 1000 / CLOCKS_PER_SEC;
    return *snapshot_;
  }
  std::string ask(std::string_view host, std::string_view path, std::string_view method = "GET") {
    Asked asked(host, path, method);
    return answer(snapshot_->handler("web", Security::kCleartext), asked);
  }
  std::vector<std::string> errors(const std::string& name) const {
    return snapshot_->router(name + "@file")->state->condition.errors;
  }
  Status status(const std::string& name) const { return snapshot_->router(name + "@file")->state->condition.status; }
  std::int64_t priority(const std::string& name) const { return snapshot_->router(name + "@file")->state->priority; }
  model::StaticConfiguration& static_configuration() { return configuration_; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  /// CPU time of the last build, with dropping the snapshot before.
  double milliseconds() const { return milliseconds_; }

  model::DynamicConfiguration dynamic;
  std::map<std::string, http::HandlerPtr, std::less<>> internal;
  observe::SpanHook* spans = nullptr;

 private:
  model::StaticConfiguration configuration_;
  std::shared_ptr<const model::StaticConfiguration> static_;
  std::shared_ptr<const Snapshot> snapshot_;
  double milliseconds_ = 0;
};

}  // namespace tandem::routing
