#include "engine/tls/certificate_store.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string>

#include "engine/tls/client_hello.h"

namespace tandem::tls {

CertificateStore::CertificateStore(std::span<const CertificatePtr> certificates) {
  std::vector<const CertificatePtr*> order;
  order.reserve(certificates.size());
  for (const CertificatePtr& certificate : certificates) order.push_back(&certificate);
  const auto identity = [](const CertificatePtr* each) -> const std::string& { return (*each)->identity(); };
  std::ranges::sort(order, [&identity](const CertificatePtr* a, const CertificatePtr* b) {
    const int difference = identity(a).compare(identity(b));
    return difference != 0 ? difference < 0 : a < b;  // of equal ones the first is kept
  });
  const auto repeated = std::ranges::unique(order, {}, identity);
  order.erase(repeated.begin(), repeated.end());
  certificates_.reserve(order.size());
  for (const CertificatePtr* certificate : order) certificates_.push_back(*certificate);
  std::size_t names = 0;
  for (const CertificatePtr& certificate : certificates_) names += certificate->names().size();
  slots_.resize(std::bit_ceil(2 * names + 1));
  for (const CertificatePtr& certificate : certificates_) add(certificate);
}

const CertificateStore::Slot& CertificateStore::slot_of(std::string_view name) const {
  const std::size_t hash = std::hash<std::string_view>()(name);
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at].certificate != nullptr && (slots_[at].hash != hash || slots_[at].name != name))
    at = (at + 1) & (slots_.size() - 1);
  return slots_[at];
}

void CertificateStore::add(const CertificatePtr& certificate) {
  for (const std::string& name : certificate->names()) {
    // They come in order, so the last one has the last identity.
    auto& slot = const_cast<Slot&>(slot_of(name));
    slot = {.hash = std::hash<std::string_view>()(name), .name = name, .certificate = &certificate};
  }
}

const CertificatePtr* CertificateStore::find(std::string_view name) const {
  const CertificatePtr* const exact = slot_of(name).certificate;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() > kMaxServerName) return exact;
  char wildcard[kMaxServerName + 1];
  wildcard[0] = '*';
  name.remove_prefix(dot);
  std::ranges::copy(name, wildcard + 1);
  const CertificatePtr* const covering = slot_of({wildcard, name.size() + 1}).certificate;
  if (exact == nullptr || covering == nullptr) return exact == nullptr ? covering : exact;
  return (*exact)->identity() < (*covering)->identity() ? covering : exact;
}

CertificatePtr CertificateStore::fallback() const {
  if (fallback_ != nullptr || !made_.valid()) return fallback_;
  return made_.get();
}

}  // namespace tandem::tls
