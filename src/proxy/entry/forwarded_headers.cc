#include "proxy/entry/forwarded_headers.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace tandem::entry {

namespace {

using http::HeaderField;
using http::HeaderId;
using http::Headers;
using http::Request;

constexpr bool is_managed(HeaderId id) { return id >= HeaderId::kXForwardedFor && id <= HeaderId::kXRealIp; }

/// "X_Forwarded_For" and the like: many servers read underscores as hyphens.
bool is_managed_with_underscores(std::string_view name) {
  if (name.find('_') == std::string_view::npos) return false;
  constexpr std::size_t kLongest = 40;
  if (name.size() > kLongest) return false;
  std::array<char, kLongest> hyphened;
  std::ranges::replace_copy(name, hyphened.begin(), '_', '-');
  return is_managed(http::header_id({hyphened.data(), name.size()}));
}

bool is_trusted(const ForwardedHeadersOptions& options, const net::Address& peer) {
  if (options.insecure) return true;
  return peer.is_ip() && std::ranges::any_of(options.trusted_ips,
                                             [&](const net::IpPrefix& prefix) { return prefix.contains(peer.ip()); });
}

const std::string& host_name() {
  static const std::string name = [] {
    std::array<char, 256> buffer{};
    ::gethostname(buffer.data(), buffer.size() - 1);
    return std::string(buffer.data());
  }();
  return name;
}

bool is_missing(const Headers& headers, HeaderId id) { return headers.get(id).value_or("").empty(); }

void fill(Headers& headers, HeaderId id, std::string_view value) {
  if (headers.has(id)) {
    headers.set_view(id, value);
  } else {
    headers.add_view(id, value);
  }
}

std::string_view forwarded_proto(const Request& request, bool secure) {
  const bool websocket = http::list_contains(request.upgrade, "websocket");
  if (websocket) return secure ? "wss" : "ws";
  return secure ? "https" : "http";
}

std::string_view forwarded_port(const Request& request, bool secure) {
  if (const HostParts parts = split_host(request.host); !parts.port.empty()) return parts.port;
  const std::string_view proto = request.headers.get(HeaderId::kXForwardedProto).value_or("");
  return secure || proto == "https" || proto == "wss" ? "443" : "80";
}

void join_forwarded_for(Headers& headers) {
  std::string_view joined;
  unsigned count = 0;
  for (const HeaderField& field : headers) {
    if (field.id != HeaderId::kXForwardedFor) continue;
    joined = count++ == 0 ? field.value : headers.arena().concat({joined, ", ", field.value});
  }
  if (count > 1) headers.set_view(HeaderId::kXForwardedFor, joined);
}

/// Drops the fields that Connection names, except managed ones and those the entry point keeps (RFC 9110 §7.6.1).
void end_connection_headers(const ForwardedHeadersOptions& options, Request& request) {
  Headers& headers = request.headers;
  if (!headers.has(HeaderId::kConnection)) return;
  std::string_view kept = request.upgrade.empty() ? std::string_view() : "Upgrade";
  const Headers before = headers;
  std::vector<std::string_view> named;
  for (const HeaderField& field : before) {
    if (field.id != HeaderId::kConnection) continue;
    http::for_each_listed(field.value, [&named](std::string_view name) { named.push_back(name); });
  }
  for (const std::string_view name : named) {
    const HeaderId id = http::header_id(name);
    if (is_managed(id) || id == HeaderId::kConnection || id == HeaderId::kUpgrade) continue;
    const bool keep = std::ranges::any_of(options.kept_connection_headers,
                                          [&](const std::string& k) { return http::equals_ignoring_case(k, name); });
    if (keep) {
      kept = kept.empty() ? name : headers.arena().concat({kept, ", ", name});
    } else {
      headers.remove(name);
    }
  }
  headers.remove(HeaderId::kConnection);
  if (!kept.empty()) headers.add_view(HeaderId::kConnection, kept);
}

}  // namespace

HostParts split_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos) return {host, {}};
    const std::string_view rest = host.substr(bracket + 1);
    return {host.substr(1, bracket - 1), rest.starts_with(':') ? rest.substr(1) : std::string_view()};
  }
  const std::size_t colon = host.find(':');
  if (colon == std::string_view::npos || host.find(':', colon + 1) != std::string_view::npos) return {host, {}};
  return {host.substr(0, colon), host.substr(colon + 1)};
}

void apply_forwarded_headers(const ForwardedHeadersOptions& options, Request& request, http::Exchange& exchange) {
  Headers& headers = request.headers;
  const http::Connection& connection = exchange.connection;
  if (!is_trusted(options, connection.peer)) {
    headers.remove_if([](const HeaderField& field) {
      return is_managed(field.id) || (field.id == HeaderId::kOther && is_managed_with_underscores(field.name));
    });
  }
  if (is_missing(headers, HeaderId::kXRealIp) && !connection.peer_ip_text.empty()) {
    fill(headers, HeaderId::kXRealIp, connection.peer_ip_text);
  }
  if (is_missing(headers, HeaderId::kXForwardedProto)) {
    fill(headers, HeaderId::kXForwardedProto, forwarded_proto(request, connection.secure));
  }
  if (is_missing(headers, HeaderId::kXForwardedPort)) {
    fill(headers, HeaderId::kXForwardedPort, forwarded_port(request, connection.secure));
  }
  if (is_missing(headers, HeaderId::kXForwardedHost) && !request.host.empty()) {
    fill(headers, HeaderId::kXForwardedHost, request.host);
  }
  fill(headers, HeaderId::kXForwardedServer, host_name());
  join_forwarded_for(headers);
  exchange.append_forwarded_for = options.append_forwarded_for;
  end_connection_headers(options, request);
}

}  // namespace tandem::entry
