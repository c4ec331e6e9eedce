#include "config/model/high_availability.h"

namespace tandem::model {

std::map<std::string, VrrpInstance> instances_of(const HighAvailability& ha) {
  if (!ha.instances.empty()) return ha.instances;
  VrrpInstance only;
  static_cast<VrrpSettings&>(only) = ha;
  return {{std::string(kOnlyInstance), std::move(only)}};
}

std::chrono::nanoseconds advert_interval(const VrrpSettings& settings) {
  if (settings.advertInterval) return settings.advertInterval->value;
  return settings.version == 2 ? std::chrono::nanoseconds(std::chrono::seconds(1))
                               : std::chrono::nanoseconds(std::chrono::milliseconds(50));
}

}  // namespace tandem::model
