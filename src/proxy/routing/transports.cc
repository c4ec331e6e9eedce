#include "proxy/routing/transports.h"

#include <optional>
#include <utility>

#include "base/log.h"
#include "engine/tls/algorithms.h"
#include "engine/tls/certificate.h"

namespace tandem::routing {
namespace {

constexpr std::string_view kNoSpiffe = "SPIFFE is not built: servers cannot be reached over TLS with this transport";

std::vector<std::string> read_authorities(const std::string& owner, const std::vector<std::string>& files) {
  std::vector<std::string> texts;
  for (const std::string& file : files) {
    auto text = tls::file_or_content(file);
    if (text) {
      texts.push_back(std::move(*text));
    } else {
      base::log_error("Cannot read a root CA", {{"serversTransport", owner}, {"error", text.error().text()}});
    }
  }
  return texts;
}

/// The client certificates that can be used, as many as that are.
std::vector<tls::CertificatePtr> read_certificates(const std::string& owner,
                                                   const std::vector<model::Certificate>& certificates) {
  std::vector<tls::CertificatePtr> out;
  for (const model::Certificate& each : certificates) {
    const auto chain = tls::file_or_content(each.certFile.value);
    const auto key = tls::file_or_content(each.keyFile.value);
    if (!chain || !key) continue;
    auto certificate = tls::Certificate::parse(*chain, *key);
    if (certificate) {
      out.push_back(std::move(*certificate));
    } else {
      base::log_error("A client certificate cannot be used",
                      {{"serversTransport", owner}, {"error", certificate.error().text()}});
    }
  }
  return out;
}

/// Zero for none; nothing for a word that names no version.
std::optional<int> version_of(const std::string& name) { return name.empty() ? 0 : tls::version_named(name); }

/// What the options say of TLS, or what is wrong with them.
base::Result<tls::ClientSettings> client_settings(const std::string& name, const model::HttpServersTransport& from) {
  const auto invalid = [](std::string what) { return base::Error(base::ErrorKind::kInvalid, std::move(what)); };
  tls::ClientSettings out;
  const auto lowest = version_of(from.minVersion);
  const auto highest = version_of(from.maxVersion);
  if (!lowest) return invalid("invalid TLS minimum version: " + from.minVersion);
  if (!highest) return invalid("invalid TLS maximum version: " + from.maxVersion);
  if (*highest != 0 && *lowest > *highest) return invalid("the minimum TLS version is above the maximum");
  out.min_version = *lowest;
  out.max_version = *highest;
  for (const std::string& suite : from.cipherSuites) {
    if (tls::cipher_suite_named(suite) == nullptr) return invalid("invalid CipherSuite: " + suite);
  }
  if (!from.cipherSuites.empty()) out.ciphers = tls::cipher_list(from.cipherSuites);
  out.server_name = from.serverName;
  out.verify = !from.insecureSkipVerify;
  out.peer_uri = from.peerCertURI;
  out.authorities = read_authorities(name, from.rootCAs);
  out.certificates = read_certificates(name, from.certificates);
  return out;
}

/// A transport whose options are wrong verifies as one without options does: it must not do less than was asked for.
tls::ClientSettings usable_settings(const std::string& name, const model::HttpServersTransport& from) {
  base::Result<tls::ClientSettings> settings = client_settings(name, from);
  if (settings) return std::move(*settings);
  base::log_error("TLS options of a transport cannot be used, the default ones are taken",
                  {{"serversTransport", name}, {"error", settings.error().text()}});
  return {};
}

client::TransportOptions default_options(const model::StaticServersTransport& from) {
  return {.name = std::string(kDefaultTransport),
          .dial_timeout = from.forwardingTimeouts.dialTimeout.value,
          .response_header_timeout = from.forwardingTimeouts.responseHeaderTimeout.value,
          .idle_connection_timeout = from.forwardingTimeouts.idleConnTimeout.value,
          .max_idle_connections_per_host = from.maxIdleConnsPerHost,
          .tls = {.verify = !from.insecureSkipVerify,
                  .authorities = read_authorities(std::string(kDefaultTransport), from.rootCAs)},
          .tls_refusal = std::string(from.spiffe ? kNoSpiffe : std::string_view())};
}

client::TransportOptions named_options(const std::string& name, const model::HttpServersTransport& from) {
  return {.name = name,
          .dial_timeout = from.forwardingTimeouts.dialTimeout.value,
          .response_header_timeout = from.forwardingTimeouts.responseHeaderTimeout.value,
          .idle_connection_timeout = from.forwardingTimeouts.idleConnTimeout.value,
          .max_idle_connections_per_host = from.maxIdleConnsPerHost,
          .ping_after = from.forwardingTimeouts.readIdleTimeout.value,
          .ping_timeout = from.forwardingTimeouts.pingTimeout.value,
          .disable_http2 = from.disableHTTP2,
          .tls = usable_settings(name, from),
          .tls_refusal = std::string(from.spiffe ? kNoSpiffe : std::string_view())};
}

}  // namespace

Transports build_transports(const model::StaticConfiguration& static_configuration,
                            const model::DynamicConfiguration& dynamic, const Transports& previous,
                            ChangedNames& changed) {
  Transports result;
  const auto add = [&](client::TransportOptions options) {
    const auto before = previous.find(options.name);
    const bool same = before != previous.end() && before->second->options() == options;
    if (!same) changed.insert(options.name);
    std::string name = options.name;
    result.insert_or_assign(std::move(name),
                            same ? before->second : std::make_shared<const client::Transport>(std::move(options)));
  };
  if (!dynamic.http.serversTransports.contains(std::string(kDefaultTransport))) {
    add(default_options(static_configuration.serversTransport));
  }
  for (const auto& [name, transport] : dynamic.http.serversTransports) add(named_options(name, transport));
  for (const auto& [name, transport] : previous) {
    if (!result.contains(name)) changed.insert(name);
  }
  return result;
}

}  // namespace tandem::routing
