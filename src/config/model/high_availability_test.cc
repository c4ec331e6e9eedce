#include "config/model/high_availability.h"

#include <gmock/gmock.h>

#include "config/format/environment.h"
#include "config/format/flags.h"
#include "config/format/schema.h"
#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testdata::static_of;
using testing::ElementsAre;

HighAvailability ha_of(const format::Value& tree) {
  const StaticConfiguration configuration = static_of(tree);
  EXPECT_TRUE(configuration.ha.has_value());
  return configuration.ha.value_or(HighAvailability{});
}

HighAvailability ha_of(std::string_view yaml) { return ha_of(testdata::yaml(yaml)); }

TEST(HighAvailability, NeedsTheAddressOnly) {
  const HighAvailability ha = ha_of("ha: {virtualAddresses: [192.168.1.100/24]}");
  EXPECT_THAT(ha.virtualAddresses, ElementsAre("192.168.1.100/24"));
  EXPECT_EQ(ha.virtualRouterID, 51);
  EXPECT_EQ(ha.version, 3);
  EXPECT_FALSE(ha.preempt);
  EXPECT_EQ(advert_interval(ha), milliseconds(50));
}

TEST(HighAvailability, Version2SendsEverySecondUnlessSaidOtherwise) {
  EXPECT_EQ(advert_interval(ha_of("ha: {version: 2, virtualAddresses: [10.0.0.1]}")), seconds(1));
  EXPECT_EQ(advert_interval(ha_of("ha: {version: 2, advertInterval: 3, virtualAddresses: [10.0.0.1]}")), seconds(3));
}

TEST(HighAvailability, OwnKeysAreTheOnlyInstance) {
  const auto instances = instances_of(ha_of("ha: {virtualAddresses: [10.0.0.1/24], priority: 7}"));
  ASSERT_EQ(instances.size(), 1U);
  EXPECT_EQ(instances.begin()->first, kOnlyInstance);
  EXPECT_EQ(instances.begin()->second.priority, 7);
}

TEST(HighAvailability, InstancesHaveTheSameKeys) {
  const HighAvailability ha = ha_of(R"(
ha:
  instances:
    a: {virtualAddresses: [10.0.0.1/24], virtualRouterID: 1, virtualMac: {}}
    b: {virtualAddresses: ["fd00::1/64"], virtualRouterID: 2, notify: {onMaster: /bin/true}}
  syncGroups:
    both: {instances: [a, b]}
)");
  EXPECT_EQ(instances_of(ha).size(), 2U);
  EXPECT_TRUE(ha.instances.at("a").virtualMac.has_value());
  EXPECT_EQ(ha.instances.at("b").notify->onMaster, "/bin/true");
  EXPECT_THAT(ha.syncGroups.at("both").instances, ElementsAre("a", "b"));
}

TEST(HighAvailability, EveryGroupOfOptionsIsRead) {
  const HighAvailability ha = ha_of(R"(
ha:
  virtualAddresses: [10.0.0.1/24 dev eth1 label eth1:v]
  garp: {repeat: 3, refresh: 10s}
  track:
    interfaces: [{name: eth2, weight: -5, upDelay: 1s}]
    scripts: [{name: web, command: /usr/bin/check -q, interval: 2s, rise: 2, fall: 3}]
    files: [{path: /run/weight}]
    gateway: {enabled: false}
    upstreams: {}
  health: {interval: 100ms, weight: -30}
  notify:
    command: /usr/bin/tell
    webhook: {url: https://example.test/hook, fields: {token: abc}}
  peerLink: {}
)");
  EXPECT_EQ(ha.garp.repeat, 3);
  EXPECT_EQ(ha.garp.delay.value, seconds(5));
  EXPECT_EQ(ha.track.interfaces.at(0).upDelay.value, seconds(1));
  EXPECT_EQ(ha.track.scripts.at(0).fall, 3);
  EXPECT_EQ(ha.track.files.at(0).weight, 1);
  EXPECT_FALSE(ha.track.gateway.enabled);
  EXPECT_EQ(ha.health.interval.value, milliseconds(100));
  EXPECT_EQ(ha.notify.command, "/usr/bin/tell");
  EXPECT_EQ(ha.notify.webhook->fields.at("token").value, "abc");
  EXPECT_EQ(ha.peerLink->address, ":7112");
}

TEST(HighAvailability, FlagsAndEnvironmentSayTheSame) {
  const format::Schema& schema = format::schema_of<StaticConfiguration>();
  const std::vector<std::string> words{"--ha.virtualAddresses=10.0.0.1/24,10.0.0.2/24", "--ha.garp.repeat=2",
                                       "--ha.track.scripts[0].command=/bin/true"};
  const auto flags = format::parse_flags(words, schema);
  ASSERT_TRUE(flags) << flags.error().text();
  const std::vector<std::string> variables{"TANDEM_HA_VIRTUALADDRESSES=10.0.0.1/24,10.0.0.2/24",
                                           "TANDEM_HA_GARP_REPEAT=2", "TANDEM_HA_TRACK_SCRIPTS_0_COMMAND=/bin/true"};
  const auto environment = format::parse_environment(variables, schema);
  ASSERT_TRUE(environment) << environment.error().text();
  for (const format::Value& tree : {flags->tree, *environment}) {
    const HighAvailability ha = ha_of(tree);
    EXPECT_THAT(ha.virtualAddresses, ElementsAre("10.0.0.1/24", "10.0.0.2/24"));
    EXPECT_EQ(ha.garp.repeat, 2);
    ASSERT_EQ(ha.track.scripts.size(), 1U);
    EXPECT_EQ(ha.track.scripts[0].command, "/bin/true");
  }
}

TEST(HighAvailability, EncodedItDecodesToTheSame) {
  StaticConfiguration first = static_of(testdata::yaml(R"(
ha: {virtualAddresses: [10.0.0.1/24], version: 2, password: secret12, advertInterval: 2s, track: {files: [{path: /x}]}}
)"));
  EXPECT_EQ(static_of(format::encode(first, false)), first);
}

}  // namespace
}  // namespace tandem::model
