#pragma once

// ServiceBuilder: the services of one configuration, built when a router first asks for them. Lives while a snapshot is
// built; control thread. What it built is immutable, shared by all cores and used again by later snapshots.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proxy/routing/chain_builder.h"
#include "proxy/routing/changes.h"
#include "proxy/routing/snapshot.h"
#include "proxy/routing/transports.h"

namespace tandem::routing {

/// A service that some router uses.
struct BuiltService {
  ServiceState state;
  std::vector<std::string> services;  ///< qualified names of services it refers to
  std::string transport;              ///< qualified name; empty for services without servers
  ChainTrace chain;                   ///< its middlewares
};
using BuiltServicePtr = std::shared_ptr<BuiltService>;

class ServiceBuilder {
 public:
  struct Slot {
    std::string_view name;
    const model::HttpService* config;
    BuiltServicePtr built;     ///< null until a router uses it
    BuiltServicePtr reusable;  ///< of the snapshot before, unchanged
  };
  /// Slots are sorted by name. `transports` and `input` outlive the builder.
  ServiceBuilder(const BuildInput& input, const Transports& transports, std::vector<Slot> slots)
      : input_(input), transports_(transports), slots_(std::move(slots)) {}

  /// The handler of a service as `owner` refers to it.
  base::Result<http::HandlerPtr> get(std::string_view reference, std::string_view owner);
  /// A router of the snapshot before is used again: so are its service, which is at `position`, and those it reaches.
  void keep(std::size_t position);
  /// Position of a service; slots().size() when there is none.
  std::size_t position(std::string_view qualified_name) const;
  /// Whether there is such a service, good or not; those of the provider `internal` count.
  bool exists(std::string_view qualified_name) const;
  std::vector<Slot>& slots() { return slots_; }

 private:
  base::Result<http::HandlerPtr> internal(std::string_view qualified_name) const;
  base::Result<http::HandlerPtr> build(Slot& slot);
  base::Result<http::HandlerPtr> build_kind(const Slot& slot, BuiltService& into);
  base::Result<http::HandlerPtr> build_load_balancer(const Slot& slot, BuiltService& into);
  base::Result<http::HandlerPtr> build_weighted(const Slot& slot, BuiltService& into);
  Slot* find(std::string_view qualified_name);

  const BuildInput& input_;
  const Transports& transports_;
  std::vector<Slot> slots_;
  std::vector<std::string> path_;  // services being built, outermost first
};

}  // namespace tandem::routing
