#include "app/kept_sources.h"

#include "base/clock.h"

namespace tandem::app {

std::optional<provider::Memory::Recalled> KeptSources::recall(std::string_view source) const {
  auto kept = last_good_.recall(source);
  if (!kept) return std::nullopt;
  const auto time = base::WallTime(std::chrono::seconds(kept->accepted));
  return Recalled{.content = std::move(kept->content), .accepted = base::rfc3339_text(time)};
}

}  // namespace tandem::app
