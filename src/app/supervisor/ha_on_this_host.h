#pragma once

// Whether a section `ha` fits the host that the program runs on. Main thread; asks the kernel once per call.

#include "config/format/decode.h"
#include "config/model/high_availability.h"

namespace tandem::supervisor {

/// What makes the start impossible here (model::validate_ha_here with the kernel's interfaces); the one problem that
/// the interfaces cannot be read, when that is so.
format::Problems ha_problems_on_this_host(const model::HighAvailability& ha);

}  // namespace tandem::supervisor
