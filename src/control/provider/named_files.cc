#include "control/provider/named_files.h"

#include <string_view>

namespace tandem::provider {
namespace {

constexpr std::size_t kLongestPath = 4096;

class Collector {
 public:
  void add(const std::string& path) {
    const bool literal = path.find('\n') != std::string::npos || path.starts_with("-----BEGIN");
    if (!path.empty() && path.size() < kLongestPath && !literal) paths_.insert(path);
  }
  void add(const format::Secret& path) { add(path.value); }
  void add(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) add(path);
  }
  void add(const model::Certificate& certificate) {
    add(certificate.certFile);
    add(certificate.keyFile);
  }
  void add(const model::HttpMiddleware& middleware) {
    if (middleware.basicAuth) add(middleware.basicAuth->usersFile);
    if (middleware.digestAuth) add(middleware.digestAuth->usersFile);
    if (!middleware.forwardAuth || !middleware.forwardAuth->tls) return;
    const model::ForwardAuthTls& tls = *middleware.forwardAuth->tls;
    add(tls.ca);
    add(tls.cert);
    add(tls.key);
  }
  void add_served(const model::TlsConfiguration& tls) {
    for (const model::StoredCertificate& certificate : tls.certificates) {
      add(certificate.certFile);
      add(certificate.keyFile);
    }
    for (const auto& [name, store] : tls.stores) {
      if (store.defaultCertificate) add(*store.defaultCertificate);
    }
  }
  void add_others(const model::DynamicConfiguration& configuration) {
    for (const auto& [name, middleware] : configuration.http.middlewares) add(middleware);
    for (const auto& [name, transport] : configuration.http.serversTransports) add_transport(transport);
    for (const auto& [name, transport] : configuration.tcp.serversTransports) {
      if (transport.tls) add_transport(*transport.tls);
    }
    for (const auto& [name, options] : configuration.tls.options) add(options.clientAuth.caFiles);
  }
  template <class Transport>
  void add_transport(const Transport& transport) {
    add(transport.rootCAs);
    for (const model::Certificate& certificate : transport.certificates) add(certificate);
  }
  std::set<std::string> take() && { return std::move(paths_); }

 private:
  std::set<std::string> paths_;
};

}  // namespace

std::set<std::string> named_files(const model::DynamicConfiguration& configuration) {
  Collector collector;
  collector.add_others(configuration);
  collector.add_served(configuration.tls);
  return std::move(collector).take();
}

std::set<std::string> named_files_beside_certificates(const model::DynamicConfiguration& configuration) {
  Collector collector;
  collector.add_others(configuration);
  return std::move(collector).take();
}

}  // namespace tandem::provider
