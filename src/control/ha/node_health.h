#pragma once

// NodeHealth: everything that counts for or against this node (its data plane, tracked scripts and files), turned into
// weights and faults of the virtual routers. Belongs to the supervisor's loop.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/model/high_availability.h"
#include "control/ha/data_plane_check.h"
#include "control/ha/speaker.h"
#include "control/hooks/script_runner.h"
#include "control/hooks/track_file.h"

namespace tandem::ha {

class NodeHealth {
 public:
  /// `speaker` outlives it. Errors: scripts or files that cannot be followed, by their names.
  static base::Result<std::unique_ptr<NodeHealth>> make(const model::HighAvailability& configuration, Speaker& speaker);

  void start();
  /// The health of the data plane changed. Before it was well for the first time the node takes no part.
  void data_plane_is(const DataPlaneVerdict& verdict);
  /// It was looked at: while it serves, the leases of the addresses are renewed.
  void data_plane_looked_at(const DataPlaneVerdict& verdict);

  const DataPlaneVerdict& data_plane() const { return data_plane_; }
  /// What the fault of a number is (FaultChanged::fault).
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  /// Something that is followed, and the routers it concerns.
  struct Check {
    std::vector<int> routers;
    hooks::TrackEffect effect;
    std::uint8_t fault = 0;
    bool known = false;
  };

  NodeHealth(const model::HighAvailability& configuration, Speaker& speaker)
      : configuration_(configuration), speaker_(speaker) {}
  base::Result<void> follow();
  Check& add_check(const std::vector<std::string>& instances);
  void take(Check& check, const hooks::TrackEffect& effect, std::string reason);
  void post_weights();

  const model::HighAvailability configuration_;
  Speaker& speaker_;
  DataPlaneVerdict data_plane_;
  bool has_served_ = false;
  std::vector<std::string> faults_;
  std::vector<std::unique_ptr<Check>> checks_;  // the first one is the data plane's
  std::vector<std::unique_ptr<hooks::ScriptRunner>> scripts_;
  std::vector<std::unique_ptr<hooks::TrackFile>> files_;
};

}  // namespace tandem::ha
