#pragma once

// ServerProbe: whether a server accepts TCP connections, tried again and again. It stands in for the health checks of
// services (loadBalancer.healthCheck) where somebody must know before a request does; once those are made, their state
// takes its place. Control thread; owned by whoever wants to know.

#include <functional>
#include <optional>

#include "engine/loop/loop.h"
#include "engine/loop/scope.h"
#include "protocol/client/target.h"

namespace tandem::service {

/// How often servers are tried; shared by all probes of an owner, who may change it.
struct ProbePace {
  loop::Nanoseconds period = std::chrono::seconds(1);   ///< between two tries of one server, a tenth more or less
  loop::Nanoseconds timeout = std::chrono::seconds(1);  ///< of one try, with the look-up of the name
};

class ServerProbe {
 public:
  /// `pace` outlives it. `changed` is called whenever lives() has changed; it must not destroy the probe.
  ServerProbe(client::Target target, const ProbePace& pace, std::function<void()> changed);
  ServerProbe(const ServerProbe&) = delete;
  ServerProbe& operator=(const ServerProbe&) = delete;

  /// Begins to try.
  void start();
  /// Nothing before the first try has ended. A server that lived is dead after two failures in a row: one may be a lost
  /// packet.
  std::optional<bool> lives() const { return lives_; }

 private:
  loop::Task<void> try_regularly();
  loop::Task<bool> connects() const;
  void note(bool connected);

  const client::Target target_;
  const ProbePace& pace_;
  const std::function<void()> changed_;
  std::optional<bool> lives_;
  int failures_ = 0;  // in a row
  loop::Scope tasks_;
};

}  // namespace tandem::service
