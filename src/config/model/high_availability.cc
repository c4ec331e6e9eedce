#include "config/model/high_availability.h"

#include <algorithm>

namespace tandem::model {

std::map<std::string, VrrpInstance> instances_of(const HighAvailability& ha) {
  if (!ha.instances.empty()) return ha.instances;
  VrrpInstance only;
  static_cast<VrrpSettings&>(only) = ha;
  return {{std::string(kOnlyInstance), std::move(only)}};
}

bool weights_count(const HighAvailability& ha, const std::string& instance) {
  return std::ranges::all_of(ha.syncGroups, [&instance](const auto& entry) {
    const SyncGroup& group = entry.second;
    return group.trackingWeight || std::ranges::find(group.instances, instance) == group.instances.end();
  });
}

std::chrono::nanoseconds advert_interval(const VrrpSettings& settings) {
  if (settings.advertInterval) return settings.advertInterval->value;
  return settings.version == 2 ? std::chrono::nanoseconds(std::chrono::seconds(1))
                               : std::chrono::nanoseconds(std::chrono::milliseconds(50));
}

}  // namespace tandem::model
