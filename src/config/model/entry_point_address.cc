#include "config/model/entry_point_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tandem::model {
namespace {

base::Error invalid(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

base::Result<std::string> parse_host(std::string_view text, std::string_view address) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return invalid(fmt::format("address {}: missing ']' in address", address));
    return std::string(text.substr(1, text.size() - 2));
  }
  if (text.find(':') != std::string_view::npos)
    return invalid(fmt::format("address {}: too many colons in address", address));
  return std::string(text);
}

}  // namespace

base::Result<EntryPointAddress> parse_entry_point_address(std::string_view text) {
  EntryPointAddress result;
  const std::string_view address = text.substr(0, text.find('/'));
  if (address.size() != text.size()) {
    const std::string_view protocol = text.substr(address.size() + 1);
    if (equals_ignoring_case(protocol, "udp")) {
      result.protocol = EntryPointProtocol::kUdp;
    } else if (!equals_ignoring_case(protocol, "tcp")) {
      return invalid(fmt::format("invalid protocol: {}", protocol));
    }
  }
  if (address.empty()) return result;

  const std::size_t colon = address.rfind(':');
  const bool inside_brackets = address.find(']', colon == std::string_view::npos ? 0 : colon) != std::string_view::npos;
  if (colon == std::string_view::npos || inside_brackets) {
    return invalid(fmt::format("address {}: missing port in address", address));
  }
  auto host = parse_host(address.substr(0, colon), address);
  if (!host) return host.error();
  result.host = std::move(*host);

  const std::string_view port = address.substr(colon + 1);
  if (port.empty()) return result;
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (code != std::errc{} || end != port.data() + port.size()) {
    return invalid(fmt::format("address {}: invalid port", address));
  }
  return result;
}

}  // namespace tandem::model
