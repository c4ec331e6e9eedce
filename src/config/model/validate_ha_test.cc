#include "config/model/validate_ha.h"

#include <gmock/gmock.h>

#include "config/model/command_words.h"
#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using testdata::static_of;
using testdata::texts;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HighAvailability ha_of(const std::string& keys) {
  const StaticConfiguration configuration = static_of(testdata::yaml("ha: {" + keys + "}"));
  return configuration.ha.value_or(HighAvailability{});
}

/// Problems of a node that holds 10.0.0.1/24 and has further keys.
std::vector<std::string> wrong(const std::string& keys) {
  return texts(validate_ha(ha_of("virtualAddresses: [10.0.0.1/24], " + keys)));
}
std::vector<std::string> wrong_addresses(const std::string& list) {
  return texts(validate_ha(ha_of("virtualAddresses: [" + list + "]")));
}

TEST(ValidateHa, TheDefaultsAreRight) {
  EXPECT_THAT(wrong(""), IsEmpty());
  EXPECT_THAT(wrong("peers: [10.0.0.3], peerLink: {}, virtualMac: {sendFromParent: true}"), IsEmpty());
  EXPECT_THAT(texts(ha_warnings(ha_of("virtualAddresses: [10.0.0.1/24]"))), IsEmpty());
}

TEST(ValidateHa, DelaysBelongToAnInterfaceAndEndBeforeABackupTakesOver) {
  EXPECT_THAT(wrong("track: {interfaces: [{name: eth1, downDelay: 5s, upDelay: 10s}]}"), IsEmpty());
  EXPECT_THAT(wrong("interface: eth0, track: {interfaces: [{name: eth0, downDelay: 100ms, upDelay: 10s}]}"), IsEmpty());
  EXPECT_THAT(wrong("interface: eth0, track: {interfaces: [{name: eth0, downDelay: 101ms}]}"),
              ElementsAre(AllOf(HasSubstr("ha.track.interfaces[0].downDelay"), HasSubstr("at most 100 ms"))));
  EXPECT_THAT(wrong("track: {interfaces: [{name: eth1, downDelay: 1s, weight: -5}, {name: eth1, downDelay: 2s}]}"),
              ElementsAre(AllOf(HasSubstr("ha.track.interfaces[1]"), HasSubstr("other delays"))));
}

TEST(ValidateHa, AVirtualMacHasANameThatIsItsOwn) {
  EXPECT_THAT(wrong("interface: eth0, virtualMac: {name: pair0, address: '02:00:00:00:00:09'}"), IsEmpty());
  EXPECT_THAT(wrong("interface: eth0, virtualMac: {name: eth0}"), ElementsAre(HasSubstr("virtualMac.name")));
  EXPECT_THAT(wrong("virtualMac: {name: a/b}"), ElementsAre(HasSubstr("is no name of an interface")));
  EXPECT_THAT(
      texts(validate_ha(ha_of("instances: {a: {virtualAddresses: [10.0.0.1/24], virtualMac: {name: m0}}, "
                              "b: {virtualAddresses: [10.0.0.2/24], virtualRouterID: 52, virtualMac: {name: m0}}}"))),
      ElementsAre(AllOf(HasSubstr("ha.instances.b.virtualMac.name"), HasSubstr("ha.instances.a"))));
}

TEST(ValidateHa, WeightsInAGroupCountWhenTheGroupSaysSo) {
  const auto group = [](const std::string& keys) {
    return ha_of(
        "instances: {a: {virtualAddresses: [10.0.0.1/24], preempt: true}, b: {virtualAddresses: [10.0.0.2/24], "
        "virtualRouterID: 52, preempt: true}, c: {virtualAddresses: [10.0.0.3/24], virtualRouterID: 53, preempt: "
        "true}}, syncGroups: {g: {instances: [a, b]" +
        keys +
        "}}, "
        "track: {interfaces: [{name: eth1, weight: -20, instances: [b, c]}]}");
  };
  EXPECT_FALSE(weights_count(group(""), "a"));
  EXPECT_TRUE(weights_count(group(""), "c"));
  EXPECT_TRUE(weights_count(group(", trackingWeight: true"), "a"));
  EXPECT_THAT(texts(ha_warnings(group(""))),
              ElementsAre(AllOf(HasSubstr("ha.track.interfaces[0].weight"), HasSubstr("counts as 0 for a, b"),
                                HasSubstr("ha.syncGroups.g.trackingWeight"))));
  EXPECT_THAT(texts(ha_warnings(group(", trackingWeight: true"))), IsEmpty());
}

TEST(ValidateHa, AnAddressIsObligatory) {
  EXPECT_THAT(texts(validate_ha(ha_of("priority: 100"))), ElementsAre(HasSubstr("ha.virtualAddresses: is obligatory")));
}

TEST(ValidateHa, AddressesAreThoseOfHosts) {
  EXPECT_THAT(wrong_addresses("10.0.0.256/24"), ElementsAre(HasSubstr("\"10.0.0.256\" is no IP address")));
  EXPECT_THAT(wrong_addresses("10.0.0.1/33"), ElementsAre(HasSubstr("prefix \"33\"")));
  EXPECT_THAT(wrong_addresses("10.0.0.0/24"), ElementsAre(HasSubstr("names the subnet")));
  EXPECT_THAT(wrong_addresses("10.0.0.255/24"), ElementsAre(HasSubstr("names the subnet")));
  EXPECT_THAT(wrong_addresses("10.0.0.0/31"), IsEmpty());
  EXPECT_THAT(wrong_addresses("224.0.0.18"), ElementsAre(HasSubstr("no address that a host can hold")));
  EXPECT_THAT(wrong_addresses("10.0.0.1/24, 10.0.0.1/32"), ElementsAre(HasSubstr("stands there twice")));
  EXPECT_THAT(wrong_addresses("10.0.0.1/24 via x"), ElementsAre(HasSubstr("unknown word \"via\"")));
}

TEST(ValidateHa, OneInstanceHasOneFamily) {
  EXPECT_THAT(wrong_addresses("10.0.0.1/24, 'fd00::1/64'"), ElementsAre(HasSubstr("of two families")));
  EXPECT_THAT(wrong("excludedAddresses: ['fd00::1/64']"), IsEmpty());
}

TEST(ValidateHa, TheIntervalFitsTheVersion) {
  EXPECT_THAT(wrong("version: 2, advertInterval: 100ms"),
              ElementsAre(AllOf(HasSubstr("ha.advertInterval"), HasSubstr("whole seconds"), HasSubstr("100 ms"))));
  EXPECT_THAT(wrong("version: 2, advertInterval: 256s"), ElementsAre(HasSubstr("1 to 255")));
  EXPECT_THAT(wrong("advertInterval: 15ms"), ElementsAre(HasSubstr("hundredths")));
  EXPECT_THAT(wrong("advertInterval: 41s"), ElementsAre(HasSubstr("40.95s")));
  EXPECT_THAT(wrong("version: 2"), IsEmpty());
  EXPECT_THAT(wrong("version: 4"), Contains(HasSubstr("no version 4")));
}

TEST(ValidateHa, PasswordsBelongToVersion2AndHave8Characters) {
  EXPECT_THAT(wrong("password: abc"), ElementsAre(HasSubstr("version 3 has no passwords")));
  EXPECT_THAT(wrong("version: 2, password: 0123456789abcdef"), ElementsAre(HasSubstr("16 characters")));
  EXPECT_THAT(wrong("version: 2, password: s3cr3tpw"), IsEmpty());
  EXPECT_THAT(texts(ha_warnings(ha_of("virtualAddresses: [10.0.0.1], version: 2, password: abc"))),
              ElementsAre(HasSubstr("clear text")));
}

TEST(ValidateHa, NumbersHaveTheirRanges) {
  EXPECT_THAT(wrong("virtualRouterID: 256"), ElementsAre(HasSubstr("256 is not between 1 and 255")));
  EXPECT_THAT(wrong("priority: 0"), ElementsAre(HasSubstr("ha.priority: 0 is not between 1 and 255")));
  EXPECT_THAT(wrong("downTimerAdverts: 0"), ElementsAre(HasSubstr("ha.downTimerAdverts")));
  EXPECT_THAT(wrong("health: {interval: 1ms}"), ElementsAre(HasSubstr("below 10ms")));
  EXPECT_THAT(wrong("lease: 1500ms"), ElementsAre(HasSubstr("whole seconds")));
}

TEST(ValidateHa, EqualPrioritiesAreRefusedWhereKnown) {
  EXPECT_THAT(wrong("priority: 100, peerPriority: 100"), ElementsAre(HasSubstr("the peer's priority too")));
}

TEST(ValidateHa, WeightsThatCannotChangeTheWinnerAreRefusedWithTheArithmetic) {
  const std::string pair = "preempt: true, priority: 200, peerPriority: 100, ";
  const std::string script = "track: {scripts: [{command: /bin/true, weight: ";
  EXPECT_THAT(wrong(pair + script + "-20}]}"),
              ElementsAre(AllOf(HasSubstr("ha.track.scripts[0].weight"), HasSubstr("200 - 20 = 180"),
                                HasSubstr("only 100"), HasSubstr("at least 101 less"))));
  EXPECT_THAT(wrong(pair + script + "-100}]}"), ElementsAre(HasSubstr("200 - 100 = 100")));
  EXPECT_THAT(wrong(pair + script + "-101}]}"), IsEmpty());
  EXPECT_THAT(wrong(pair + script + "0}]}"), IsEmpty());
  EXPECT_THAT(wrong(pair + script + "20}]}"), ElementsAre(HasSubstr("200 = 200")));
  EXPECT_THAT(wrong(pair + script + "-60}, {command: /bin/false, weight: -60}]}"), IsEmpty());
  EXPECT_THAT(wrong("preempt: true, priority: 90, peerPriority: 100, " + script + "20}]}"), IsEmpty());
  EXPECT_THAT(wrong("preempt: true, priority: 200, " + script + "-20}]}"), IsEmpty()) << "nobody knows the peer";
}

TEST(ValidateHa, WeightsWithoutPreemptAreDoubtful) {
  EXPECT_THAT(texts(ha_warnings(ha_of("virtualAddresses: [10.0.0.1], health: {weight: -30}"))),
              ElementsAre(AllOf(HasSubstr("ha.health.weight"), HasSubstr("only when the other node preempts"))));
}

TEST(ValidateHa, AnOwnerPreemptsAndHasNoWeights) {
  EXPECT_THAT(wrong("priority: 255"), ElementsAre(HasSubstr("an owner always takes them back")));
  EXPECT_THAT(wrong("priority: 255, preempt: true, track: {files: [{path: /x}]}"),
              ElementsAre(HasSubstr("255 is never changed")));
}

TEST(ValidateHa, PreemptDelayNeedsPreempt) {
  EXPECT_THAT(wrong("preemptDelay: 10s"), ElementsAre(HasSubstr("delays nothing")));
  EXPECT_THAT(wrong("preempt: true, preemptDelay: 1001s"), ElementsAre(HasSubstr("1000s")));
}

TEST(ValidateHa, PeersAreOtherHosts) {
  EXPECT_THAT(wrong("peers: ['10.0.0.3:112']"), ElementsAre(HasSubstr("is no IP address")));
  EXPECT_THAT(wrong("peers: ['fd00::3']"), ElementsAre(HasSubstr("another family")));
  EXPECT_THAT(wrong("peers: [10.0.0.1]"), ElementsAre(HasSubstr("is a virtual address")));
  EXPECT_THAT(wrong("peers: [10.0.0.2], sourceAddress: 10.0.0.2"), ElementsAre(HasSubstr("own sourceAddress")));
  EXPECT_THAT(wrong("peers: [10.0.0.2, 10.0.0.2]"), ElementsAre(HasSubstr("twice")));
  EXPECT_THAT(wrong("minTTL: 254"), ElementsAre(HasSubstr("multicast")));
  EXPECT_THAT(wrong("peers: [10.0.0.2], minTTL: 254, maxTTL: 253"), ElementsAre(HasSubstr("above maxTTL")));
  EXPECT_THAT(wrong("peers: [10.0.0.2], virtualMac: {}"), ElementsAre(HasSubstr("sendFromParent")));
}

TEST(ValidateHa, InstancesDoNotFightEachOther) {
  const auto both = [](const std::string& b) {
    return texts(validate_ha(ha_of("instances: {a: {virtualAddresses: [10.0.0.1]}, b: {" + b + "}}")));
  };
  EXPECT_THAT(both("virtualAddresses: [10.0.0.2], virtualRouterID: 52"), IsEmpty());
  EXPECT_THAT(both("virtualAddresses: [10.0.0.2]"),
              ElementsAre(HasSubstr("ha.instances.b.virtualRouterID: 51 is that of ha.instances.a")));
  EXPECT_THAT(both("virtualAddresses: ['fd00::2']"), IsEmpty()) << "the families have numbers of their own";
  EXPECT_THAT(both("virtualAddresses: [10.0.0.1], virtualRouterID: 52"),
              ElementsAre(HasSubstr("10.0.0.1 belongs to ha.instances.a too")));
  EXPECT_THAT(wrong("instances: {a: {virtualAddresses: [10.0.0.7]}}"), ElementsAre(HasSubstr("stand in ha itself")));
}

TEST(ValidateHa, GroupsHaveInstances) {
  const std::string instances =
      "instances: {a: {virtualAddresses: [10.0.0.1]}, b: {virtualAddresses: [10.0.0.2], virtualRouterID: 2}}, ";
  EXPECT_THAT(texts(validate_ha(ha_of(instances + "syncGroups: {g: {instances: [a, b]}}"))), IsEmpty());
  EXPECT_THAT(texts(validate_ha(ha_of(instances + "syncGroups: {g: {instances: [a, c]}}"))),
              ElementsAre(HasSubstr("no instance \"c\"")));
  EXPECT_THAT(texts(validate_ha(ha_of(instances + "syncGroups: {g: {instances: [a]}}"))),
              ElementsAre(HasSubstr("at least two")));
}

TEST(ValidateHa, CommandsAreAbsolutePaths) {
  EXPECT_THAT(wrong("track: {scripts: [{command: check.sh}]}"),
              ElementsAre(AllOf(HasSubstr("ha.track.scripts[0].command"), HasSubstr("no absolute path"))));
  EXPECT_THAT(wrong("notify: {onMaster: '/bin/x \"y'}"), ElementsAre(HasSubstr("quote is not closed")));
  EXPECT_THAT(wrong("notify: {webhook: {url: 'ftp://x'}}"), ElementsAre(HasSubstr("is no URL")));
}

// ---- on this host

const std::vector<LocalInterface> kHost{
    {.name = "lo", .addresses = {{.address = *IpAddress::parse("127.0.0.1"), .prefix = 8, .permanent = true}}},
    {.name = "eth0",
     .addresses = {{.address = *IpAddress::parse("10.0.0.2"), .prefix = 24, .permanent = true},
                   {.address = *IpAddress::parse("10.0.0.9"), .prefix = 24, .permanent = false},
                   {.address = *IpAddress::parse("fe80::2"), .prefix = 64, .permanent = true}}},
    {.name = "eth1", .addresses = {{.address = *IpAddress::parse("10.1.0.2"), .prefix = 16, .permanent = true}}},
};

std::vector<std::string> wrong_here(const std::string& keys) { return texts(validate_ha_here(ha_of(keys), kHost)); }

TEST(ValidateHaHere, TheInterfaceIsFoundByTheSubnet) {
  EXPECT_EQ(interface_of(ha_of("virtualAddresses: [10.0.0.1]"), kHost).value_or(""), "eth0");
  EXPECT_EQ(interface_of(ha_of("virtualAddresses: [10.1.200.1]"), kHost).value_or(""), "eth1");
  EXPECT_EQ(interface_of(ha_of("virtualAddresses: ['fe80::100', 10.1.200.1]"), kHost).value_or(""), "eth1");
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.1/24]"), IsEmpty());
}

TEST(ValidateHaHere, AnAddressOutsideOfEverySubnetIsRefused) {
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.1.1/24]"),
              ElementsAre(AllOf(HasSubstr("no local subnet"), HasSubstr("10.0.0.2/24 on eth0"))));
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.1.1/24], interface: eth0"),
              ElementsAre(HasSubstr("in no subnet of eth0")));
}

TEST(ValidateHaHere, AnInterfaceThatIsNotThereIsNamedWithThoseThatAre) {
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.1/24], interface: ens18"),
              ElementsAre(AllOf(HasSubstr("ha.interface"), HasSubstr("\"ens18\""), HasSubstr("lo, eth0, eth1"))));
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.1/24], track: {interfaces: [{name: eth7}]}"),
              ElementsAre(HasSubstr("ha.track.interfaces[0].name")));
}

TEST(ValidateHaHere, AnAddressThatIsFixedToTheNodeIsRefused) {
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.2/24]"), ElementsAre(HasSubstr("fixed to this node already")));
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.9/24]"), IsEmpty()) << "a lease of an earlier run";
}

TEST(ValidateHaHere, PeersAndSourcesAreLookedUp) {
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.1/24], peers: [10.0.0.2]"),
              ElementsAre(HasSubstr("this node's own address on eth0")));
  EXPECT_THAT(wrong_here("virtualAddresses: [10.0.0.1/24], sourceAddress: 10.0.0.3"),
              ElementsAre(HasSubstr("no interface has the address")));
}

TEST(CommandWords, QuotesKeepWordsTogether) {
  EXPECT_EQ(command_words(R"(/bin/sh -c "a b" 'c "d"' e\ f "")").value_or(std::vector<std::string>{}),
            (std::vector<std::string>{"/bin/sh", "-c", "a b", "c \"d\"", "e f", ""}));
  EXPECT_FALSE(command_words("  "));
}

}  // namespace
}  // namespace tandem::model
