#include "control/ha/upstream_report.h"

#include <gtest/gtest.h>

#include "config/format/json_fields.h"

namespace tandem::ha {
namespace {

TEST(UpstreamReport, SaysWhatIsMissingToTheQuorum) {
  const UpstreamReport report{.services = 3, .living = 1, .dead = {"api@file"}, .missing = {"db@file"}};
  EXPECT_EQ(upstream_shortage(report, 1), "");
  EXPECT_EQ(upstream_shortage(report, 2),
            "1 of 3 upstream services has a living server, 2 are required; dead: api@file; not configured: db@file");
  EXPECT_EQ(upstream_shortage({.services = 1, .living = 0, .dead = {"api@file"}}, 1),
            "0 of 1 upstream services have a living server, 1 is required; dead: api@file");
  EXPECT_EQ(upstream_shortage({}, 1), "no upstream service has servers, 1 is required");
}

TEST(UpstreamReport, TravelsWithTheFirstNamesOnly) {
  UpstreamReport report{.services = 1000, .living = 1};
  for (int n = 0; n < 999; ++n) report.dead.push_back(fmt::format("service{}@file", n));
  const UpstreamReport arrived = upstreams_in(upstreams_message(report));
  EXPECT_EQ(arrived.services, 1000U);
  EXPECT_EQ(arrived.living, 1U);
  EXPECT_EQ(arrived.dead.size(), 5U);
  EXPECT_TRUE(upstream_shortage(arrived, 2).ends_with("service4@file, and more"));
}

TEST(UpstreamReport, IsInTheStatusOnceItHasCome) {
  const model::TrackedUpstreams options{.quorum = 2};
  EXPECT_EQ(upstreams_status(std::nullopt, options), (boost::json::object{{"required", 2}}));
  const boost::json::object status = upstreams_status(UpstreamReport{.services = 3, .living = 2}, options);
  EXPECT_EQ(format::text_in(status, "reason"), "");
  EXPECT_EQ(format::number_in(status, "living"), 2);
}

}  // namespace
}  // namespace tandem::ha
