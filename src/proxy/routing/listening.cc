#include "proxy/routing/listening.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::routing {

std::vector<std::string> entry_points_of(const model::StaticConfiguration& configuration,
                                         model::EntryPointProtocol protocol) {
  std::vector<std::string> names;
  for (const auto& [name, entry_point] : configuration.entryPoints) {
    const auto address = model::parse_entry_point_address(entry_point.address);
    if (address && address->protocol == protocol) names.push_back(name);
  }
  return names;
}

std::vector<std::string> listening_on(std::span<const std::string> wanted, std::span<const std::string> existing,
                                      Condition& condition) {
  std::vector<std::string> found;
  for (const std::string& name : wanted) {
    if (std::ranges::binary_search(existing, name)) {
      found.push_back(name);
    } else {
      condition.add_error(fmt::format("entryPoint \"{}\" doesn't exist", name), false);
    }
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  if (found.empty()) condition.add_error("no valid entryPoint for this router", true);
  return found;
}

bool has_port(std::string_view address) {
  if (address.starts_with('[')) {
    const std::size_t end = address.find(']');
    return end != std::string_view::npos && address.substr(end + 1).starts_with(':');
  }
  return std::ranges::count(address, ':') == 1;
}

}  // namespace tandem::routing
