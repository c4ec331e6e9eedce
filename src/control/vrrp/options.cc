#include "control/vrrp/options.h"

#include <chrono>
#include <string>

#include "control/vrrp/packet.h"

namespace tandem::vrrp {

namespace {

using base::Error;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

Error wrong(std::string text) { return {ErrorKind::kInvalid, std::move(text)}; }

}  // namespace

base::Result<void> validate(const Options& options) {
  if (options.vrid == 0) return wrong("virtualRouterID: 1 to 255 are allowed");
  if (options.priority == 0) return wrong("priority: 1 to 255 are allowed");
  if (options.version == Version::kV2) {
    if (options.interval % seconds(1) != Duration::zero() || options.interval < seconds(1) ||
        options.interval > seconds(255)) {
      return wrong("interval: version 2 knows whole seconds, 1 to 255 (version 3 is faster)");
    }
  } else if (options.interval % milliseconds(10) != Duration::zero() || options.interval < milliseconds(10) ||
             options.interval > milliseconds(40950)) {
    return wrong("interval: version 3 knows steps of 10 ms, 10 ms to 40.95 s");
  }
  if (options.down_timer_adverts == 0 || options.down_timer_adverts > 100) {
    return wrong("downTimerAdverts: 1 to 100 are allowed");
  }
  if (options.preempt_delay > Duration::zero() && !options.preempt) {
    return wrong("preemptDelay: has no meaning without preempt");
  }
  if (options.preempt_delay < Duration::zero() || options.preempt_delay > seconds(1000)) {
    return wrong("preemptDelay: 0 to 1000 s are allowed");
  }
  if (options.addresses.size() > kMaxAddresses) return wrong("virtualAddresses: at most 255 fit into one advert");
  if (options.addresses.empty()) return wrong("virtualAddresses: at least one is needed");
  for (const Ip& address : options.addresses) {
    if (address.family != options.family) {
      return wrong("virtualAddresses: one virtual router holds addresses of one family");
    }
  }
  if (options.source.family != options.family) return wrong("the source address is not of the addresses' family");
  return {};
}

}  // namespace tandem::vrrp
