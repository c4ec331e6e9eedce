#include "proxy/routing/upstreams.h"

#include <algorithm>
#include <set>

#include "proxy/routing/names.h"

namespace tandem::routing {
namespace {

/// Walks from services to their servers.
class Walk {
 public:
  Walk(const model::HttpConfiguration& http, const ServerLives& lives) : http_(http), lives_(lives) {}

  std::optional<bool> service_lives(std::string_view name, std::size_t depth = 0) {
    const auto found = http_.services.find(name);
    if (found == http_.services.end() || depth > kMaxNesting) return false;
    const model::HttpService& service = found->second;
    if (service.loadBalancer) return any_server_lives(*service.loadBalancer);
    std::optional<bool> any = false;
    for (const std::string& child : children_of(service)) {
      const std::optional<bool> lives = service_lives(qualified_reference(child, name), depth + 1);
      if (lives == true) return true;
      if (!lives) any = std::nullopt;
    }
    return any;
  }

 private:
  std::optional<bool> any_server_lives(const model::LoadBalancer& balancer) const {
    std::optional<bool> any = false;
    for (const model::HttpServer& server : balancer.servers) {
      if (server.weight.value_or(1) <= 0) continue;
      const std::optional<bool> lives = lives_(server.url);
      if (lives == true) return true;
      if (!lives) any = std::nullopt;
    }
    return any;
  }

  /// Those that may answer: what mirrors say nobody sees.
  static std::vector<std::string> children_of(const model::HttpService& service) {
    std::vector<std::string> names;
    const auto add = [&names](const std::vector<model::WeightedChild>& children) {
      for (const model::WeightedChild& child : children) {
        if (child.weight.value_or(1) > 0) names.push_back(child.name);
      }
    };
    if (service.weighted) add(service.weighted->services);
    if (service.highestRandomWeight) add(service.highestRandomWeight->services);
    if (service.mirroring) names.push_back(service.mirroring->service);
    if (service.failover) names.insert(names.end(), {service.failover->service, service.failover->fallback});
    return names;
  }

  const model::HttpConfiguration& http_;
  const ServerLives& lives_;
};

std::vector<std::string> all_with_servers(const model::HttpConfiguration& http) {
  std::vector<std::string> names;
  for (const auto& [name, service] : http.services) {
    if (service.loadBalancer && !service.loadBalancer->servers.empty()) names.push_back(name);
  }
  return names;
}

}  // namespace

std::optional<UpstreamState> upstream_state(const model::HttpConfiguration& http,
                                            const std::vector<std::string>& services, const ServerLives& lives) {
  UpstreamState state;
  Walk walk(http, lives);
  for (const std::string& name : services.empty() ? all_with_servers(http) : services) {
    ++state.services;
    if (http.services.find(name) == http.services.end()) {
      state.missing.push_back(name);
      continue;
    }
    const std::optional<bool> living = walk.service_lives(name);
    if (!living) return std::nullopt;
    if (*living)
      ++state.living;
    else
      state.dead.push_back(name);
  }
  return state;
}

std::vector<std::string> servers_behind(const model::HttpConfiguration& http,
                                        const std::vector<std::string>& services) {
  std::set<std::string> urls;
  const ServerLives note = [&urls](const std::string& url) {
    urls.insert(url);
    return std::optional(false);  // so that the walk goes on to the next one
  };
  (void)upstream_state(http, services, note);
  return {urls.begin(), urls.end()};
}

UpstreamWatch::UpstreamWatch(std::vector<std::string> services, Tell tell)
    : services_(std::move(services)), tell_(std::move(tell)) {
  tasks_.spawn(tell_regularly());
}

void UpstreamWatch::follow(std::shared_ptr<const model::DynamicConfiguration> configuration) {
  configuration_ = std::move(configuration);
  by_url_.clear();
  auto before = std::exchange(probes_, {});
  std::vector<service::ServerProbe*> fresh;
  for (const std::string& url : servers_behind(configuration_->http, services_)) {
    base::Result<client::Target> target = client::Target::parse(url);
    if (!target) continue;  // nobody can connect to it
    std::string place = fmt::format("[{}]:{}", target->host, target->port);
    auto& probe = probes_[place];
    if (probe == nullptr) probe = std::move(before[place]);
    if (probe == nullptr) {
      probe = std::make_unique<service::ServerProbe>(std::move(*target), pace_, [this] { tasks_.spawn(judge_soon()); });
      fresh.push_back(probe.get());
    }
    by_url_[url] = probe.get();
  }
  constexpr auto kLeastGap = std::chrono::milliseconds(1);  // between two tries of any server
  pace_.period = std::max<loop::Nanoseconds>(service::ProbePace().period, probes_.size() * kLeastGap);
  for (service::ServerProbe* probe : fresh) probe->start();
  judge();
}

loop::Task<void> UpstreamWatch::tell_regularly() {
  constexpr auto kAgain = std::chrono::seconds(2);
  for (;;) {
    co_await loop::sleep_for(kAgain);
    if (state_) tell_(*state_);
  }
}

/// Once for all servers that were found to live or not at the same time.
loop::Task<void> UpstreamWatch::judge_soon() {
  constexpr auto kGather = std::chrono::milliseconds(5);
  if (std::exchange(about_to_judge_, true)) co_return;
  co_await loop::sleep_for(kGather);
  about_to_judge_ = false;
  judge();
}

void UpstreamWatch::judge() {
  const ServerLives lives = [this](const std::string& url) {
    const auto found = by_url_.find(url);
    return found == by_url_.end() ? std::optional(false) : found->second->lives();
  };
  std::optional<UpstreamState> now = upstream_state(configuration_->http, services_, lives);
  // While a new server is not known, what was said before holds.
  if (!now || now == state_) return;
  state_ = std::move(now);
  tell_(*state_);
}

}  // namespace tandem::routing
