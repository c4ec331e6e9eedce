#include "app/ha_section.h"

#include <gtest/gtest.h>

#include "config/format/json.h"

namespace tandem::app {
namespace {

model::StaticConfiguration node() {
  model::StaticConfiguration configuration;
  model::HighAvailability& ha = configuration.ha.emplace();
  ha.virtualAddresses = {"192.168.1.100/24"};
  ha.nodeName = "n1";
  ha.peerLink.emplace().peers = {"10.0.0.2:7112"};
  return configuration;
}

std::string section_of(const model::StaticConfiguration& first) {
  return format::serialize_json(ha_section(ha_offer(first), "192.168.1.110", "192.168.1.110:7112"));
}

TEST(HaSection, HoldsWhatIsNotDefaultAndALowerPriority) {
  EXPECT_EQ(
      section_of(node()),
      R"({"ha":{"virtualAddresses":["192.168.1.100/24"],"priority":190,"peerLink":{"peers":["192.168.1.110:7112"]}}})");
}

TEST(HaSection, UnicastPeersAreSwapped) {
  model::StaticConfiguration first = node();
  first.ha->peers = {"192.168.1.111"};
  first.ha->sourceAddress = "192.168.1.110";
  first.ha->peerLink->address = "192.168.1.110:9000";
  const std::string section = section_of(first);
  EXPECT_NE(section.find(R"("peers":["192.168.1.110"])"), std::string::npos) << section;
  EXPECT_NE(section.find(R"("address":":9000")"), std::string::npos) << section;
  EXPECT_EQ(section.find("sourceAddress"), std::string::npos) << section;
}

TEST(HaSection, WhatIsKnownOfTheOtherPriorityCounts) {
  model::StaticConfiguration first = node();
  first.ha->priority = 150;
  first.ha->peerPriority = 100;
  const std::string section = section_of(first);
  EXPECT_NE(section.find(R"("priority":100)"), std::string::npos) << section;
  EXPECT_NE(section.find(R"("peerPriority":150)"), std::string::npos) << section;
}

TEST(HaSection, ActiveActiveIsMirrored) {
  model::StaticConfiguration first = node();
  first.ha->virtualAddresses.clear();
  model::VrrpInstance mine;
  mine.virtualAddresses = {"10.0.0.1/24"};
  model::VrrpInstance theirs = mine;
  theirs.virtualAddresses = {"10.0.0.2/24"};
  theirs.virtualRouterID = 52;
  theirs.priority = 190;
  first.ha->instances = {{"mine", mine}, {"theirs", theirs}};
  const std::string section = section_of(first);
  EXPECT_NE(section.find(R"("mine":{"virtualAddresses":["10.0.0.1/24"],"priority":190})"), std::string::npos)
      << section;
  // 200, which need not be said.
  EXPECT_NE(section.find(R"("theirs":{"virtualAddresses":["10.0.0.2/24"],"virtualRouterID":52})"), std::string::npos)
      << section;
}

}  // namespace
}  // namespace tandem::app
