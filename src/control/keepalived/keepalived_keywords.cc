#include "control/keepalived/keepalived_keywords.h"

#include <span>

namespace tandem::keepalived {
namespace {

constexpr auto kNote = RemarkKind::kNote;
constexpr auto kUntranslated = RemarkKind::kUntranslated;
constexpr std::string_view kMail = "no mail is sent; ha.notify.webhook may call something that does";
constexpr std::string_view kBalancer = "tandem is the balancer itself: write it as routers and services";
constexpr std::string_view kBfd = "there is no BFD; ha.peerLink sees the other node within 200 ms";
constexpr std::string_view kProcess = "processes are not watched; tandem watches its own, a track script any other";
constexpr std::string_view kRoutes = "routes and rules are not moved with the addresses";
constexpr std::string_view kNetwork = "addresses and routes that always stand belong to the network configuration";
constexpr std::string_view kManagement =
    "there is no SNMP and no D-Bus; `tandem ha status --json` and /metrics tell the same";
constexpr std::string_view kAlways = "that is so anyway";
constexpr std::string_view kFirewall = "no firewall is needed for what tandem does";
constexpr std::string_view kMeaningless = "has no meaning here";

constexpr KeywordFate kTop[] = {
    {"virtual_server*", kUntranslated, kBalancer},
    {"real_server", kUntranslated, kBalancer},
    {"static_ipaddress", kUntranslated, kNetwork},
    {"static_routes", kUntranslated, kNetwork},
    {"static_rules", kUntranslated, kNetwork},
    {"bfd_instance", kUntranslated, kBfd},
    {"vrrp_track_process", kUntranslated, kProcess},
    {"track_process", kUntranslated, kProcess},
    {"track_group", kUntranslated, kNetwork},
    {"garp_group", kUntranslated, "gaps between announcements are an instance's: garp.interval"},
    {"net_namespace", kUntranslated, "start tandem inside the network namespace"},
    {"namespace_with_ipsets", kNote, kFirewall},
    {"linkbeat_use_polling", kNote, "carriers are told by the kernel"},
    {"linkbeat_interfaces", kUntranslated, "carriers are told by the kernel, not polled"},
    {"instance", kNote, kMeaningless},
    {"use_pid_dir", kNote, kMeaningless},
    {"child_wait_time", kNote, kMeaningless},
    {"daemon", kNote, kMeaningless},
};

constexpr KeywordFate kGlobal[] = {
    {"router_id", kNote, "VRRP does not know it; ha.nodeName names a node, and needs to differ between nodes"},
    {"notification_email*", kUntranslated, kMail},
    {"smtp_*", kUntranslated, kMail},
    {"email_faults", kUntranslated, kMail},
    {"no_email_faults", kNote, kMail},
    {"enable_snmp*", kUntranslated, kManagement},
    {"snmp_socket", kUntranslated, kManagement},
    {"enable_traps", kUntranslated, kManagement},
    {"enable_dbus", kUntranslated, kManagement},
    {"dbus_*", kUntranslated, kManagement},
    {"net_namespace", kUntranslated, "start tandem inside the network namespace"},
    {"namespace_with_ipsets", kNote, kFirewall},
    {"vrrp_strict", kUntranslated, "strict mode forbids unicast, passwords and answering on the address"},
    {"vrrp_mcast_group*", kUntranslated, "adverts go to the group that the RFC says"},
    {"vrrp_notify_fifo_script", kUntranslated, "start the reader of the FIFO yourself"},
    {"notify_fifo_script", kUntranslated, "start the reader of the FIFO yourself"},
    {"lvs_*", kUntranslated, kBalancer},
    {"checker_*", kNote, kBalancer},
    {"bfd_*", kNote, kBfd},
    {"vrrp_garp_extra_if", kUntranslated, "addresses are announced on their own interface only"},
    {"vrrp_lower_prio_no_advert", kUntranslated, "a master always answers a lower priority: it heals a split"},
    {"vrrp_higher_prio_send_advert", kNote, kAlways},
    {"vrrp_check_unicast_src", kNote, kAlways},
    {"vrrp_skip_check_adv_addr", kNote, "differing address lists are told and do not make two masters"},
    {"vrrp_iptables", kNote, kFirewall},
    {"vrrp_ipsets", kNote, kFirewall},
    {"iptables", kNote, kFirewall},
    {"nftables*", kNote, kFirewall},
    {"vrrp_priority", kNote, "ha.realTimePriority does more"},
    {"vrrp_rlimit*", kNote, kMeaningless},
    {"vrrp_cpu_affinity", kUntranslated, "the thread of VRRP runs on any core"},
    {"vrrp_process_name", kNote, kMeaningless},
    {"process_name*", kNote, kMeaningless},
    {"vrrp_netlink_*", kNote, kMeaningless},
    {"vrrp_rx_bufs_*", kNote, kMeaningless},
    {"dynamic_interfaces", kNote, kMeaningless},
    {"allow_if_changes", kNote, kMeaningless},
    {"disable_local_igmp", kNote, kMeaningless},
    {"max_auto_priority", kNote, kMeaningless},
    {"min_auto_priority_delay", kNote, kMeaningless},
    {"use_symlink_paths", kNote, kMeaningless},
    {"script_log_*", kNote, kMeaningless},
    {"startup_script*", kUntranslated, "run it before tandem, in its service unit"},
    {"shutdown_script*", kUntranslated, "run it after tandem, in its service unit"},
    {"reload_*", kNote, kMeaningless},
    {"no_reload_*", kNote, kMeaningless},
    {"fifo_write_vrrp_states_on_reload", kNote, kMeaningless},
    {"use_pid_dir", kNote, kMeaningless},
    {"timer_expired_backup", kNote, kAlways},
    {"vmac_addr_prefix", kUntranslated, "addresses on other interfaces have those interfaces' own MACs"},
    {"random_seed", kNote, kMeaningless},
    {"umask", kNote, kMeaningless},
    {"json_version", kNote, kMeaningless},
    {"data_use_instance", kNote, kMeaningless},
    {"state_dump_file", kNote, kMeaningless},
    {"stats_dump_file", kNote, kMeaningless},
    {"tmp_config_directory", kNote, kMeaningless},
    {"config_save_dir", kNote, kMeaningless},
    {"instance", kNote, kMeaningless},
    {"child_wait_time", kNote, kMeaningless},
};

constexpr KeywordFate kInstance[] = {
    {"virtual_routes", kUntranslated, kRoutes},
    {"virtual_rules", kUntranslated, kRoutes},
    {"use_ipvlan", kUntranslated, "there is no ipvlan; virtualMac makes a macvlan interface"},
    {"use_vmac_addr", kUntranslated, "addresses on other interfaces have those interfaces' own MACs"},
    {"no_accept", kUntranslated, "a proxy must answer on the addresses it holds"},
    {"accept", kNote, kAlways},
    {"strict_mode", kUntranslated, "strict mode forbids unicast, passwords and answering on the address"},
    {"dont_track_primary", kUntranslated, "the interface of the adverts is always watched"},
    {"track_primary", kNote, kAlways},
    {"track_src_ip", kNote, kAlways},
    {"track_process", kUntranslated, kProcess},
    {"track_bfd", kUntranslated, kBfd},
    {"auth_hmac", kUntranslated, "there is no signature on adverts; ha.peerLink is authenticated"},
    {"garp_extra_if", kUntranslated, "addresses are announced on their own interface only"},
    {"lower_prio_no_advert", kUntranslated, "a master always answers a lower priority: it heals a split"},
    {"higher_prio_send_advert", kNote, kAlways},
    {"check_unicast_src", kNote, kAlways},
    {"unicast_fault_no_peer", kNote, "without peers adverts are multicast"},
    {"skip_check_adv_addr", kNote, "differing address lists are told and do not make two masters"},
    {"native_ipv6", kNote, kMeaningless},
    {"promote_secondaries", kNote, kMeaningless},
    {"old_unicast_checksum", kUntranslated, "checksums of keepalived before 1.3.7 are understood, never sent"},
    {"linkbeat_use_polling", kNote, "carriers are told by the kernel"},
    {"kernel_rx_buf_size", kNote, kMeaningless},
    {"debug", kNote, kMeaningless},
    {"smtp_alert", kUntranslated, kMail},
    {"notify_deleted", kUntranslated, "an instance goes away with the program: onStop"},
    {"lvs_sync_daemon*", kUntranslated, kBalancer},
    {"timer_expired_backup", kNote, kAlways},
};

constexpr KeywordFate kGroup[] = {
    {"track_process", kUntranslated, kProcess},
    {"track_bfd", kUntranslated, kBfd},
    {"smtp_alert", kUntranslated, kMail},
    {"notify_deleted", kUntranslated, "a group goes away with the program: onStop"},
    {"global_tracking", kNote, kAlways},
};

constexpr KeywordFate kScript[] = {
    {"debug", kNote, kMeaningless},
};

std::span<const KeywordFate> table_of(KeywordBlock block) {
  switch (block) {
    case KeywordBlock::kTop:
      return kTop;
    case KeywordBlock::kGlobal:
      return kGlobal;
    case KeywordBlock::kInstance:
      return kInstance;
    case KeywordBlock::kGroup:
      return kGroup;
    case KeywordBlock::kScript:
    case KeywordBlock::kFile:
      break;
  }
  return kScript;
}

}  // namespace

const KeywordFate* fate_of(KeywordBlock block, std::string_view keyword) {
  for (const KeywordFate& fate : table_of(block)) {
    const bool any_ending = fate.keyword.ends_with('*');
    if (any_ending ? keyword.starts_with(fate.keyword.substr(0, fate.keyword.size() - 1)) : keyword == fate.keyword)
      return &fate;
  }
  return nullptr;
}

}  // namespace tandem::keepalived
