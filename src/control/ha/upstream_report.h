#pragma once

// What a proxy tells its supervisor about the services that it should reach (option ha.track.upstreams), and what that
// means for the node. Plain values; the supervisor's loop.

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/model/high_availability.h"

namespace tandem::ha {

struct UpstreamReport {
  std::uint64_t services = 0;        ///< that are looked at
  std::uint64_t living = 0;          ///< of them with a living server
  std::vector<std::string> dead;     ///< names of those without one; not all of them when there are many
  std::vector<std::string> missing;  ///< names that are in the option but not in the configuration; likewise
};

/// The message that carries it ("type": "upstreams"), and back.
boost::json::object upstreams_message(UpstreamReport report);
UpstreamReport upstreams_in(const boost::json::object& message);

/// A sentence on why so many services are not enough; empty when they are.
std::string upstream_shortage(const UpstreamReport& report, std::int64_t quorum);

/// For the status: required, and once a report has come, services, living, dead, missing and the sentence as `reason`.
boost::json::object upstreams_status(const std::optional<UpstreamReport>& report,
                                     const model::TrackedUpstreams& options);

}  // namespace tandem::ha
