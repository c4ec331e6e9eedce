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
  void add(const model::TlsConfiguration& tls) {
    for (const model::StoredCertificate& certificate : tls.certificates) {
      add(certificate.certFile);
      add(certificate.keyFile);
    }
    for (const auto& [name, options] : tls.options) add(options.clientAuth.caFiles);
    for (const auto& [name, store] : tls.stores) {
      if (store.defaultCertificate) add(*store.defaultCertificate);
    }
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
  for (const auto& [name, middleware] : configuration.http.middlewares) collector.add(middleware);
  for (const auto& [name, transport] : configuration.http.serversTransports) collector.add_transport(transport);
  for (const auto& [name, transport] : configuration.tcp.serversTransports) {
    if (transport.tls) collector.add_transport(*transport.tls);
  }
  collector.add(configuration.tls);
  return std::move(collector).take();
}

}  // namespace tandem::provider
