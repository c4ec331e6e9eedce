#pragma once

// RouteIndex: finds the few routes that can match a request's host and path, so that a request's cost does not grow
// with the number of routes. Built with a route table; immutable, shared by all cores.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/http/arena.h"
#include "proxy/match/requirement.h"

namespace tandem::match {

class RouteIndex {
 public:
  /// A route that may match. A better one has a smaller rank.
  struct Candidate {
    std::uint32_t rank : 31;
    std::uint32_t certain : 1;  ///< it does match: nothing is left to ask
  };

  RouteIndex() = default;
  /// One requirement for each rank, in order.
  explicit RouteIndex(std::span<const Requirement* const> requirements);
  RouteIndex(RouteIndex&&) = default;
  RouteIndex& operator=(RouteIndex&&) = default;
  RouteIndex(const RouteIndex&) = delete;
  RouteIndex& operator=(const RouteIndex&) = delete;
  ~RouteIndex() = default;

  /// Calls `accept(candidate)` in ascending order of ranks until it returns true: all routes that can match, and
  /// perhaps some that cannot, some of them twice. No allocation unless more than 32 prefixes of the path are routes'
  /// own.
  template <class Accept>
  void find(std::string_view host, std::string_view path, http::Arena& arena, Accept accept) const;

 private:
  using Candidates = std::span<const Candidate>;
  static constexpr std::uint32_t kNone = ~0U;
  static constexpr std::size_t kUnindexed = 8;  // so few routes are tried one by one

  struct List {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  /// A path text of one bucket; nodes of a bucket are sorted by text.
  struct PathNode {
    std::string_view text;
    std::uint32_t parent = kNone;  // the longest other node that is a prefix of this one
    List prefixes;
    List exacts;
  };
  /// The routes of one host, of one host suffix, or of no particular host.
  struct Bucket {
    std::string_view host;
    bool suffix = false;
    std::size_t hash = 0;
    List any_path;
    List nodes;
  };
  struct Entry {
    std::uint32_t bucket;
    std::uint32_t rank;
    PathKey path;
    bool has_path;
    bool sufficient;
  };
  class Found;

  std::uint32_t bucket_for(const HostKey& host);
  const Bucket* lookup(std::string_view host, bool suffix) const;
  void fill(Bucket& bucket, std::span<const Entry> entries);
  void fill_nodes(Bucket& bucket, std::span<const Entry> entries);
  void keep_texts();
  void grow_table();
  void collect(const Bucket& bucket, std::string_view path, Found& found) const;
  Candidates candidates(List list) const { return {candidates_.data() + list.first, list.count}; }

  std::vector<Candidate> candidates_;
  std::vector<PathNode> nodes_;
  std::vector<Bucket> buckets_;       // the first one: no particular host
  std::vector<std::uint32_t> table_;  // open addressing; buckets by host
  std::vector<char> texts_;           // of nodes and buckets, close together for the sake of the cache
  bool any_suffix_ = false;
};

/// The lists that a lookup found.
class RouteIndex::Found {
 public:
  explicit Found(http::Arena& arena) : arena_(arena) {}
  void add(Candidates list) {
    if (list.empty()) return;
    if (size_ == capacity_) grow();
    lists_[size_++] = list;
  }
  std::span<Candidates> lists() { return {lists_, size_}; }

 private:
  void grow();

  http::Arena& arena_;
  std::array<Candidates, 32> few_;
  Candidates* lists_ = few_.data();
  std::size_t size_ = 0;
  std::size_t capacity_ = few_.size();
};

template <class Accept>
void RouteIndex::find(std::string_view host, std::string_view path, http::Arena& arena, Accept accept) const {
  if (buckets_.empty()) return;
  if (host.ends_with('.')) host.remove_suffix(1);
  Found found(arena);
  if (!host.empty() && !table_.empty()) {
    if (const Bucket* bucket = lookup(host, false)) collect(*bucket, path, found);
    const std::size_t dot = any_suffix_ ? host.find('.') : std::string_view::npos;
    if (dot != std::string_view::npos) {
      if (const Bucket* bucket = lookup(host.substr(dot), true)) collect(*bucket, path, found);
    }
  }
  collect(buckets_.front(), path, found);

  const std::span<Candidates> lists = found.lists();
  while (true) {
    Candidates* best = nullptr;
    for (Candidates& list : lists) {
      if (!list.empty() && (best == nullptr || list.front().rank < best->front().rank)) best = &list;
    }
    if (best == nullptr || accept(best->front())) return;
    *best = best->subspan(1);
  }
}

}  // namespace tandem::match
