#pragma once

// ConfigurationState: the snapshot in force and what is wrong with the configuration, for whoever shows it. The control
// thread publishes; any thread reads. Owned by serve(), outlives the workers.

#include <memory>
#include <mutex>
#include <vector>

#include "app/reload.h"
#include "proxy/routing/snapshot.h"

namespace tandem::app {

class ConfigurationState {
 public:
  using Errors = std::vector<ConfigurationError>;

  /// `recalled`: sources that are served as an earlier run of the program accepted them.
  void publish(std::shared_ptr<const routing::Snapshot> snapshot, Errors errors, std::size_t recalled) {
    auto shared = std::make_shared<const Errors>(std::move(errors));
    const std::scoped_lock lock(mutex_);
    snapshot_ = std::move(snapshot);
    errors_ = std::move(shared);
    recalled_ = recalled;
  }
  /// Null before the first configuration.
  std::shared_ptr<const routing::Snapshot> snapshot() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
  }
  std::shared_ptr<const Errors> errors() const {
    const std::scoped_lock lock(mutex_);
    return errors_;
  }
  std::size_t recalled() const {
    const std::scoped_lock lock(mutex_);
    return recalled_;
  }

 private:
  mutable std::mutex mutex_;  // guards the three below; never held while something is built
  std::shared_ptr<const routing::Snapshot> snapshot_;
  std::shared_ptr<const Errors> errors_ = std::make_shared<const Errors>();
  std::size_t recalled_ = 0;
};

}  // namespace tandem::app
