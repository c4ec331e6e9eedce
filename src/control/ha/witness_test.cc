#include "control/ha/witness.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tandem::ha {
namespace {

/// A peer whose link is up, backup of the virtual router 51.
peer::PeerLink::Peer backup(std::string name, int priority,
                            std::string_view more = R"("dataPlane": {"health": "well"})") {
  peer::PeerLink::Peer peer;
  peer.name = std::move(name);
  peer.state = peer::PeerLink::LinkState::kUp;
  const std::string text = fmt::format(
      R"({{{}, "instances": [{{"virtualRouterID": 51, "sourceAddress": "10.0.0.2", "state": "BACKUP",
                               "priority": {}, "basePriority": 190}}]}})",
      more, priority);
  peer.status = boost::json::parse(text).as_object();
  return peer;
}

speaker::RouterSettings router() {
  speaker::RouterSettings settings;
  settings.options.vrid = 51;
  return settings;
}

TEST(Successor, IsABackupThatIsWell) {
  std::string why;
  EXPECT_EQ(successor_for({backup("b", 190)}, router(), 200, why), "b");
  EXPECT_EQ(successor_for({}, router(), 200, why), "");
  EXPECT_EQ(why, "there is no peer link to another node");
}

TEST(Successor, IsUnwellOnlyOfOneThatIsNoBetter) {
  std::string why;
  const std::vector<peer::PeerLink::Peer> peers{
      backup("b", 1, R"("dataPlane": {"health": "well"}, "upstreams": {"reason": "nobody answers"})")};
  EXPECT_EQ(successor_for(peers, router(), 200, why), "");
  EXPECT_EQ(why, "b: nobody answers");
  EXPECT_EQ(successor_for(peers, router(), 1, why), "b");
}

}  // namespace
}  // namespace tandem::ha
