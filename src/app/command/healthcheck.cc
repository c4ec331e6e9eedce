#include "app/command/healthcheck.h"

#include <fmt/format.h>

#include "app/inspect/plain_http.h"
#include "config/model/entry_point_address.h"

namespace tandem::command {

HealthcheckResult healthcheck(const model::StaticConfiguration& configuration) {
  const auto failed = [](std::string_view reason) {
    return HealthcheckResult{.healthy = false, .text = fmt::format("Error calling healthcheck: {}", reason)};
  };
  if (!configuration.ping) return failed("please enable `ping` to use health check");
  const auto entry_point = configuration.entryPoints.find(configuration.ping->entryPoint);
  if (entry_point == configuration.entryPoints.end()) {
    return failed(fmt::format("ping: missing {} entry point", configuration.ping->entryPoint));
  }
  const std::string authority = entry_point->second.address.substr(0, entry_point->second.address.find('/'));
  const auto address = model::parse_entry_point_address(entry_point->second.address);
  if (!address) return failed(address.error().text());

  const auto line = inspect::ask(
      address->host, address->port,
      fmt::format("HEAD /ping HTTP/1.1\r\nHost: {}\r\nUser-Agent: tandem\r\nConnection: close\r\n\r\n", authority),
      inspect::Until::kFirstLine);
  if (!line) return failed(fmt::format("Head \"http://{}/ping\": {}", authority, line.error().text()));
  // "HTTP/1.1 200 OK"
  const std::size_t blank = line->find(' ');
  if (!line->starts_with("HTTP/1.") || blank == std::string::npos) return failed("malformed HTTP response");
  const std::string status = line->substr(blank + 1);
  if (!status.starts_with("200")) return {.healthy = false, .text = "Bad healthcheck status: " + status};
  return {.healthy = true, .text = fmt::format("OK: http://{}/ping", authority)};
}

}  // namespace tandem::command
