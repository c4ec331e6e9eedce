#pragma once

// Addresses of the state machine as those of sockets and as text, and back. Any thread; as text not on the VRRP thread.

#include <optional>
#include <string>
#include <string_view>

#include "control/vrrp/ip.h"
#include "engine/net/address.h"

namespace tandem::speaker {

vrrp::Ip vrrp_ip(const net::IpAddress& ip);
net::IpAddress net_ip(const vrrp::Ip& ip);

std::string text_of(const vrrp::Ip& ip);
/// Nothing when it is no address.
std::optional<vrrp::Ip> ip_of(std::string_view text);

}  // namespace tandem::speaker
