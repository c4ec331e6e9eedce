#include "config/model/effective.h"

#include <algorithm>
#include <cctype>

#include "config/model/entry_point_address.h"

namespace tandem::model {
namespace {

constexpr std::string_view kLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
constexpr std::string_view kOldLetsEncrypt = "https://acme-v01.api.letsencrypt.org";
constexpr std::string_view kOldLetsEncryptStaging = "https://acme-staging.api.letsencrypt.org";
constexpr std::string_view kLetsEncryptStaging = "https://acme-staging-v02.api.letsencrypt.org/directory";

bool needs_internal_entry_point(const StaticConfiguration& c) {
  if (c.api && c.api->insecure) return true;
  if (c.ping && !c.ping->manualRouting && c.ping->entryPoint == kInternalEntryPoint) return true;
  if (c.metrics && c.metrics->prometheus && !c.metrics->prometheus->manualRouting &&
      c.metrics->prometheus->entryPoint == kInternalEntryPoint) {
    return true;
  }
  return c.providers.rest && c.providers.rest->insecure;
}

void add_entry_points(StaticConfiguration& c) {
  if (c.entryPoints.empty()) c.entryPoints["http"].address = ":80";
  const std::string internal(kInternalEntryPoint);
  if (needs_internal_entry_point(c) && !c.entryPoints.contains(internal)) c.entryPoints[internal].address = ":8080";
}

void settle_providers(Providers& providers) {
  for (std::string& name : providers.precedence) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  const format::Duration none;
  if (providers.docker && providers.docker->httpClientTimeout.value < none.value)
    providers.docker->httpClientTimeout = none;
  if (providers.swarm) {
    if (providers.swarm->httpClientTimeout.value < none.value) providers.swarm->httpClientTimeout = none;
    if (providers.swarm->refreshSeconds.value <= none.value) providers.swarm->refreshSeconds = Swarm{}.refreshSeconds;
  }
}

void settle_acme(Acme& acme) {
  if (acme.caServer.empty() || acme.caServer.starts_with(kOldLetsEncrypt)) acme.caServer = kLetsEncrypt;
  if (acme.caServer.starts_with(kOldLetsEncryptStaging)) acme.caServer = kLetsEncryptStaging;
  if (!acme.dnsChallenge) return;
  DnsChallenge& dns = *acme.dnsChallenge;
  if (!dns.disablePropagationCheck && dns.delayBeforeCheck.value.count() == 0) return;
  if (!dns.propagation) dns.propagation.emplace();
  if (dns.disablePropagationCheck) dns.propagation->disableChecks = true;
  if (dns.delayBeforeCheck.value.count() != 0) dns.propagation->delayBeforeChecks = dns.delayBeforeCheck;
}

}  // namespace

StaticConfiguration effective(StaticConfiguration configuration) {
  add_entry_points(configuration);
  settle_providers(configuration.providers);
  if (configuration.tracing && configuration.tracing->resourceAttributes.empty()) {
    configuration.tracing->resourceAttributes = configuration.tracing->globalAttributes;
  }
  for (auto& [name, resolver] : configuration.certificatesResolvers) {
    if (resolver.acme) settle_acme(*resolver.acme);
  }
  return configuration;
}

std::vector<std::string> default_entry_points(const StaticConfiguration& configuration) {
  std::vector<std::string> chosen;
  std::vector<std::string> all;
  bool marked = false;
  for (const auto& [name, entry_point] : configuration.entryPoints) {
    const auto address = parse_entry_point_address(entry_point.address);
    if (!address || address->protocol != EntryPointProtocol::kTcp) continue;
    marked = marked || entry_point.asDefault;
    // Never the internal one, even when only that one is marked.
    if (name == kInternalEntryPoint) continue;
    if (entry_point.asDefault) chosen.push_back(name);
    all.push_back(name);
  }
  return marked ? chosen : all;
}

}  // namespace tandem::model
