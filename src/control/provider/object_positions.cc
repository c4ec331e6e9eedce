#include "control/provider/object_positions.h"

#include <utility>

namespace tandem::provider {
namespace {

// Looking up walks the shifts; so many cost less than moving every object once.
constexpr std::size_t kMostShifts = 256;

}  // namespace

void ObjectPositions::set(std::string path, format::Position position) {
  placed_.insert_or_assign(std::move(path), Placed{std::move(position), shifts_.size()});
}

void ObjectPositions::erase(std::string_view path) {
  if (const auto found = placed_.find(path); found != placed_.end()) placed_.erase(found);
}

std::vector<std::string> ObjectPositions::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, placed] : placed_) paths.push_back(path);
  return paths;
}

format::Position ObjectPositions::moved(const Placed& placed) const {
  format::Position position = placed.position;
  for (std::size_t i = placed.shifts; i < shifts_.size(); ++i) {
    if (position.line >= shifts_[i].first_line) {
      position.line = static_cast<std::uint32_t>(position.line + shifts_[i].lines);
    }
  }
  return position;
}

format::Position ObjectPositions::find(std::string_view path) const {
  const auto found = placed_.find(path);
  return found == placed_.end() ? format::Position{} : moved(found->second);
}

void ObjectPositions::shift(std::uint32_t first_line, std::int64_t lines) {
  if (lines == 0) return;
  if (shifts_.size() == kMostShifts) {
    for (auto& [path, placed] : placed_) placed = {moved(placed), 0};
    shifts_.clear();
  }
  shifts_.push_back({first_line, lines});
}

}  // namespace tandem::provider
