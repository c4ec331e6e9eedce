#pragma once

// Reload: takes what providers deliver and turns it into one merged configuration at a time: identical deliveries are
// dropped, a provider that delivers fast is slowed down, nothing is applied before the internal provider has spoken.
// docs/life_of_a_config_change.md tells the whole way. Control thread. Owned by serve().

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/model/dynamic_configuration.h"
#include "config/model/entry_point_models.h"
#include "config/model/merge.h"
#include "config/model/static_configuration.h"
#include "config/model/tls_conflicts.h"
#include "control/provider/provider.h"
#include "engine/loop/loop.h"

namespace tandem::app {

/// Something wrong with a provider's configuration, as the API tells it (/api/config/errors).
struct ConfigurationError {
  std::string provider;
  format::Problem problem;
};

/// One configuration to apply.
struct Candidate {
  std::shared_ptr<const model::DynamicConfiguration> configuration;  ///< merged, names qualified, models applied
  std::vector<ConfigurationError> errors;                            ///< of all providers, and of merging
  std::size_t recalled = 0;          ///< sources that are served as an earlier run accepted them
  bool named_files_changed = false;  ///< files that the configuration names hold something else: build all anew
  /// Files of certificates that hold something else; nothing but certificates is read from them.
  std::vector<std::string> changed_certificates;
};

class Reload final : public provider::Receiver {
 public:
  using Apply = std::move_only_function<void(Candidate)>;

  Reload(std::shared_ptr<const model::StaticConfiguration> static_configuration, Apply apply);

  void receive(provider::Delivery delivery) override;
  /// The internal provider delivers; from now on configurations are applied. Called once, when all providers have
  /// been started.
  void begin();
  /// The provider has delivered something usable, which is in force or about to be.
  bool has_delivered(const std::string& provider) const;

 private:
  /// What a provider said.
  struct Source {
    explicit Source(Reload& owner) : reload(owner) {}
    Reload& reload;
    provider::Delivery latest;
    std::shared_ptr<const model::DynamicConfiguration> applied;
    bool waiting = false;  // `latest` is newer than `applied` and waits for the timer
    loop::Timer throttle{&Source::on_timer, this};
    static void on_timer(void* self);
  };

  void report_not_built(const model::DynamicConfiguration& configuration, const model::DynamicConfiguration* before);
  void forward(Source& source);
  void apply();
  void merge(std::vector<model::ProviderConfiguration> deliveries);

  std::shared_ptr<const model::StaticConfiguration> static_;
  model::Merger merger_;
  model::EntryPointModels models_;
  model::TlsConflicts tls_conflicts_;
  Apply apply_;
  std::map<std::string, std::unique_ptr<Source>> sources_;
  std::set<std::string> said_not_built_;
  bool begun_ = false;
  bool named_files_changed_ = false;
  std::vector<std::string> changed_certificates_;
  // What the last candidate was made of, and what came of it.
  std::vector<model::ProviderConfiguration> merged_from_;
  std::shared_ptr<const model::DynamicConfiguration> merged_;
  format::Problems notes_;
};

}  // namespace tandem::app
