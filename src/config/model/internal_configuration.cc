#include "config/model/internal_configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "config/model/effective.h"

namespace tandem::model {
namespace {

constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kAcmePath = "/.well-known/acme-challenge/";
constexpr const char* kDashboardRoot = R"(^(http:\/\/(\[[\w:.]+\]|[\w\._-]+)(:\d+)?)\/$)";

std::string internal(std::string_view name) { return fmt::format("{}@{}", name, kInternalProvider); }

HttpRouter router(std::string entry_point, std::string rule, std::string_view service, std::int64_t priority) {
  HttpRouter result;
  result.entryPoints = {std::move(entry_point)};
  result.rule = std::move(rule);
  result.ruleSyntax = "default";
  result.service = internal(service);
  result.priority = priority;
  return result;
}

std::string path_prefix(std::string_view path) { return fmt::format("PathPrefix(`{}`)", path); }

void add_dashboard(HttpConfiguration& http, const std::string& entry_point) {
  HttpRouter dashboard = router(entry_point, path_prefix("/"), "dashboard", kHighest - 2);
  dashboard.middlewares = {internal("dashboard_redirect"), internal("dashboard_stripprefix")};
  http.routers["dashboard"] = std::move(dashboard);
  http.middlewares["dashboard_redirect"].redirectRegex = {
      .regex = kDashboardRoot, .replacement = "${1}/dashboard/", .permanent = true};
  http.middlewares["dashboard_stripprefix"].stripPrefix = {.prefixes = {"/dashboard/", "/dashboard"}, .forceSlash = {}};
}

void add_api(HttpConfiguration& http, const Api& api) {
  http.services["api"] = {};
  if (api.dashboard) http.services["dashboard"] = {};
  if (!api.insecure) return;
  const std::string entry_point(kInternalEntryPoint);
  http.routers["api"] = router(entry_point, path_prefix("/api"), "api", kHighest - 1);
  if (api.dashboard) add_dashboard(http, entry_point);
  if (api.debug) http.routers["debug"] = router(entry_point, path_prefix("/debug"), "api", kHighest - 1);
}

void add_endpoints(HttpConfiguration& http, const StaticConfiguration& c) {
  http.services["noop"] = {};
  if (c.api) add_api(http, *c.api);
  if (c.ping) {
    http.services["ping"] = {};
    if (!c.ping->manualRouting)
      http.routers["ping"] = router(c.ping->entryPoint, path_prefix("/ping"), "ping", kHighest);
  }
  if (c.metrics && c.metrics->prometheus) {
    const Prometheus& prometheus = *c.metrics->prometheus;
    http.services["prometheus"] = {};
    if (!prometheus.manualRouting) {
      http.routers["prometheus"] = router(prometheus.entryPoint, path_prefix("/metrics"), "prometheus", kHighest);
    }
  }
  if (c.providers.rest) {
    http.services["rest"] = {};
    if (c.providers.rest->insecure) {
      http.routers["rest"] = router(std::string(kInternalEntryPoint), path_prefix("/api/providers"), "rest", kHighest);
    }
  }
}

void add_challenges(HttpConfiguration& http, const StaticConfiguration& c) {
  std::vector<std::string> plain;
  std::vector<std::string> bypass;
  for (const auto& [name, resolver] : c.certificatesResolvers) {
    if (!resolver.acme || !resolver.acme->httpChallenge) continue;
    const std::string& entry_point = resolver.acme->httpChallenge->entryPoint;
    const auto found = c.entryPoints.find(entry_point);
    auto& names = found != c.entryPoints.end() && found->second.allowACMEByPass ? bypass : plain;
    if (std::ranges::find(names, entry_point) == names.end()) names.push_back(entry_point);
  }
  if (plain.empty() && bypass.empty()) return;
  http.services["acme-http"] = {};
  if (!plain.empty()) {
    HttpRouter& challenge = http.routers["acme-http"] = router({}, path_prefix(kAcmePath), "acme-http", kHighest);
    challenge.entryPoints = std::move(plain);
  }
  if (!bypass.empty()) {
    HttpRouter& challenge = http.routers["acme-http-bypass"] = router({}, path_prefix(kAcmePath), "acme-http", 0);
    challenge.entryPoints = std::move(bypass);
  }
}

/// The port of `to`: its own when it is ":PORT", else that of the entry point it names; nothing when there is none.
std::optional<std::string> target_port(std::string_view to, const std::map<std::string, EntryPoint>& entry_points) {
  if (to.size() > 1 && to[0] == ':' && std::ranges::all_of(to.substr(1), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::string(to.substr(1));
  }
  const auto found = entry_points.find(std::string(to));
  if (found == entry_points.end()) return std::nullopt;
  const std::string_view address = std::string_view(found->second.address).substr(0, found->second.address.find('/'));
  const std::size_t colon = address.rfind(':');
  return colon == std::string_view::npos ? std::nullopt : std::optional(std::string(address.substr(colon + 1)));
}

void add_redirection(InternalConfiguration& result, const StaticConfiguration& c, const std::string& from) {
  const EntryPoint& entry_point = c.entryPoints.at(from);
  if (!entry_point.http.redirections || !entry_point.http.redirections->entryPoint) return;
  const RedirectEntryPoint& redirect = *entry_point.http.redirections->entryPoint;
  const auto port = target_port(redirect.to, c.entryPoints);
  if (!port) {
    result.problems.push_back(
        {.position = {},
         .path = fmt::format("entryPoints.{}.http.redirections.entryPoint.to", from),
         .message = fmt::format("'to' entry point field references a non-existing entry point: {}", redirect.to),
         .suggestion = {}});
    return;
  }
  const std::string name = normalized(fmt::format("{}-to-{}", from, redirect.to));
  std::string rule = "HostRegexp(`^.+$`)";
  if (entry_point.allowACMEByPass) rule += fmt::format(" && !{}", path_prefix(kAcmePath));
  HttpRouter away = router(from, std::move(rule), "noop", redirect.priority);
  away.middlewares = {internal("redirect-" + name)};
  result.configuration.http.middlewares["redirect-" + name].redirectScheme = {
      .scheme = redirect.scheme, .port = *port, .permanent = redirect.permanent};
  result.configuration.http.routers[name] = std::move(away);
}

void add_transports(DynamicConfiguration& into, const StaticConfiguration& c) {
  HttpServersTransport& http = into.http.serversTransports["default"];
  http.insecureSkipVerify = c.serversTransport.insecureSkipVerify;
  http.rootCAs = c.serversTransport.rootCAs;
  http.maxIdleConnsPerHost = c.serversTransport.maxIdleConnsPerHost;
  http.spiffe = c.serversTransport.spiffe;
  const StaticForwardingTimeouts& timeouts = c.serversTransport.forwardingTimeouts;
  http.forwardingTimeouts.dialTimeout = timeouts.dialTimeout;
  http.forwardingTimeouts.responseHeaderTimeout = timeouts.responseHeaderTimeout;
  http.forwardingTimeouts.idleConnTimeout = timeouts.idleConnTimeout;

  TcpServersTransport& tcp = into.tcp.serversTransports["default"];
  tcp.dialKeepAlive = c.tcpServersTransport.dialKeepAlive;
  tcp.dialTimeout = c.tcpServersTransport.dialTimeout;
  if (!c.tcpServersTransport.tls) return;
  tcp.tls.emplace();
  tcp.tls->insecureSkipVerify = c.tcpServersTransport.tls->insecureSkipVerify;
  tcp.tls->rootCAs = c.tcpServersTransport.tls->rootCAs;
  tcp.tls->spiffe = c.tcpServersTransport.tls->spiffe;
}

}  // namespace

InternalConfiguration internal_configuration(const StaticConfiguration& configuration) {
  InternalConfiguration result;
  add_endpoints(result.configuration.http, configuration);
  add_challenges(result.configuration.http, configuration);
  for (const auto& [name, entry_point] : configuration.entryPoints) add_redirection(result, configuration, name);
  add_transports(result.configuration, configuration);
  return result;
}

std::string normalized(std::string_view name) {
  std::string result;
  for (const char c : name) {
    // Bytes of a multi-byte UTF-8 character count as letters.
    const bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      static_cast<unsigned char>(c) >= 0x80;
    if (kept) {
      result += c;
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  if (result.ends_with('-')) result.pop_back();
  return result;
}

}  // namespace tandem::model
