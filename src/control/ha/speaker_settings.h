#pragma once

// From the section `ha` to what the VRRP thread is configured with. Main thread of the supervisor; asks the kernel for
// its interfaces.

#include "base/result.h"
#include "config/model/high_availability.h"
#include "control/speaker/speaker.h"

namespace tandem::ha {

/// Errors name the option, and the interfaces or subnets there are.
base::Result<speaker::SpeakerSettings> speaker_settings(const model::HighAvailability& configuration);

}  // namespace tandem::ha
