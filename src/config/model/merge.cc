#include "config/model/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

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
  void add(format::SharedMap<T>& into, const format::SharedMap<T>& from, std::string_view path, std::string_view what) {
    if (into.empty()) {
      into = from;
      return;
    }
    for (auto at = from.begin(); at != from.end(); ++at) {
      if (into.contains(at->first)) {
        note(fmt::format("{}.{}", path, at->first), what);
      } else {
        into.insert_or_assign(format::SharedMap<T>::entry(at));
      }
    }
  }

  template <class T>
  void add(std::map<std::string, T>& into, const std::map<std::string, T>& from, std::string_view path,
           std::string_view what) {
    for (const auto& [name, object] : from) {
      if (!into.emplace(name, object).second) note(fmt::format("{}.{}", path, name), what);
    }
  }

  void add(std::vector<StoredCertificate>& into, const std::vector<StoredCertificate>& from) {
    if (from.empty()) return;
    std::set<std::string_view> known;         // names of files, or the PEM texts themselves
    into.reserve(into.size() + from.size());  // what `known` refers to stays where it is
    for (const StoredCertificate& certificate : into) known.insert(certificate.certFile.value);
    for (const StoredCertificate& certificate : from) {
      if (known.contains(certificate.certFile.value) && std::ranges::find(into, certificate) != into.end()) {
        note("tls.certificates", "TLS configuration");
      } else {
        known.insert(into.emplace_back(certificate).certFile.value);
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

/// Brings the objects of one provider in `into` in step with what it delivers now.
template <class T>
void update(format::SharedMap<T>& into, const format::SharedMap<T>& before, const format::SharedMap<T>& now,
            std::string_view provider) {
  format::SharedMap<T>::compare(before, now, [&](const auto* old, const auto* fresh) {
    if (fresh != nullptr) {
      into.insert_or_assign(qualified(fresh->first, provider), fresh->second);
    } else {
      into.erase(qualified(old->first, provider));
    }
  });
}

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
  for (const StoredCertificate& certificate : from.configuration->tls.certificates) {
    const bool challenge = std::ranges::find(certificate.stores, kAcmeTlsStore) != certificate.stores.end();
    if (challenge && from.provider != kAcmeTlsProvider) continue;
    into.push_back(certificate);
  }
}

void add_tcp_and_udp(DynamicConfiguration& into, const ProviderConfiguration& from,
                     const std::vector<std::string>& entry_points) {
  const TcpConfiguration& tcp = from.configuration->tcp;
  for (const auto& [name, original] : tcp.routers) {
    TcpRouter router = original;
    if (router.entryPoints.empty()) router.entryPoints = entry_points;
    into.tcp.routers.insert_or_assign(qualified(name, from.provider), std::move(router));
  }
  add_qualified(into.tcp.services, tcp.services, from.provider);
  add_qualified(into.tcp.middlewares, tcp.middlewares, from.provider);
  add_qualified(into.tcp.serversTransports, tcp.serversTransports, from.provider);
  add_qualified(into.udp.routers, from.configuration->udp.routers, from.provider);
  add_qualified(into.udp.services, from.configuration->udp.services, from.provider);
}

}  // namespace

std::vector<MergeNote> add_file(DynamicConfiguration& into, const DynamicConfiguration& file, std::string_view origin) {
  FileAdder adder(origin);
  adder.add(into.http.routers, file.http.routers, "http.routers", "HTTP router");
  adder.add(into.http.services, file.http.services, "http.services", "HTTP service");
  adder.add(into.http.middlewares, file.http.middlewares, "http.middlewares", "HTTP middleware");
  adder.add(into.http.serversTransports, file.http.serversTransports, "http.serversTransports",
            "HTTP servers transport");
  adder.add(into.tcp.routers, file.tcp.routers, "tcp.routers", "TCP router");
  adder.add(into.tcp.services, file.tcp.services, "tcp.services", "TCP service");
  adder.add(into.tcp.middlewares, file.tcp.middlewares, "tcp.middlewares", "TCP middleware");
  adder.add(into.tcp.serversTransports, file.tcp.serversTransports, "tcp.serversTransports", "TCP servers transport");
  adder.add(into.udp.routers, file.udp.routers, "udp.routers", "UDP router");
  adder.add(into.udp.services, file.udp.services, "udp.services", "UDP service");
  adder.add(into.tls.options, file.tls.options, "tls.options", "TLS options");
  adder.add(into.tls.stores, file.tls.stores, "tls.stores", "TLS store");
  adder.add(into.tls.certificates, file.tls.certificates);
  return std::move(adder).take_notes();
}

bool is_empty(const DynamicConfiguration& c) {
  return c.http.routers.empty() && c.http.services.empty() && c.http.middlewares.empty() && c.tcp.routers.empty() &&
         c.tcp.services.empty() && c.tcp.middlewares.empty() && c.udp.routers.empty() && c.udp.services.empty() &&
         c.tls.certificates.empty() && c.tls.options.empty() && c.tls.stores.empty();
}

std::string qualified(std::string_view name, std::string_view provider) { return fmt::format("{}@{}", name, provider); }

HttpRouter Merger::qualified_router(const HttpRouter& original, const std::string& provider) const {
  HttpRouter router = original;
  if (router.parentRefs.empty() && router.entryPoints.empty()) router.entryPoints = default_entry_points_;
  for (std::string& parent : router.parentRefs) {
    if (parent.find('@') == std::string::npos) parent = qualified(parent, provider);
  }
  return router;
}

void Merger::update_http(const std::string& provider, const HttpConfiguration& before, const HttpConfiguration& now) {
  format::SharedMap<HttpRouter>::compare(before.routers, now.routers, [&](const auto* old, const auto* fresh) {
    if (fresh != nullptr) {
      http_.routers.insert_or_assign(qualified(fresh->first, provider), qualified_router(fresh->second, provider));
    } else {
      http_.routers.erase(qualified(old->first, provider));
    }
  });
  update(http_.services, before.services, now.services, provider);
  update(http_.middlewares, before.middlewares, now.middlewares, provider);
  update(http_.serversTransports, before.serversTransports, now.serversTransports, provider);
}

Merged Merger::merge(std::vector<ProviderConfiguration> providers) {
  static const HttpConfiguration nothing;
  for (const ProviderConfiguration& before : merged_) {
    if (std::ranges::find(providers, before.provider, &ProviderConfiguration::provider) == providers.end()) {
      update_http(before.provider, before.configuration->http, nothing);
    }
  }
  Merged merged;
  DynamicConfiguration& all = merged.configuration;
  std::vector<std::string> options_definers;
  std::vector<std::string> store_definers;
  for (const ProviderConfiguration& provider : providers) {
    const auto before = std::ranges::find(merged_, provider.provider, &ProviderConfiguration::provider);
    update_http(provider.provider, before == merged_.end() ? nothing : before->configuration->http,
                provider.configuration->http);
    add_tcp_and_udp(all, provider, default_entry_points_);
    add_certificates(all.tls.certificates, provider);
    add_tls(all.tls.options, provider.configuration->tls.options, provider.provider, options_definers);
    add_tls(all.tls.stores, provider.configuration->tls.stores, provider.provider, store_definers);
  }
  all.http = http_;
  merged_ = std::move(providers);
  refuse_rivals(all.tls.options, options_definers, "tls.options.default", merged.notes);
  refuse_rivals(all.tls.stores, store_definers, "tls.stores.default", merged.notes);
  if (options_definers.empty()) all.tls.options[std::string(kDefault)].minVersion = "VersionTLS12";
  return merged;
}

}  // namespace tandem::model
