#include "proxy/entry/observers.h"

namespace tandem::entry {

void Observers::tell(const http::Exchange& /*exchange*/, const http::Outcome& /*outcome*/) const {}

}  // namespace tandem::entry
