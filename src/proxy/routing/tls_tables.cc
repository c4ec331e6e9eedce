#include "proxy/routing/tls_tables.h"

#include <utility>

#include "base/log.h"
#include "proxy/handshake/tls_material.h"

namespace tandem::routing {
namespace {

/// The options of names that no router has; the built-in ones when the configured ones are broken.
tls::ServerContextPtr default_context(const Snapshot::Contents& contents) {
  const auto configured = contents.tls_options.find(handshake::kDefaultTlsOptions);
  if (configured != contents.tls_options.end() && configured->second.context != nullptr)
    return configured->second.context;
  auto settings = handshake::server_settings(std::string(handshake::kDefaultTlsOptions), model::TlsOptions(),
                                             contents.input.offers_http2);
  if (!settings) return nullptr;
  auto context = tls::ServerContext::build(std::move(*settings));
  if (context) return std::move(*context);
  base::log_error("TLS cannot be served", {{"error", context.error().text()}});
  return nullptr;
}

std::shared_ptr<const tls::CertificateStore> store_of(const BuildInput& input) {
  if (input.tls != nullptr) return input.tls->store(input.dynamic, {input.look_at_files, input.changed_certificates});
  return std::make_shared<const tls::CertificateStore>();
}

}  // namespace

std::map<std::string, handshake::TlsTablePtr, std::less<>> build_tls_tables(RouterBuilder& routers,
                                                                            const Snapshot::Contents& contents) {
  const tls::ServerContextPtr fallback = default_context(contents);
  const auto store = store_of(contents.input);
  std::map<std::string, std::shared_ptr<handshake::TlsTable>, std::less<>> tables;
  tables[""] = std::make_shared<handshake::TlsTable>(fallback, store);
  for (const std::string& name : http_entry_points(*contents.input.static_configuration)) {
    tables[name] = std::make_shared<handshake::TlsTable>(fallback, store);
  }
  for (const RouterBuilder::Slot& slot : routers.slots()) {
    if (slot.built->tls_hosts.empty()) continue;
    const auto options = contents.tls_options.find(options_in_force(*slot.config, slot.name));
    // Hosts of a router whose options cannot be used are closed rather than served with less than was asked for.
    const bool usable = slot.built->tls_error.empty() && options != contents.tls_options.end();
    for (const std::string& entry_point : slot.built->state.entry_points) {
      for (const std::string& host : slot.built->tls_hosts) {
        tables[entry_point]->add(host, usable ? options->second.context : nullptr);
      }
    }
  }
  return {tables.begin(), tables.end()};
}

}  // namespace tandem::routing
