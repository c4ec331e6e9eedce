#pragma once

// KeptSources: what sources held when it was last accepted, for the providers, on disk (control/history). Control
// thread; owned by serve().

#include <string>
#include <string_view>

#include "control/history/last_good.h"
#include "control/provider/provider.h"

namespace tandem::app {

class KeptSources final : public provider::Memory {
 public:
  /// `directory`: where; the option stateDirectory or history::default_directory().
  explicit KeptSources(std::string directory) : last_good_(std::move(directory)) {}

  void keep(std::string_view source, std::string content) override { last_good_.keep(source, std::move(content)); }
  std::optional<Recalled> recall(std::string_view source) const override;
  std::vector<std::string> sources(std::string_view prefix) const override { return last_good_.sources(prefix); }

 private:
  history::LastGood last_good_;
};

}  // namespace tandem::app
