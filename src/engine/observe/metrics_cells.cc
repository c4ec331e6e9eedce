#include "engine/observe/metrics_cells.h"

namespace tandem::observe {

CellTable::Word* CellTable::add(const CellKey& key, const MetricIds& ids) {
  if ((used_ + 1) * 2 > index_.size()) make_room(ids);
  const bool fresh = free_.empty();
  Word* const cell = fresh ? cells_.next() : free_.back();
  if (!fresh) free_.pop_back();
  cell[1].store(key.detail, std::memory_order_relaxed);
  cell[0].store(key.labels, std::memory_order_release);
  if (fresh) cells_.publish();
  *find(key) = cell;
  ++used_;
  return cell + kKeyWords;
}

void CellTable::make_room(const MetricIds& ids) {
  std::vector<Word*> kept;
  kept.reserve(used_);
  for (Word* const cell : index_) {
    if (cell == nullptr) continue;
    const std::uint64_t labels = cell[0].load(std::memory_order_relaxed);
    if (!ids.dropped(static_cast<MetricId>(labels >> 32))) {
      kept.push_back(cell);
      continue;
    }
    cell[0].store(0, std::memory_order_relaxed);
    // Whoever sees one of the zeros below also sees that the cell was given up.
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t w = 1; w < kKeyWords + words_; ++w) cell[w].store(0, std::memory_order_relaxed);
    free_.push_back(cell);
  }
  used_ = kept.size();
  // Half of the index is free after this, or it was made larger: the next such walk is far away.
  index_.assign(used_ * 4 > index_.size() ? index_.size() * 2 : index_.size(), nullptr);
  for (Word* const cell : kept) *find(key_of(cell)) = cell;
}

}  // namespace tandem::observe
