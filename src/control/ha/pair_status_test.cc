#include "control/ha/pair_status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/clock.h"
#include "config/format/json_fields.h"

namespace tandem::ha {
namespace {

using boost::json::object;
using format::text_in;

/// A backup of one virtual router, and what its status says.
class PairStatusTest : public testing::Test {
 protected:
  PairStatusTest() {
    settings_.routers.resize(1);
    settings_.routers[0].name = "web";
    settings_.routers[0].options.preempt = true;
    snapshot_.router_count = 1;
    snapshot_.routers[0].status.state = vrrp::State::kBackup;
  }

  object instance() const {
    const object status = status_of({.node = node_,
                                     .settings = settings_,
                                     .snapshot = snapshot_,
                                     .now = std::chrono::seconds(100),
                                     .data_plane = data_plane_,
                                     .faults = faults_});
    return status.at("instances").at(0).as_object();
  }

  const std::string node_ = "a";
  speaker::SpeakerSettings settings_;
  speaker::Snapshot snapshot_;
  const DataPlaneVerdict data_plane_;
  const std::vector<std::string> faults_;
};

TEST_F(PairStatusTest, SaysUntilWhenFailBackIsHeldBack) {
  EXPECT_FALSE(instance().contains("failBackHeldUntil"));
  vrrp::Status& status = snapshot_.routers[0].status;
  status.flapping = true;
  status.calm_at = std::chrono::seconds(107);
  const base::WallTime before = base::wall_now();
  const std::string until(text_in(instance(), "failBackHeldUntil"));
  EXPECT_GE(until, base::rfc3339_text(before + std::chrono::seconds(6)));
  EXPECT_LE(until, base::rfc3339_text(base::wall_now() + std::chrono::seconds(8)));
  snapshot_.routers[0].holding = true;
  EXPECT_FALSE(instance().contains("failBackHeldUntil")) << "it is master";
  snapshot_.routers[0].holding = false;
  settings_.routers[0].options.preempt = false;
  EXPECT_FALSE(instance().contains("failBackHeldUntil")) << "it would not fail back anyway";
}

TEST_F(PairStatusTest, SaysWhatAPlannedSwitchOverCannotDo) {
  EXPECT_FALSE(instance().contains("switchOverError"));
  snapshot_.routers[0].switch_over_error = EOPNOTSUPP;
  EXPECT_EQ(text_in(instance(), "switchOverError"),
            "the kernel cannot forward them (nf_tables): Operation not supported");
  settings_.forward_connections = false;
  EXPECT_FALSE(instance().contains("switchOverError")) << "nobody wants it to";
}

TEST(PeersStatus, ANodeThatWasNeverReachedIsNamedWithWhereItIsLookedFor) {
  peer::PeerLink::Peer peer;
  peer.name = "b";
  peer.tried = {"10.0.0.2:7112"};
  const object missing = peers_status({peer}).at(0).as_object();
  EXPECT_EQ(text_in(missing, "node"), "b");
  EXPECT_EQ(text_in(missing, "state"), "never up");
  EXPECT_EQ(missing.at("tried"), boost::json::array{"10.0.0.2:7112"});
  peer.tried.clear();
  EXPECT_FALSE(peers_status({peer}).at(0).as_object().contains("tried"));
}

}  // namespace
}  // namespace tandem::ha
