#pragma once

// NodeHealth: everything that counts for or against this node (its data plane, the services it should reach, tracked
// scripts and files), turned into weights and faults of the virtual routers. Interfaces are the speaker's own business,
// which adds their weights to those from here. Belongs to the supervisor's loop.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/model/high_availability.h"
#include "control/ha/data_plane_check.h"
#include "control/ha/upstream_report.h"
#include "control/hooks/script_runner.h"
#include "control/hooks/track_file.h"
#include "control/speaker/speaker.h"

namespace tandem::ha {

class NodeHealth {
 public:
  /// `speaker` outlives it. Errors: scripts or files that cannot be followed, by their names.
  static base::Result<std::unique_ptr<NodeHealth>> make(const model::HighAvailability& configuration,
                                                        speaker::Speaker& speaker);

  /// Before start(): this node was healthy in the process before this one. Until every check has been made, its weights
  /// of that time hold.
  void go_on();
  void start();
  /// The health of the data plane changed. Before it was well for the first time the node takes no part.
  void data_plane_is(const DataPlaneVerdict& verdict);
  /// It was looked at: while it serves, the leases of the addresses are renewed.
  void data_plane_looked_at(const DataPlaneVerdict& verdict);

  /// What the proxy found out about the services (option ha.track.upstreams). Before the first report they count
  /// neither way.
  void upstreams_are(UpstreamReport report);

  const DataPlaneVerdict& data_plane() const { return data_plane_; }
  const std::optional<UpstreamReport>& upstreams() const { return upstreams_; }
  /// What the fault of a number is (FaultChanged::fault).
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  /// Something that is followed, and the routers it concerns.
  struct Check {
    struct Concerned {
      int router = 0;
      bool weights = true;  ///< they count; else every weight is 0 (a sync group without trackingWeight)
    };
    std::string name;  ///< for the log
    std::vector<Concerned> routers;
    hooks::TrackEffect effect;
    hooks::TrackEffect unweighted;  ///< with weight 0
    bool unwell = false;            ///< with weight 0: the node serves, but any that is well should rather
    bool weight_is_0 = true;
    std::uint8_t fault = 0;
    bool known = false;

    const hooks::TrackEffect& effect_on(const Concerned& one) const { return one.weights ? effect : unweighted; }
  };

  NodeHealth(const model::HighAvailability& configuration, speaker::Speaker& speaker)
      : configuration_(configuration), speaker_(speaker) {}
  base::Result<void> follow();
  Check& add_check(std::string name, const std::vector<std::string>& instances);
  void take(Check& check, const hooks::TrackEffect& effect, const hooks::TrackEffect& unweighted, std::string reason);
  void take_file(Check& check, const hooks::TrackFile& told);
  void take_verdict(Check& check, std::int64_t weight, DataPlaneHealth health, std::string reason);
  void post_weights();
  void post_unwell();

  const model::HighAvailability configuration_;
  speaker::Speaker& speaker_;
  DataPlaneVerdict data_plane_;
  bool has_served_ = false;
  bool keeps_weights_ = false;  // until every check is known
  std::vector<std::string> faults_;
  std::vector<std::unique_ptr<Check>> checks_;  // the first one is the data plane's
  Check* upstream_check_ = nullptr;             // null: no option ha.track.upstreams
  std::optional<UpstreamReport> upstreams_;
  std::vector<std::unique_ptr<hooks::ScriptRunner>> scripts_;
  std::vector<std::unique_ptr<hooks::TrackFile>> files_;
};

}  // namespace tandem::ha
