#include "proxy/handshake/tls_material.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "engine/tls/self_signed.h"

namespace tandem::handshake {
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

bool TlsMaterial::is_touched(const std::string& chain, const std::string& key) const {
  const auto names = [](const std::string& file) { return [&file](const std::string& each) { return each == file; }; };
  return touched_.all || std::ranges::any_of(touched_.files, names(chain)) ||
         std::ranges::any_of(touched_.files, names(key));
}

tls::CertificatePtr TlsMaterial::get(const std::string& chain, const std::string& key) {
  std::string name = chain;
  name.push_back('\0');
  name.append(key);
  const auto [at, is_new] = pairs_.try_emplace(std::move(name));
  Pair& pair = at->second;
  const bool known = !is_new && (pair.looked == stores_ || !is_touched(chain, key));
  pair.looked = stores_;
  if (known) return pair.certificate;
  const Stamp chain_stamp = stamp_of(chain);
  const Stamp key_stamp = stamp_of(key);
  if (!is_new && chain_stamp == pair.chain && key_stamp == pair.key) return pair.certificate;
  pair.chain = chain_stamp;
  pair.key = key_stamp;
  base::Result<tls::CertificatePtr> certificate = read(chain, key);
  if (certificate) {
    // A file that was written again as it was changes nothing.
    const bool same = pair.certificate != nullptr && (*certificate)->same_as(*pair.certificate);
    if (same) return pair.certificate;
    pair.certificate = std::move(*certificate);
    if (!pair.certificate->ocsp_responders().empty()) new_with_responder_.push_back(pair.certificate);
  } else {
    pair.certificate = nullptr;
    base::log_error("Unable to parse certificate", {{"certFile", shown(chain)}, {"error", certificate.error().text()}});
  }
  return pair.certificate;
}

TlsMaterial::Placed TlsMaterial::place(const model::StoredCertificate& certificate, std::uint64_t at) {
  if (!is_served(certificate)) return {.certificate = nullptr, .place = at};
  return {.certificate = get(certificate.certFile.value, certificate.keyFile.value), .place = at};
}

/// Replaces the certificates in [begin, old_end) by those of the new configuration in [begin, new_end).
void TlsMaterial::replace(const Certificates& now, std::size_t begin, std::size_t old_end, std::size_t new_end,
                          Changes& changes) {
  // Places have gaps, so that what comes between two certificates does not move those behind.
  constexpr std::uint64_t kGap = std::uint64_t{1} << 32;
  const std::uint64_t before = begin == 0 ? 0 : placed_[begin - 1].place;
  const std::uint64_t behind =
      old_end == placed_.size() ? before + (new_end - begin + 1) * kGap : placed_[old_end].place;
  const std::uint64_t gap = (behind - before) / (new_end - begin + 1);
  std::vector<Placed> fresh;
  for (std::size_t i = begin; i < new_end; ++i) fresh.push_back(place(now[i], before + (i - begin + 1) * gap));
  for (std::size_t i = begin; i < old_end; ++i) {
    if (placed_[i].certificate != nullptr) changes.removed.push_back(placed_[i]);
  }
  for (const Placed& one : fresh) {
    if (one.certificate != nullptr) changes.added.push_back(one);
  }
  const auto at = placed_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto behind_old = placed_.erase(at, at + static_cast<std::ptrdiff_t>(old_end - begin));
  placed_.insert(behind_old, fresh.begin(), fresh.end());
}

void TlsMaterial::look_at_touched(const Certificates& now, Changes& changes) {
  if (!touched_.all && touched_.files.empty()) return;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!is_touched(now[i].certFile.value, now[i].keyFile.value)) continue;
    Placed fresh = place(now[i], placed_[i].place);
    if (fresh.certificate == placed_[i].certificate) continue;
    if (placed_[i].certificate != nullptr) changes.removed.push_back(placed_[i]);
    if (fresh.certificate != nullptr) changes.added.push_back(fresh);
    placed_[i] = std::move(fresh);
  }
}

/// True when it is another one than before.
bool TlsMaterial::set_fallback(tls::CertificateStore& store, const model::TlsStore& from) {
  const tls::CertificatePtr before = std::exchange(default_, nullptr);
  const bool was_generated = latest_ != nullptr && latest_->configured_fallback() == nullptr;
  if (!from.defaultCertificate) {
    store.set_fallback(tls::CertificatePtr());
    store.set_fallback(generated_);
    return !was_generated;
  }
  default_ = get(from.defaultCertificate->certFile.value, from.defaultCertificate->keyFile.value);
  // One that cannot be used leaves none: those names have a certificate, if not a good one.
  store.set_fallback(default_);
  store.set_fallback(std::shared_future<tls::CertificatePtr>());
  return default_ != before || default_ == nullptr;
}

void TlsMaterial::forget_unused() {
  const std::size_t used = placed_.size() + 1;
  if (pairs_.size() <= 2 * used) return;
  ++stores_;
  for (const model::StoredCertificate& certificate : configuration_->tls.certificates) {
    if (is_served(certificate)) (void)get(certificate.certFile.value, certificate.keyFile.value);
  }
  std::erase_if(pairs_, [this](const auto& pair) { return pair.second.looked != stores_; });
}

std::shared_ptr<const tls::CertificateStore> TlsMaterial::store(
    std::shared_ptr<const model::DynamicConfiguration> configuration, Touched touched) {
  static const Certificates kNone;
  ++stores_;
  touched_ = latest_ == nullptr ? Touched() : touched;
  const Certificates& old = configuration_ == nullptr ? kNone : configuration_->tls.certificates;
  const Certificates& now = configuration->tls.certificates;
  // Most changes are in one place: what stands before and behind it is as it was.
  const std::size_t most = std::min(old.size(), now.size());
  std::size_t same = 0;
  if (configuration_ == configuration) same = most;
  while (same < most && old[same] == now[same]) ++same;
  std::size_t same_behind = 0;
  while (same_behind < most - same && old[old.size() - 1 - same_behind] == now[now.size() - 1 - same_behind])
    ++same_behind;
  Changes changes;
  replace(now, same, old.size() - same_behind, now.size() - same_behind, changes);
  look_at_touched(now, changes);
  const tls::CertificateStore empty;
  auto made =
      std::make_shared<tls::CertificateStore>(latest_ == nullptr ? empty : *latest_, changes.removed, changes.added);
  const model::TlsStore& from = default_store_of(configuration->tls);
  if (from.defaultGeneratedCert && (configuration_ == nullptr || default_store_of(configuration_->tls) != from)) {
    base::log_error("No certificate is generated for the default store: resolvers are not built",
                    {{"resolver", from.defaultGeneratedCert->resolver}});
  }
  const bool other_fallback = set_fallback(*made, from);
  const bool unchanged = latest_ != nullptr && changes.removed.empty() && changes.added.empty() && !other_fallback;
  configuration_ = std::move(configuration);
  if (!unchanged) latest_ = std::move(made);
  touched_ = {};
  forget_unused();
  return latest_;
}

}  // namespace tandem::handshake
