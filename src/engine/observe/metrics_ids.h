#pragma once

// MetricIds: small numbers for the entry points, routers and services that are measured, so that a request carries no
// names. The control thread hands them out when it builds a snapshot and takes back those of removed objects; workers
// only ask which ones are gone. Owned by Metrics.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/observe/metrics_array.h"
#include "engine/observe/metrics_labels.h"

namespace tandem::observe {

enum class MetricScope : std::uint8_t { kEntryPoint, kRouter, kService };

class MetricIds {
 public:
  MetricIds();
  struct Named {
    MetricId id = 0;
    MetricScope scope = MetricScope::kEntryPoint;
    std::string name;
    std::string service;   ///< of a router: the label beside its own
    bool retired = false;  ///< its object is gone; shown once more
  };

  /// Control thread: the number of an object, the same for the same names until it is dropped.
  MetricId get(MetricScope scope, std::string_view name, std::string_view service = {});
  /// Control thread, after a configuration came into force: objects that are not `alive` are shown once more (as
  /// Traefik does), others are no longer considered gone. Asks in the order of scope, name, service.
  void retire_unless(const std::function<bool(const Named&)>& alive);
  /// Control thread: what is retired has been shown; its numbers are over.
  void drop_retired();
  /// Control thread: in the order of scope, name, service.
  std::vector<const Named*> all() const;
  /// Control thread: null for dropped numbers.
  const Named* find(MetricId id) const;

  /// Any thread.
  bool dropped(MetricId id) const { return dropped_.at(id)->load(std::memory_order_relaxed); }

 private:
  struct Key {
    MetricScope scope;
    std::string name;
    std::string service;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, Named> named_;
  std::vector<const Named*> by_id_;
  StableArray<std::atomic<bool>> dropped_;
};

}  // namespace tandem::observe
