#include "engine/observe/metrics_ids.h"

namespace tandem::observe {

MetricIds::MetricIds() : by_id_{nullptr} {
  dropped_.next()->store(true, std::memory_order_relaxed);  // number 0 is nobody's
  dropped_.publish();
}

MetricId MetricIds::get(MetricScope scope, std::string_view name, std::string_view service) {
  Key key{.scope = scope, .name = std::string(name), .service = std::string(service)};
  const auto [at, added] = named_.try_emplace(std::move(key));
  Named& named = at->second;
  if (added) {
    named.id = static_cast<MetricId>(by_id_.size());
    named.scope = scope;
    named.name = name;
    named.service = service;
    by_id_.push_back(&named);
    dropped_.next()->store(false, std::memory_order_relaxed);
    dropped_.publish();
  }
  return named.id;
}

void MetricIds::retire_unless(const std::function<bool(const Named&)>& alive) {
  for (auto& [key, named] : named_) named.retired = !alive(named);
}

void MetricIds::drop_retired() {
  for (auto at = named_.begin(); at != named_.end();) {
    if (!at->second.retired) {
      ++at;
      continue;
    }
    by_id_[at->second.id] = nullptr;
    dropped_.at(at->second.id)->store(true, std::memory_order_relaxed);
    at = named_.erase(at);
  }
}

std::vector<const MetricIds::Named*> MetricIds::all() const {
  std::vector<const Named*> result;
  result.reserve(named_.size());
  for (const auto& [key, named] : named_) result.push_back(&named);
  return result;
}

const MetricIds::Named* MetricIds::find(MetricId id) const { return id < by_id_.size() ? by_id_[id] : nullptr; }

}  // namespace tandem::observe
