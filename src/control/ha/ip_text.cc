#include "control/ha/ip_text.h"

#include <arpa/inet.h>

#include <array>

#include "control/ha/speaking_router.h"

namespace tandem::ha {

std::string text_of(const vrrp::Ip& ip) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(ip.family == vrrp::Family::kIpv4 ? AF_INET : AF_INET6, ip.octets.data(), text.data(), text.size());
  return text.data();
}

std::optional<vrrp::Ip> ip_of(std::string_view text) {
  const auto address = net::IpAddress::parse(text);
  if (!address) return std::nullopt;
  return vrrp_ip(*address);
}

}  // namespace tandem::ha
