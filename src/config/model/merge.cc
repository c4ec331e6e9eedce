#include "config/model/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tandem::model {
namespace {

constexpr std::string_view kDefault = "default";
constexpr std::string_view kAcmeTlsStore = "acme-tls/1";
constexpr std::string_view kAcmeTlsProvider = "tlsalpn.acme";

/// Adds files' objects to one map after another and notes what was there already.
class FileAdder {
 public:
  explicit FileAdder(std::string_view origin) : origin_(std::make_shared<const std::string>(origin)) {}

  template <class T>
  void add(std::map<std::string, T>& into, std::map<std::string, T>&& from, std::string_view path,
           std::string_view what) {
    for (auto& [name, object] : from) {
      if (into.contains(name)) {
        note(fmt::format("{}.{}", path, name), what);
      } else {
        into.emplace(name, std::move(object));
      }
    }
  }

  void add(std::vector<StoredCertificate>& into, std::vector<StoredCertificate>&& from) {
    for (StoredCertificate& certificate : from) {
      if (std::ranges::find(into, certificate) != into.end()) {
        note("tls.certificates", "TLS configuration");
      } else {
        into.push_back(std::move(certificate));
      }
    }
  }

  std::vector<MergeNote> take_notes() && { return std::move(notes_); }

 private:
  void note(std::string path, std::string_view what) {
    notes_.push_back({.position = {.source = origin_},
                      .path = std::move(path),
                      .message = fmt::format("{} already configured, skipping", what),
                      .suggestion = {}});
  }

  std::shared_ptr<const std::string> origin_;
  std::vector<MergeNote> notes_;
};

template <class T>
void add_qualified(std::map<std::string, T>& into, const std::map<std::string, T>& from, std::string_view provider) {
  for (const auto& [name, object] : from) into.insert_or_assign(qualified(name, provider), object);
}

/// Adds TLS options or stores; `default` is shared by all providers, so it is counted instead of qualified.
template <class T>
void add_tls(std::map<std::string, T>& into, const std::map<std::string, T>& from, const std::string& provider,
             std::vector<std::string>& definers) {
  for (const auto& [name, object] : from) {
    if (name == kDefault) {
      definers.push_back(provider);
      into.insert_or_assign(name, object);
    } else {
      into.insert_or_assign(qualified(name, provider), object);
    }
  }
}

template <class T>
void refuse_rivals(std::map<std::string, T>& objects, const std::vector<std::string>& definers, std::string_view path,
                   std::vector<MergeNote>& notes) {
  if (definers.size() < 2) return;
  objects.erase(std::string(kDefault));
  notes.push_back(
      {.position = {},
       .path = std::string(path),
       .message = fmt::format("defined by several providers: {}; none of them counts", fmt::join(definers, ", ")),
       .suggestion = "keep one of them"});
}

void add_certificates(std::vector<StoredCertificate>& into, const ProviderConfiguration& from) {
  for (const StoredCertificate& certificate : from.configuration.tls.certificates) {
    const bool challenge = std::ranges::find(certificate.stores, kAcmeTlsStore) != certificate.stores.end();
    if (challenge && from.provider != kAcmeTlsProvider) continue;
    into.push_back(certificate);
  }
}

void add_http(HttpConfiguration& into, const ProviderConfiguration& from, std::span<const std::string> entry_points) {
  const HttpConfiguration& http = from.configuration.http;
  for (const auto& [name, original] : http.routers) {
    HttpRouter router = original;
    if (router.parentRefs.empty() && router.entryPoints.empty())
      router.entryPoints.assign(entry_points.begin(), entry_points.end());
    for (std::string& parent : router.parentRefs) {
      if (parent.find('@') == std::string::npos) parent = qualified(parent, from.provider);
    }
    into.routers.insert_or_assign(qualified(name, from.provider), std::move(router));
  }
  add_qualified(into.services, http.services, from.provider);
  add_qualified(into.middlewares, http.middlewares, from.provider);
  add_qualified(into.serversTransports, http.serversTransports, from.provider);
}

void add_tcp_and_udp(DynamicConfiguration& into, const ProviderConfiguration& from,
                     std::span<const std::string> entry_points) {
  const TcpConfiguration& tcp = from.configuration.tcp;
  for (const auto& [name, original] : tcp.routers) {
    TcpRouter router = original;
    if (router.entryPoints.empty()) router.entryPoints.assign(entry_points.begin(), entry_points.end());
    into.tcp.routers.insert_or_assign(qualified(name, from.provider), std::move(router));
  }
  add_qualified(into.tcp.services, tcp.services, from.provider);
  add_qualified(into.tcp.middlewares, tcp.middlewares, from.provider);
  add_qualified(into.tcp.serversTransports, tcp.serversTransports, from.provider);
  add_qualified(into.udp.routers, from.configuration.udp.routers, from.provider);
  add_qualified(into.udp.services, from.configuration.udp.services, from.provider);
}

}  // namespace

std::vector<MergeNote> add_file(DynamicConfiguration& into, DynamicConfiguration file, std::string_view origin) {
  FileAdder adder(origin);
  adder.add(into.http.routers, std::move(file.http.routers), "http.routers", "HTTP router");
  adder.add(into.http.services, std::move(file.http.services), "http.services", "HTTP service");
  adder.add(into.http.middlewares, std::move(file.http.middlewares), "http.middlewares", "HTTP middleware");
  adder.add(into.http.serversTransports, std::move(file.http.serversTransports), "http.serversTransports",
            "HTTP servers transport");
  adder.add(into.tcp.routers, std::move(file.tcp.routers), "tcp.routers", "TCP router");
  adder.add(into.tcp.services, std::move(file.tcp.services), "tcp.services", "TCP service");
  adder.add(into.tcp.middlewares, std::move(file.tcp.middlewares), "tcp.middlewares", "TCP middleware");
  adder.add(into.tcp.serversTransports, std::move(file.tcp.serversTransports), "tcp.serversTransports",
            "TCP servers transport");
  adder.add(into.udp.routers, std::move(file.udp.routers), "udp.routers", "UDP router");
  adder.add(into.udp.services, std::move(file.udp.services), "udp.services", "UDP service");
  adder.add(into.tls.options, std::move(file.tls.options), "tls.options", "TLS options");
  adder.add(into.tls.stores, std::move(file.tls.stores), "tls.stores", "TLS store");
  adder.add(into.tls.certificates, std::move(file.tls.certificates));
  return std::move(adder).take_notes();
}

bool is_empty(const DynamicConfiguration& c) {
  return c.http.routers.empty() && c.http.services.empty() && c.http.middlewares.empty() && c.tcp.routers.empty() &&
         c.tcp.services.empty() && c.tcp.middlewares.empty() && c.udp.routers.empty() && c.udp.services.empty() &&
         c.tls.certificates.empty() && c.tls.options.empty() && c.tls.stores.empty();
}

std::string qualified(std::string_view name, std::string_view provider) { return fmt::format("{}@{}", name, provider); }

Merged merge(std::span<const ProviderConfiguration> providers, std::span<const std::string> default_entry_points) {
  Merged merged;
  DynamicConfiguration& all = merged.configuration;
  std::vector<std::string> options_definers;
  std::vector<std::string> store_definers;
  for (const ProviderConfiguration& provider : providers) {
    add_http(all.http, provider, default_entry_points);
    add_tcp_and_udp(all, provider, default_entry_points);
    add_certificates(all.tls.certificates, provider);
    add_tls(all.tls.options, provider.configuration.tls.options, provider.provider, options_definers);
    add_tls(all.tls.stores, provider.configuration.tls.stores, provider.provider, store_definers);
  }
  refuse_rivals(all.tls.options, options_definers, "tls.options.default", merged.notes);
  refuse_rivals(all.tls.stores, store_definers, "tls.stores.default", merged.notes);
  if (options_definers.empty()) all.tls.options[std::string(kDefault)].minVersion = "VersionTLS12";
  return merged;
}

}  // namespace tandem::model
