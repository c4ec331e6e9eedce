#include "proxy/routing/tls_material.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "engine/tls/self_signed.h"

namespace tandem::routing {
namespace {

constexpr std::string_view kDefaultStore = "default";

bool is_served(const model::StoredCertificate& certificate) {
  return certificate.stores.empty() || std::ranges::find(certificate.stores, kDefaultStore) != certificate.stores.end();
}

const model::TlsStore& default_store_of(const model::TlsConfiguration& configuration) {
  static const model::TlsStore none;
  const auto found = configuration.stores.find(std::string(kDefaultStore));
  return found == configuration.stores.end() ? none : found->second;
}

tls::CertificatePtr make_generated() {
  auto made = tls::make_self_signed();
  if (made) return std::move(*made);
  base::log_error("Cannot make a default certificate", {{"error", made.error().text()}});
  return nullptr;
}

/// A text that is no path is not repeated in the log: it may be a key.
std::string shown(const std::string& file_or_content) {
  return file_or_content.find('\n') == std::string::npos ? file_or_content : "(text)";
}

}  // namespace

TlsMaterial::TlsMaterial() : generated_(std::async(std::launch::async, &make_generated).share()) {}

TlsMaterial::Stamp TlsMaterial::stamp_of(const std::string& file_or_content) {
  Stamp stamp;
  if (file_or_content.find('\n') != std::string::npos) return stamp;
  struct stat status{};
  if (::stat(file_or_content.c_str(), &status) != 0) return stamp;
  stamp.modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  stamp.size = status.st_size;
  stamp.inode = status.st_ino;
  return stamp;
}

base::Result<tls::CertificatePtr> TlsMaterial::read(const std::string& chain, const std::string& key) {
  base::Result<std::string> chain_text = tls::file_or_content(chain);
  if (!chain_text) return std::move(chain_text.error());
  base::Result<std::string> key_text = tls::file_or_content(key);
  if (!key_text) return std::move(key_text.error());
  return tls::Certificate::parse(*chain_text, *key_text);
}

tls::CertificatePtr TlsMaterial::get(const std::string& chain, const std::string& key, bool look_again) {
  std::string name = chain;
  name.push_back('\0');
  name.append(key);
  const auto [at, is_new] = pairs_.try_emplace(std::move(name));
  Pair& pair = at->second;
  pair.generation = generation_;
  if (!is_new && !look_again) return pair.certificate;
  const Stamp chain_stamp = stamp_of(chain);
  const Stamp key_stamp = stamp_of(key);
  if (!is_new && chain_stamp == pair.chain && key_stamp == pair.key) return pair.certificate;
  pair.chain = chain_stamp;
  pair.key = key_stamp;
  base::Result<tls::CertificatePtr> certificate = read(chain, key);
  if (certificate) {
    // A file that was written again as it was changes nothing.
    const bool same = pair.certificate != nullptr && (*certificate)->same_as(*pair.certificate);
    if (!same) pair.certificate = std::move(*certificate);
  } else {
    pair.certificate = nullptr;
    base::log_error("Unable to parse certificate", {{"certFile", shown(chain)}, {"error", certificate.error().text()}});
  }
  return pair.certificate;
}

bool TlsMaterial::is_same(const model::TlsConfiguration& configuration) const {
  return latest_ != nullptr && configuration.certificates == certificates_ &&
         default_store_of(configuration) == default_store_;
}

std::shared_ptr<const tls::CertificateStore> TlsMaterial::store(const model::TlsConfiguration& configuration,
                                                                bool look_again) {
  if (!look_again && is_same(configuration)) return latest_;
  ++generation_;
  std::vector<tls::CertificatePtr> served;
  served.reserve(configuration.certificates.size());
  for (const model::StoredCertificate& certificate : configuration.certificates) {
    if (!is_served(certificate)) continue;
    if (auto pair = get(certificate.certFile.value, certificate.keyFile.value, look_again)) served.push_back(pair);
  }
  auto made = std::make_shared<tls::CertificateStore>(served);
  const model::TlsStore& store = default_store_of(configuration);
  if (store.defaultGeneratedCert) {
    base::log_error("No certificate is generated for the default store: resolvers are not built",
                    {{"resolver", store.defaultGeneratedCert->resolver}});
  }
  if (store.defaultCertificate) {
    // One that cannot be used leaves none: those names have a certificate, if not a good one.
    made->set_fallback(
        get(store.defaultCertificate->certFile.value, store.defaultCertificate->keyFile.value, look_again));
  } else {
    made->set_fallback(generated_);
  }
  std::erase_if(pairs_, [this](const auto& pair) { return pair.second.generation != generation_; });
  certificates_ = configuration.certificates;
  default_store_ = store;
  latest_ = std::move(made);
  return latest_;
}

}  // namespace tandem::routing
