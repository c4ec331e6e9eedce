#include "app/command/ha_section.h"

#include <gtest/gtest.h>

#include "config/format/json.h"
#include "config/format/schema.h"
#include "config/model/decode_configuration.h"
#include "control/keepalived/yaml_text.h"

namespace tandem::command {
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

using Kind = format::Schema::Kind;

/// A value that is not the default: nothing where the default is something.
format::Value otherwise(const format::Schema& schema, std::string_view standard) {
  switch (schema.kind) {
    case Kind::kBool:
      return {standard != "true", {}};
    case Kind::kInteger:
      return {std::int64_t{standard == "0" ? 7 : 0}, {}};
    case Kind::kDuration:
      return {std::string(standard == R"("0s")" ? "7s" : "0s"), {}};
    case Kind::kList:
      return {format::Array{otherwise(schema.element(), R"("")")}, {}};
    case Kind::kMap:
      return {format::Object{{"one", otherwise(schema.element(), R"("")")}}, {}};
    case Kind::kSection: {
      format::Object members;
      for (const auto& field : schema.fields)
        members.push_back({field.name, otherwise(field.schema(), field.default_json)});
      return {std::move(members), {}};
    }
    default:
      return {std::string(standard == R"("")" ? "some" : ""), {}};
  }
}

model::HighAvailability read(const format::Value& section) {
  format::Problems problems;
  std::vector<std::string> ignored;
  auto read = model::decode_static(format::Value(format::Object{{"ha", section}}, {}), problems, ignored);
  for (const format::Problem& problem : problems) ADD_FAILURE() << problem.text();
  return read.ha.value_or(model::HighAvailability());
}

model::StaticConfiguration configured(const std::string& json) {
  model::StaticConfiguration configuration;
  const auto tree = format::parse_json(json, "test");
  if (!tree) std::abort();
  configuration.ha = read(*tree);
  return configuration;
}

std::string offer_text(const model::StaticConfiguration& first) { return format::serialize_json(ha_offer(first)); }

TEST(HaSection, EachOptionArrivesWhateverItIs) {
  model::StaticConfiguration first;
  first.ha = read(otherwise(*format::schema_of<model::StaticConfiguration>().at({"ha"}), ""));
  ASSERT_FALSE(first.ha->track.gateway.enabled);
  ASSERT_EQ(first.ha->instances.at("one").notify->timeout, format::Duration());
  // What is the first node's own, or mirrored.
  model::HighAvailability expected = *first.ha;
  expected.nodeName.clear();
  expected.peerLink->peers.clear();
  expected.peerLink->certificateDirectory.clear();
  model::VrrpInstance& instance = expected.instances.at("one");
  instance.sourceAddress.clear();
  std::swap(instance.priority, instance.peerPriority);
  EXPECT_EQ(read(ha_offer(first)), expected) << offer_text(first);
}

TEST(HaSection, NothingElseIsSaid) {
  EXPECT_EQ(offer_text(configured(R"({"lease": "2s"})")), R"({"priority":190,"peerLink":{}})");
  // As much as is default, written out, in sections, lists and maps.
  EXPECT_EQ(
      offer_text(configured(R"({"priority": 190, "peerPriority": 200, "lease": "2s", "peerLink": {"timeout": "150ms"},
      "track": {"gateway": {"enabled": true, "releaseAfter": "0s"}, "files": [{"path": "/f", "weight": 1}]},
      "syncGroups": {"g": {"instances": ["a", "b"], "trackingWeight": false}}, "notify": {"webhook": {"url": "u", "retries": 5}}})")),
      R"({"peerPriority":190,"syncGroups":{"g":{"instances":["a","b"]}},)"
      R"("track":{"files":[{"path":"/f"}],"gateway":{"releaseAfter":"0s"}},)"
      R"("notify":{"webhook":{"url":"u"}},"peerLink":{}})");
}

TEST(HaSection, NothingIsAValueToo) {
  EXPECT_EQ(offer_text(configured(R"({"priority": 100, "unicastTTL": 0, "lease": "0s", "lockMemory": false,
      "advertInterval": "0s", "garp": {"repeat": 0}, "track": {"gateway": {"enabled": false}, "upstreams": {"quorum": 0},
      "files": [{"path": "/f", "weight": 0}]}})")),
            R"({"priority":90,"advertInterval":"0s","unicastTTL":0,"garp":{"repeat":0},)"
            R"("track":{"files":[{"path":"/f","weight":0}],"gateway":{"enabled":false},"upstreams":{"quorum":0}},)"
            R"("peerLink":{},"lease":"0s","lockMemory":false})");
}

TEST(HaSection, WhatMayStandAloneStandsAlone) {
  const std::string offer = offer_text(configured(R"({"virtualMac": {}, "track": {"upstreams": {}}})"));
  EXPECT_EQ(offer, R"({"priority":190,"virtualMac":{},"track":{"upstreams":{}},"peerLink":{}})");
}

TEST(HaSection, TheCheckFindsWhatWouldBeRefused) {
  const auto errors = [](const std::string& text) {
    std::string all;
    for (const format::Problem& problem : check_ha_section(text, {}).errors) all += problem.text() + "\n";
    return all;
  };
  EXPECT_EQ(errors("ha: {virtualAddresses: [192.0.2.1/24], track: {gateway: {enabled: false}}, peerLink: {}}"), "");
  EXPECT_NE(errors("ha: {virtualAddresses: [192.0.2.1/24], health: {interval: {}}}").find("ha.health.interval"),
            std::string::npos);
  EXPECT_NE(errors("ha: {virtualAddresses: [192.0.2.1/24], priority: 256}").find("priority"), std::string::npos);
  EXPECT_NE(errors("ha: {virtualAddresses: [192.0.2.1/24], peers: [node1.test]}").find("node1.test"),
            std::string::npos);
  EXPECT_NE(errors("ha: [").find("the section ha"), std::string::npos);
  EXPECT_NE(errors("ping: {}").find("there is no section ha"), std::string::npos);
}

TEST(HaSection, TextsThatLookLikeNumbersArriveAsTexts) {
  for (const char* const password : {"0x12", "1e5", "1_000", "0b1", "0123", "true", "~", "a#b: c"}) {
    model::StaticConfiguration first = node();
    first.ha->version = 2;
    first.ha->password.value = password;
    const std::string text = keepalived::yaml_text(ha_section(ha_offer(first), "192.0.2.1", "192.0.2.1:7112"));
    const HaSectionReport report = check_ha_section(text, {});
    EXPECT_TRUE(report.errors.empty()) << text;
    EXPECT_EQ(report.understood.password.value, password);
  }
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
}  // namespace tandem::command
