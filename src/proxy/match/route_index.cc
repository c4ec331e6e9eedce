#include "proxy/match/route_index.h"

#include <algorithm>
#include <iterator>
#include <memory>

namespace tandem::match {

RouteIndex::RouteIndex(std::span<const Requirement* const> requirements) {
  buckets_.emplace_back();
  std::vector<Entry> entries;
  entries.reserve(requirements.size());
  const HostKey no_host;
  const PathKey no_path;
  for (std::uint32_t rank = 0; rank < requirements.size(); ++rank) {
    const Requirement& requirement = *requirements[rank];
    const std::span<const HostKey> hosts =
        requirement.hosts ? std::span<const HostKey>(*requirement.hosts) : std::span<const HostKey>(&no_host, 1);
    const std::span<const PathKey> paths =
        requirement.paths ? std::span<const PathKey>(*requirement.paths) : std::span<const PathKey>(&no_path, 1);
    for (const HostKey& host : hosts) {
      const std::uint32_t bucket = requirement.hosts ? bucket_for(host) : 0;
      for (const PathKey& path : paths) {
        entries.push_back({.bucket = bucket,
                           .rank = rank,
                           .path = path,
                           .has_path = requirement.paths.has_value(),
                           .sufficient = requirement.sufficient});
      }
    }
  }

  // By bucket, keeping the order of ranks.
  std::vector<std::uint32_t> starts(buckets_.size() + 1);
  for (const Entry& entry : entries) ++starts[entry.bucket + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::vector<Entry> sorted(entries.size());
  std::vector<std::uint32_t> at(starts.begin(), starts.end() - 1);
  for (const Entry& entry : entries) sorted[at[entry.bucket]++] = entry;

  candidates_.reserve(sorted.size());
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    fill(buckets_[i], std::span(sorted).subspan(starts[i], starts[i + 1] - starts[i]));
  }
  keep_texts();
}

void RouteIndex::keep_texts() {
  std::size_t size = 0;
  for (const Bucket& bucket : buckets_) size += bucket.host.size();
  for (const PathNode& node : nodes_) size += node.text.size();
  texts_.reserve(size);  // so that views of it stay
  const auto keep = [this](std::string_view& text) {
    const std::size_t at = texts_.size();
    texts_.insert(texts_.end(), text.begin(), text.end());
    text = {texts_.data() + at, text.size()};
  };
  for (Bucket& bucket : buckets_) keep(bucket.host);
  for (PathNode& node : nodes_) keep(node.text);
}

std::uint32_t RouteIndex::bucket_for(const HostKey& host) {
  if (buckets_.size() * 2 > table_.size()) grow_table();
  any_suffix_ = any_suffix_ || host.suffix;
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = host.hash & mask;
  while (table_[slot] != kNone) {
    const Bucket& bucket = buckets_[table_[slot]];
    if (bucket.hash == host.hash && bucket.suffix == host.suffix && bucket.host == host.text) return table_[slot];
    slot = (slot + 1) & mask;
  }
  table_[slot] = static_cast<std::uint32_t>(buckets_.size());
  Bucket& bucket = buckets_.emplace_back();
  bucket.host = host.text;
  bucket.suffix = host.suffix;
  bucket.hash = host.hash;
  return table_[slot];
}

void RouteIndex::grow_table() {
  table_.assign(std::max<std::size_t>(16, table_.size() * 4), kNone);
  const std::size_t mask = table_.size() - 1;
  for (std::uint32_t i = 1; i < buckets_.size(); ++i) {
    std::size_t slot = buckets_[i].hash & mask;
    while (table_[slot] != kNone) slot = (slot + 1) & mask;
    table_[slot] = i;
  }
}

const RouteIndex::Bucket* RouteIndex::lookup(std::string_view host, bool suffix) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = HostKey::hash_of(host, suffix) & mask; table_[slot] != kNone; slot = (slot + 1) & mask) {
    const Bucket& bucket = buckets_[table_[slot]];
    if (bucket.suffix == suffix && bucket.host == host) return &bucket;
  }
  return nullptr;
}

void RouteIndex::fill(Bucket& bucket, std::span<const Entry> entries) {
  const bool indexed = entries.size() > kUnindexed;
  bucket.any_path.first = static_cast<std::uint32_t>(candidates_.size());
  for (const Entry& entry : entries) {
    if (indexed && entry.has_path) continue;
    if (bucket.any_path.count > 0 && candidates_.back().rank == entry.rank) continue;
    candidates_.push_back({.rank = entry.rank, .certain = entry.sufficient && !entry.has_path});
    ++bucket.any_path.count;
  }
  if (indexed) fill_nodes(bucket, entries);
}

void RouteIndex::fill_nodes(Bucket& bucket, std::span<const Entry> entries) {
  std::vector<Entry> with_path;
  std::ranges::copy_if(entries, std::back_inserter(with_path), &Entry::has_path);
  std::ranges::sort(with_path, [](const Entry& a, const Entry& b) {
    const int order = a.path.text.compare(b.path.text);
    if (order != 0) return order < 0;
    if (a.path.exact != b.path.exact) return b.path.exact;
    return a.rank < b.rank;
  });
  const auto first = static_cast<std::uint32_t>(nodes_.size());
  for (const Entry& entry : with_path) {
    if (nodes_.size() == first || nodes_.back().text != entry.path.text) {
      // What was before in the order and is a prefix, is so along the chain of the previous node.
      std::uint32_t parent = nodes_.size() == first ? kNone : static_cast<std::uint32_t>(nodes_.size() - 1);
      while (parent != kNone && !entry.path.text.starts_with(nodes_[parent].text)) parent = nodes_[parent].parent;
      nodes_.push_back({.text = entry.path.text, .parent = parent, .prefixes = {}, .exacts = {}});
    }
    List& list = entry.path.exact ? nodes_.back().exacts : nodes_.back().prefixes;
    if (list.count == 0) list.first = static_cast<std::uint32_t>(candidates_.size());
    candidates_.push_back({.rank = entry.rank, .certain = entry.sufficient});
    ++list.count;
  }
  bucket.nodes = {.first = first, .count = static_cast<std::uint32_t>(nodes_.size()) - first};
}

void RouteIndex::collect(const Bucket& bucket, std::string_view path, Found& found) const {
  found.add(candidates(bucket.any_path));
  if (bucket.nodes.count == 0) return;
  const PathNode* const nodes = nodes_.data() + bucket.nodes.first;
  const PathNode* const after =
      std::upper_bound(nodes, nodes + bucket.nodes.count, path,
                       [](std::string_view wanted, const PathNode& node) { return wanted < node.text; });
  if (after == nodes) return;
  // All prefixes of the path are ancestors of its predecessor in the order.
  const PathNode* node = after - 1;
  const auto common = static_cast<std::size_t>(
      std::mismatch(node->text.begin(), node->text.end(), path.begin(), path.end()).first - node->text.begin());
  if (node->text.size() == path.size() && common == path.size()) found.add(candidates(node->exacts));
  while (true) {
    if (node->text.size() <= common) found.add(candidates(node->prefixes));
    if (node->parent == kNone) return;
    node = nodes_.data() + node->parent;
  }
}

void RouteIndex::Found::grow() {
  auto* const more = static_cast<Candidates*>(arena_.allocate(capacity_ * 2 * sizeof(Candidates)));
  std::uninitialized_copy_n(lists_, size_, more);
  lists_ = more;
  capacity_ *= 2;
}

}  // namespace tandem::match
