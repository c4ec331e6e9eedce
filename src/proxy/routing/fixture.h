#pragma once

// For tests of this folder: configurations in a few words. One thread.

#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/match/fixture.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// A configuration of the provider `file` on the entry points web and websecure, whose services a, b, c, d are `Named`.
class Configured {
 public:
  Configured() {
    configuration_.entryPoints["web"].address = ":80";
    configuration_.entryPoints["websecure"].address = ":443";
    configuration_.entryPoints["udp"].address = ":53/udp";
    dynamic.tls.options["default"];
    for (const char* name : {"a", "b", "c", "d"}) internal[name] = std::make_shared<const match::Named>(name);
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
    match::Asked asked(host, path, method);
    return match::answer(snapshot_->handler("web", Security::kCleartext), asked);
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
