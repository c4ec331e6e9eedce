#pragma once

// CellTable: the counters of one worker: a cell of numbers for each combination of labels it has seen. The worker alone
// writes, without locks and without sharing what it writes with other workers; any thread may read at any time. Cells
// of dropped ids are used again when the table would have to grow. Owned by a shard of Metrics.

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/observe/metrics_array.h"
#include "engine/observe/metrics_ids.h"

namespace tandem::observe {

/// What a cell counts. `labels` holds the id in its upper half; it is never 0.
struct CellKey {
  std::uint64_t labels = 0;
  std::uint64_t detail = 0;
  bool operator==(const CellKey&) const = default;
};

class CellTable {
 public:
  using Word = std::atomic<std::uint64_t>;

  /// `words`: numbers in a cell.
  explicit CellTable(std::size_t words) : words_(words), cells_(kKeyWords + words), index_(kFirstSlots, nullptr) {}
  CellTable(const CellTable&) = delete;
  CellTable& operator=(const CellTable&) = delete;

  /// The worker: the numbers of `key`, zeros when it is new.
  Word* get(const CellKey& key, const MetricIds& ids) {
    Word** const slot = find(key);
    return *slot != nullptr ? *slot + kKeyWords : add(key, ids);
  }
  /// The worker: adds to a number that only it writes (cheaper than an atomic addition).
  static void add_to(Word& word, std::uint64_t amount) {
    word.store(word.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  /// Any thread: `visit(key, words)` for every cell in use; `words` is a copy.
  template <class Visit>
  void read(Visit&& visit) const {
    std::vector<std::uint64_t> copy(words_);
    const std::size_t size = cells_.size();
    for (std::size_t i = 0; i < size; ++i) {
      const Word* cell = cells_.at(i);
      const std::uint64_t labels = cell[0].load(std::memory_order_acquire);
      if (labels == 0) continue;
      const CellKey key{labels, cell[1].load(std::memory_order_relaxed)};
      for (std::size_t w = 0; w < words_; ++w) copy[w] = cell[kKeyWords + w].load(std::memory_order_relaxed);
      // A cell that changed hands meanwhile is left out.
      std::atomic_thread_fence(std::memory_order_acquire);
      if (cell[0].load(std::memory_order_relaxed) == labels) visit(key, copy.data());
    }
  }
  /// Any thread.
  std::size_t size() const { return cells_.size(); }

 private:
  static constexpr std::size_t kKeyWords = 2;
  static constexpr std::size_t kFirstSlots = 256;

  static std::uint64_t hash(const CellKey& key) {
    std::uint64_t h = key.labels * 0x9E3779B97F4A7C15ULL + key.detail * 0xC2B2AE3D27D4EB4FULL;
    h ^= h >> 32;
    return h * 0x9E3779B97F4A7C15ULL >> 20;
  }
  static CellKey key_of(const Word* cell) {
    return {cell[0].load(std::memory_order_relaxed), cell[1].load(std::memory_order_relaxed)};
  }
  /// Where the key's cell stands in the index, or where it would.
  Word** find(const CellKey& key) {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t at = hash(key) & mask;; at = (at + 1) & mask) {
      if (index_[at] == nullptr || key_of(index_[at]) == key) return &index_[at];
    }
  }
  Word* add(const CellKey& key, const MetricIds& ids);
  void make_room(const MetricIds& ids);

  std::size_t words_;
  StableArray<Word> cells_;
  std::vector<Word*> free_;
  std::vector<Word*> index_;  // open addressing; at most half full
  std::size_t used_ = 0;
};

}  // namespace tandem::observe
