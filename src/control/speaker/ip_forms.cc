#include "control/speaker/ip_forms.h"

#include <arpa/inet.h>

#include <array>
#include <span>

#include "control/address/netlink.h"

namespace tandem::speaker {

vrrp::Ip vrrp_ip(const net::IpAddress& ip) { return vrrp::Ip::from(std::span(ip.bytes()).first(ip.is_v4() ? 4 : 16)); }

net::IpAddress net_ip(const vrrp::Ip& ip) { return address::ip_of(ip.bytes()); }

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

}  // namespace tandem::speaker
