#pragma once

// Addresses of the state machine as text, and back. Any thread.

#include <optional>
#include <string>
#include <string_view>

#include "control/vrrp/ip.h"

namespace tandem::ha {

std::string text_of(const vrrp::Ip& ip);
/// Nothing when it is no address.
std::optional<vrrp::Ip> ip_of(std::string_view text);

}  // namespace tandem::ha
