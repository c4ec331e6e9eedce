#pragma once

// Which services of the configuration in force have a living server, for a node of a pair that is only worth something
// while it reaches them (option ha.track.upstreams). Control thread; owned by run().

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/dynamic_configuration.h"
#include "engine/loop/scope.h"
#include "proxy/service/server_probe.h"

namespace tandem::routing {

/// How services are at a moment.
struct UpstreamState {
  std::size_t services = 0;          ///< that are looked at
  std::size_t living = 0;            ///< of them with a living server
  std::vector<std::string> dead;     ///< names of those without one
  std::vector<std::string> missing;  ///< names that no service has; they count as services, but not as living
  bool operator==(const UpstreamState&) const = default;
};

/// Whether the server with this URL lives; nothing while that is not known.
using ServerLives = std::function<std::optional<bool>(const std::string& url)>;

/// The state of `services` (`name@provider`); of all that have servers when there are none. A service that consists of
/// others lives when one of those lives that may answer. Nothing while a server is unknown that decides.
std::optional<UpstreamState> upstream_state(const model::HttpConfiguration& http,
                                            const std::vector<std::string>& services, const ServerLives& lives);

/// The URLs of the servers that upstream_state() asks for.
std::vector<std::string> servers_behind(const model::HttpConfiguration& http, const std::vector<std::string>& services);

/// Tries the servers and tells how the services are.
class UpstreamWatch {
 public:
  using Tell = std::function<void(const UpstreamState&)>;
  /// `tell` gets the first state, every change, and the state now and then, for a listener that is new.
  UpstreamWatch(std::vector<std::string> services, Tell tell);
  UpstreamWatch(const UpstreamWatch&) = delete;
  UpstreamWatch& operator=(const UpstreamWatch&) = delete;

  /// Names in it are qualified. Servers that both it and the one before have stay known.
  void follow(std::shared_ptr<const model::DynamicConfiguration> configuration);

 private:
  loop::Task<void> tell_regularly();
  loop::Task<void> judge_soon();
  void judge();

  const std::vector<std::string> services_;
  const Tell tell_;
  std::shared_ptr<const model::DynamicConfiguration> configuration_;
  std::optional<UpstreamState> state_;
  bool about_to_judge_ = false;
  service::ProbePace pace_;
  std::map<std::string, std::unique_ptr<service::ServerProbe>> probes_;  // by HOST:PORT
  std::map<std::string, const service::ServerProbe*> by_url_;
  loop::Scope tasks_;
};

}  // namespace tandem::routing
