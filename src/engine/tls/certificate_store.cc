#include "engine/tls/certificate_store.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>

#include "engine/tls/client_hello.h"

namespace tandem::tls {

CertificateStore::CertificateStore(const CertificateStore& before, std::span<const Placed> removed,
                                   std::span<const Placed> added)
    : shards_(before.shards_), fallback_(before.fallback_), made_(before.made_) {
  // Shards that change are copied once.
  std::unordered_map<std::size_t, std::shared_ptr<Shard>> own;
  const auto shard_of = [&](std::size_t hash) -> Shard& {
    const std::size_t index = hash % kShards;
    std::shared_ptr<Shard>& shard = own[index];
    if (shard == nullptr) {
      shard = shards_[index] == nullptr ? std::make_shared<Shard>() : std::make_shared<Shard>(*shards_[index]);
    }
    return *shard;
  };
  const std::hash<std::string_view> hash_of;
  for (const Placed& placed : removed) {
    for (const std::string& name : placed.certificate->names()) {
      std::erase_if(shard_of(hash_of(name)), [&placed](const Entry& entry) {
        return entry.placed.certificate == placed.certificate && entry.placed.place == placed.place;
      });
    }
  }
  for (const Placed& placed : added) {
    for (const std::string& name : placed.certificate->names()) {
      const std::size_t hash = hash_of(name);
      shard_of(hash).push_back({.hash = hash, .name = name, .placed = placed});
    }
  }
  for (auto& [index, shard] : own) shards_[index] = std::move(shard);
}

bool CertificateStore::is_better(const Placed& one, const Placed& other) {
  const int order = one.certificate->identity().compare(other.certificate->identity());
  return order != 0 ? order > 0 : one.place < other.place;
}

const CertificatePtr* CertificateStore::find_exact(std::string_view name) const {
  const std::size_t hash = std::hash<std::string_view>()(name);
  const std::shared_ptr<const Shard>& shard = shards_[hash % kShards];
  if (shard == nullptr) return nullptr;
  const Placed* best = nullptr;
  for (const Entry& entry : *shard) {
    if (entry.hash != hash || entry.name != name) continue;
    if (best == nullptr || is_better(entry.placed, *best)) best = &entry.placed;
  }
  return best == nullptr ? nullptr : &best->certificate;
}

const CertificatePtr* CertificateStore::find(std::string_view name) const {
  const CertificatePtr* const exact = find_exact(name);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() > kMaxServerName) return exact;
  char wildcard[kMaxServerName + 1];
  wildcard[0] = '*';
  name.remove_prefix(dot);
  std::ranges::copy(name, wildcard + 1);
  const CertificatePtr* const covering = find_exact({wildcard, name.size() + 1});
  if (exact == nullptr || covering == nullptr) return exact == nullptr ? covering : exact;
  return (*exact)->identity() < (*covering)->identity() ? covering : exact;
}

CertificatePtr CertificateStore::fallback() const {
  if (fallback_ != nullptr || !made_.valid()) return fallback_;
  return made_.get();
}

bool CertificateStore::fallback_is_made() const {
  return fallback_ != nullptr || !made_.valid() || made_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

std::vector<CertificatePtr> CertificateStore::certificates() const {
  std::vector<const Placed*> all;
  for (const auto& shard : shards_) {
    if (shard == nullptr) continue;
    for (const Entry& entry : *shard) {
      if (entry.name.data() == entry.placed.certificate->names().front().data()) all.push_back(&entry.placed);
    }
  }
  const auto identity = [](const Placed* placed) -> const std::string& { return placed->certificate->identity(); };
  std::ranges::sort(all, [&identity](const Placed* a, const Placed* b) {
    const int order = identity(a).compare(identity(b));
    return order != 0 ? order < 0 : a->place < b->place;
  });
  const auto repeated = std::ranges::unique(all, {}, identity);
  all.erase(repeated.begin(), repeated.end());
  std::vector<CertificatePtr> out;
  out.reserve(all.size());
  for (const Placed* placed : all) out.push_back(placed->certificate);
  return out;
}

}  // namespace tandem::tls
