#include "control/keepalived/import_keepalived.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/format/yaml.h"
#include "config/model/decode_configuration.h"
#include "config/model/validate_ha.h"

namespace tandem::keepalived {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What an import gave, read back from its YAML as the program reads it.
struct Outcome {
  Import import;
  model::HighAvailability ha;
  std::vector<std::string> remarks;  // "line: kind: text"
};

class ImportKeepalived : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tandem-import-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Outcome import(std::string_view text, const ImportOptions& options = {.id = "host"}) {
    const std::string path = folder_ / "keepalived.conf";
    std::ofstream(path) << text;
    auto result = import_keepalived(path, options);
    EXPECT_TRUE(result) << result.error().text();
    Outcome outcome{.import = result ? std::move(*result) : Import{}, .ha = {}, .remarks = {}};
    for (const ImportRemark& remark : outcome.import.remarks)
      outcome.remarks.push_back(remark.line().substr(path.size() + 1));
    const auto tree = format::parse_yaml(outcome.import.yaml(), "imported.yml");
    EXPECT_TRUE(tree) << outcome.import.yaml();
    if (!tree) return outcome;
    EXPECT_EQ(*tree, outcome.import.ha) << outcome.import.yaml();
    format::Problems problems;
    std::vector<std::string> ignored;
    outcome.ha = model::decode_static(*tree, problems, ignored).ha.value_or(model::HighAvailability{});
    for (const auto& problem : problems) ADD_FAILURE() << problem.text();
    for (const auto& problem : model::validate_ha(outcome.ha)) ADD_FAILURE() << problem.text();
    return outcome;
  }

  /// An instance with further lines.
  Outcome import_instance(const std::string& lines, const ImportOptions& options = {.id = "host"}) {
    return import("vrrp_instance V {\n interface eth0\n virtual_router_id 7\n virtual_ipaddress {\n 10.0.0.1/24\n }\n" +
                      lines + "\n}\n",
                  options);
  }

  std::filesystem::path folder_;
};

constexpr std::string_view kMaster = R"(global_defs {
    router_id TRAEFIK_PRIMARY
    enable_script_security
    script_user root
}

# Health check
vrrp_script check_traefik {
    script "/usr/local/bin/check_traefik.sh"
    interval 2          # Check every 2 seconds
    timeout 3           # Timeout after 3 seconds
    weight -20          # Reduce priority by 20 on failure
    fall 2              # 2 failures
    rise 2
}

vrrp_instance VI_TRAEFIK {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 200        # Higher = preferred
    advert_int 1

    authentication {
        auth_type PASS
        auth_pass 0123456789abcdef  # openssl rand -base64 12
    }

    virtual_ipaddress {
        192.168.1.100/24 dev eth0
    }

    track_script {
        check_traefik
    }

    notify_master "/usr/local/bin/notify.sh MASTER"
    notify_backup "/usr/local/bin/notify.sh BACKUP"
    notify_fault "/usr/local/bin/notify.sh FAULT"
}
)";

TEST_F(ImportKeepalived, TheUsualPairIsTranslated) {
  const Outcome master = import(kMaster);
  EXPECT_THAT(master.ha.virtualAddresses, ElementsAre("192.168.1.100/24"));
  EXPECT_EQ(master.ha.interface, "eth0");
  EXPECT_EQ(master.ha.priority, 200);
  EXPECT_EQ(master.ha.version, 2);
  EXPECT_EQ(model::advert_interval(master.ha), seconds(1));
  EXPECT_TRUE(master.ha.preempt);
  EXPECT_EQ(master.ha.preemptDelay.value, seconds(0));
  EXPECT_EQ(master.ha.password.value, "01234567");
  EXPECT_EQ(master.ha.scriptUser, "root");
  ASSERT_EQ(master.ha.track.scripts.size(), 1U);
  const model::TrackedScript& script = master.ha.track.scripts[0];
  EXPECT_EQ(script.name, "check_traefik");
  EXPECT_EQ(script.command, "/usr/local/bin/check_traefik.sh");
  EXPECT_EQ(script.interval.value, seconds(2));
  EXPECT_EQ(script.timeout.value, seconds(3));
  EXPECT_EQ(script.weight, -20);
  EXPECT_EQ(script.rise, 2);
  EXPECT_EQ(script.fall, 2);
  EXPECT_EQ(master.ha.notify.onMaster, "/usr/local/bin/notify.sh MASTER");
  EXPECT_EQ(master.ha.notify.onFault, "/usr/local/bin/notify.sh FAULT");
  EXPECT_FALSE(master.import.has(RemarkKind::kUntranslated));
  EXPECT_THAT(master.remarks, Contains(HasSubstr("26: warning: auth_pass: 16 characters")));
  EXPECT_THAT(master.import.yaml(),
              HasSubstr("# VI_TRAEFIK: virtual router 51, version 2, priority 200 (state MASTER)"));
}

TEST_F(ImportKeepalived, AUselessWeightIsToldWithTheNeededOne) {
  const Outcome alone = import(kMaster);
  EXPECT_THAT(alone.remarks, Contains(AllOf(HasSubstr("warning"), HasSubstr("200 - 20 = 180"), HasSubstr("-101"))));
  const Outcome pair = import(kMaster, {.id = "host", .peer_priority = 100});
  EXPECT_THAT(pair.remarks, Contains(AllOf(HasSubstr("still not below the peer's 100"), HasSubstr("-101"))));
  EXPECT_FALSE(pair.import.has(RemarkKind::kError));
  const Outcome strict = import(kMaster, {.id = "host", .peer_priority = 100, .strict = true});
  EXPECT_TRUE(strict.import.has(RemarkKind::kError));
  const Outcome close = import(kMaster, {.id = "host", .peer_priority = 190, .strict = true});
  EXPECT_FALSE(close.import.has(RemarkKind::kError));
  EXPECT_EQ(close.ha.peerPriority, 190);
}

TEST_F(ImportKeepalived, KeepalivedsDefaultsAreKept) {
  const Outcome plain = import_instance("");
  EXPECT_EQ(plain.ha.priority, 100);
  EXPECT_EQ(plain.ha.version, 2);
  EXPECT_TRUE(plain.ha.preempt);
  EXPECT_EQ(model::advert_interval(plain.ha), seconds(1));
  EXPECT_THAT(plain.remarks, IsEmpty());
  EXPECT_EQ(import_instance("state MASTER").ha.priority, 255);
  EXPECT_THAT(import("vrrp_instance V {\ninterface eth0\nvirtual_ipaddress {\n10.0.0.9\n}\n}").ha.virtualAddresses,
              ElementsAre("10.0.0.9/32"));
}

TEST_F(ImportKeepalived, TheSecondNodeStaysWhatItWas) {
  const Outcome backup = import_instance("state BACKUP\npriority 100\nnopreempt");
  EXPECT_FALSE(backup.ha.preempt);
  EXPECT_THAT(backup.remarks, IsEmpty());
  EXPECT_TRUE(import_instance("state MASTER\npriority 150\nnopreempt").ha.preempt) << "keepalived ignores it there";
  EXPECT_EQ(import_instance("preempt_delay 2.5").ha.preemptDelay.value, milliseconds(2500));
}

TEST_F(ImportKeepalived, Version3CountsHundredths) {
  const Outcome fast = import_instance("version 3\nadvert_int 0.1\nv3_checksum_as_v2");
  EXPECT_EQ(model::advert_interval(fast.ha), milliseconds(100));
  EXPECT_TRUE(fast.ha.v3ChecksumWithoutPseudoHeader);
  EXPECT_THAT(fast.remarks, IsEmpty());
  const Outcome rounded = import_instance("advert_int 0.1");
  EXPECT_EQ(model::advert_interval(rounded.ha), seconds(1)) << "version 2: keepalived rounds";
  EXPECT_THAT(rounded.remarks, ElementsAre(HasSubstr("warning: advert_int 0.1: version 2 cannot say that")));
  const Outcome password = import_instance("version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}");
  EXPECT_TRUE(password.ha.password.value.empty());
  EXPECT_THAT(password.remarks, ElementsAre(HasSubstr("version 3 has no passwords")));
}

TEST_F(ImportKeepalived, UnicastHasPeersAndLimits) {
  const Outcome unicast = import_instance(
      "unicast_src_ip 10.0.0.2\nunicast_peer {\n10.0.0.3 min_ttl 254 max_ttl 255\n}\nunicast_ttl "
      "64\ncheck_unicast_src");
  EXPECT_THAT(unicast.ha.peers, ElementsAre("10.0.0.3"));
  EXPECT_EQ(unicast.ha.sourceAddress, "10.0.0.2");
  EXPECT_EQ(unicast.ha.minTTL, 254);
  EXPECT_EQ(unicast.ha.unicastTTL, 64);
  EXPECT_THAT(import_instance("unicast_src_ip 10.0.0.2").remarks, ElementsAre(HasSubstr("adverts are multicast")));
}

TEST_F(ImportKeepalived, AddressesKeepTheirWords) {
  const Outcome words = import(R"(vrrp_instance V {
  virtual_ipaddress {
    10.0.0.1/24 brd 10.0.0.255 dev eth1 scope global label eth1:v no_track
    fd00::1/64
    10.0.0.2/24 dev eth0 noprefixroute
  }
  virtual_ipaddress_excluded { 10.0.9.1/24 }
  interface eth0
})");
  EXPECT_THAT(words.ha.virtualAddresses,
              ElementsAre("10.0.0.1/24 brd 10.0.0.255 dev eth1 scope global label eth1:v no_track", "10.0.0.2/24"));
  EXPECT_THAT(words.ha.excludedAddresses, testing::UnorderedElementsAre("10.0.9.1/24", "fd00::1/64"));
  EXPECT_THAT(words.remarks, Contains(HasSubstr("5: not translated: 10.0.0.2/24: \"noprefixroute\"")));
}

TEST_F(ImportKeepalived, SeveralInstancesAndTheirGroup) {
  const Outcome both = import(R"(
vrrp_script web { script "/usr/bin/web ok" }
vrrp_script db { script /usr/bin/db -q
  weight 5 }
vrrp_sync_group G {
  group { V4 V6 }
  sync_group_tracking_weight
  notify_master "/usr/bin/tell MASTER" nobody nogroup
}
vrrp_instance V4 {
  interface eth0
  virtual_router_id 1
  virtual_ipaddress { 10.0.0.1/24 }
  track_script { web
    db weight -10 }
  track_interface { eth1 weight -5 }
}
vrrp_instance V6 {
  interface eth0
  virtual_router_id 1
  virtual_ipaddress { fe80::100/64 }
  track_script { web }
  use_vmac
}
)");
  EXPECT_EQ(both.ha.instances.size(), 2U);
  EXPECT_EQ(both.ha.instances.at("V6").version, 3);
  EXPECT_TRUE(both.ha.instances.at("V6").virtualMac.has_value());
  EXPECT_THAT(both.ha.syncGroups.at("G").instances, ElementsAre("V4", "V6"));
  EXPECT_EQ(both.ha.syncGroups.at("G").notify->user, "nobody:nogroup");
  ASSERT_EQ(both.ha.track.scripts.size(), 2U);
  EXPECT_THAT(both.ha.track.scripts[0].instances, IsEmpty()) << "all of them";
  EXPECT_EQ(both.ha.track.scripts[1].command, "/usr/bin/db -q");
  EXPECT_EQ(both.ha.track.scripts[1].weight, -10);
  EXPECT_THAT(both.ha.track.scripts[1].instances, ElementsAre("V4"));
  EXPECT_THAT(both.ha.track.interfaces.at(0).instances, ElementsAre("V4"));
  EXPECT_THAT(both.remarks, IsEmpty());
}

TEST_F(ImportKeepalived, VirtualMacsKeepNameAddressAndInterfaceBelow) {
  const Outcome named = import_instance("use_vmac pair0 02:00:00:00:00:09\nvmac_xmit_base");
  ASSERT_TRUE(named.ha.virtualMac);
  EXPECT_EQ(named.ha.virtualMac->name, "pair0");
  EXPECT_EQ(named.ha.virtualMac->address, "02:00:00:00:00:09");
  EXPECT_TRUE(named.ha.virtualMac->sendFromParent);
  EXPECT_THAT(named.remarks, IsEmpty());
  const Outcome five = import(
      "global_defs { vmac_prefix pair }\nvrrp_instance V {\n interface eth0\n use_vmac "
      "02:00:00:00:00\n virtual_router_id 51\n virtual_ipaddress { 10.0.0.1/24 }\n}\n");
  ASSERT_TRUE(five.ha.virtualMac);
  EXPECT_EQ(five.ha.virtualMac->address, "02:00:00:00:00:33") << "the sixth octet is the virtual router's";
  EXPECT_EQ(five.ha.virtualMac->name, "pair.51");
  EXPECT_FALSE(five.ha.virtualMac->sendFromParent);
}

TEST_F(ImportKeepalived, DelaysAreThoseOfInterfacesThatAreUsed) {
  const Outcome delayed = import(R"(
vrrp_instance V {
  interface eth0
  advert_int 1
  virtual_ipaddress { 10.0.0.1/24 }
  track_interface { eth1 weight -10 reverse }
}
interface_up_down_delays {
  eth0 5 0.5
  eth1 0.3
  eth9 1
})");
  ASSERT_EQ(delayed.ha.track.interfaces.size(), 2U);
  const model::TrackedInterface& tracked = delayed.ha.track.interfaces[0];
  EXPECT_EQ(tracked.name, "eth1");
  EXPECT_EQ(tracked.weight, -10);
  EXPECT_TRUE(tracked.reverse);
  EXPECT_EQ(tracked.downDelay.value, milliseconds(300));
  EXPECT_EQ(tracked.upDelay.value, milliseconds(300));
  const model::TrackedInterface& own = delayed.ha.track.interfaces[1];
  EXPECT_EQ(own.name, "eth0");
  EXPECT_EQ(own.downDelay.value, seconds(2)) << "two intervals";
  EXPECT_EQ(own.upDelay.value, milliseconds(500));
  EXPECT_THAT(delayed.remarks,
              testing::UnorderedElementsAre(HasSubstr("9: warning: interface_up_down_delays: 5 s is cut"),
                                            HasSubstr("11: note: interface_up_down_delays: nobody")));
}

constexpr const char* kGroupOfTwo = R"(
vrrp_script web { script "/usr/bin/web ok"
  weight -30 }
vrrp_instance A {
  interface eth0
  virtual_router_id 1
  virtual_ipaddress { 10.0.0.1/24 }
  track_interface { eth1 weight -20 }
}
vrrp_instance B {
  interface eth0
  virtual_router_id 2
  virtual_ipaddress { 10.0.0.2/24 }
}
)";

TEST_F(ImportKeepalived, WeightsOfMembersCountAsInKeepalived) {
  const std::string two = kGroupOfTwo;
  const Outcome plain = import(two + "vrrp_sync_group G { group { A B } }\n");
  EXPECT_FALSE(plain.ha.syncGroups.at("G").trackingWeight);
  EXPECT_EQ(plain.ha.track.interfaces.at(0).weight, 0);
  EXPECT_THAT(plain.remarks, Contains(HasSubstr("note: eth1: weight -20 counts as 0")));
  const Outcome weighted = import(two + "vrrp_sync_group G { group { A B }\n sync_group_tracking_weight\n}\n");
  EXPECT_TRUE(weighted.ha.syncGroups.at("G").trackingWeight);
  EXPECT_EQ(weighted.ha.track.interfaces.at(0).weight, -20);
  const Outcome own = import(two + "vrrp_sync_group G { group { A B }\n track_script { web }\n}\n");
  EXPECT_TRUE(own.ha.syncGroups.at("G").trackingWeight) << "the group's own weights count";
  EXPECT_EQ(own.ha.track.scripts.at(0).weight, -30);
  EXPECT_EQ(own.ha.track.interfaces.at(0).weight, 0);
}

TEST_F(ImportKeepalived, AnInstanceThatIsToldKeepsItsName) {
  const Outcome told = import_instance("notify \"/usr/bin/tell\"");
  EXPECT_EQ(told.ha.instances.at("V").notify->command, "/usr/bin/tell");
}

TEST_F(ImportKeepalived, GlobalSettingsHoldForAllInstances) {
  const Outcome globals = import(R"(
global_defs {
  vrrp_version 3
  vrrp_garp_master_refresh 60
  vrrp_garp_master_repeat 2
  vrrp_garp_interval 0.001
  vrrp_startup_delay 3
  vrrp_rt_priority 50
  notify_fifo /run/fifo
  default_interface eth7
}
vrrp_instance V { virtual_ipaddress { 10.0.0.1/24 }
  garp_master_repeat 4 }
track_file F { file /run/w
  weight 2 }
)");
  const model::VrrpInstance& instance = globals.ha.instances.at("V");
  EXPECT_EQ(instance.version, 3);
  EXPECT_EQ(instance.interface, "eth7");
  EXPECT_EQ(instance.garp.repeat, 4);
  EXPECT_EQ(instance.garp.interval.value, milliseconds(1));
  EXPECT_EQ(globals.ha.startupDelay.value, seconds(3));
  EXPECT_EQ(globals.ha.realTimePriority, 50);
  EXPECT_EQ(globals.ha.notify.fifo, "/run/fifo");
}

TEST_F(ImportKeepalived, WhatHasNoCounterpartIsNamedWithTheReason) {
  const Outcome refused = import(R"(global_defs {
  notification_email { root@localhost }
  enable_snmp_vrrp
  vrrp_strict
}
virtual_server 10.0.0.1 80 { delay_loop 6 }
bfd_instance B { neighbor_ip 10.0.0.3 }
vrrp_instance V {
  virtual_ipaddress { 10.0.0.1/24 }
  virtual_routes { 10.9.0.0/16 via 10.0.0.9 }
  no_accept
  authentication { auth_type AH }
  flurb 3
  accept
  strict_mode off
})");
  EXPECT_TRUE(refused.import.has(RemarkKind::kUntranslated));
  for (const char* text :
       {"2: not translated: notification_email", "3: not translated: enable_snmp_vrrp",
        "4: not translated: vrrp_strict", "6: not translated: virtual_server", "7: not translated: bfd_instance",
        "10: not translated: virtual_routes", "11: not translated: no_accept", "12: not translated: auth_type AH",
        "13: not translated: flurb: unknown keyword", "14: note: accept", "15: note: strict_mode"}) {
    EXPECT_THAT(refused.remarks, Contains(testing::StartsWith(text)));
  }
}

TEST_F(ImportKeepalived, AFileWithoutInstancesIsAnError) {
  std::ofstream(folder_ / "empty.conf") << "global_defs { }\n";
  EXPECT_FALSE(import_keepalived(folder_ / "empty.conf", {}));
  EXPECT_FALSE(import_keepalived(folder_ / "nothing.conf", {}));
}

}  // namespace
}  // namespace tandem::keepalived
