#include "control/keepalived/import_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "config/model/virtual_address.h"

namespace tandem::keepalived {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kLongestPassword = 8;
constexpr std::size_t kMacLength = 17;

class InstanceImport {
 public:
  InstanceImport(const KeepalivedStatement& statement, const InstanceDefaults& defaults, Remarks& remarks)
      : statement_(statement), remarks_(remarks) {
    out_.name = statement.word(1);
    out_.place = statement.place;
    settings().garp = defaults.garp;
    settings().interface = defaults.interface;
    virtual_mac_prefix_ = defaults.virtual_mac_prefix;
    settings().priority = 0;  // not said
    settings().preempt = true;
    settings().preemptDelay = {};
    version_ = defaults.version;
  }

  ImportedInstance run() && {
    if (out_.name.empty()) remarks_.warn(statement_, "vrrp_instance: it has no name");
    for (const KeepalivedStatement& each : statement_.block) take(each);
    settle_addresses();
    settle_version();
    settle_priority();
    settle_virtual_mac();
    return std::move(out_);
  }

 private:
  model::VrrpInstance& settings() { return out_.settings; }

  void take(const KeepalivedStatement& each) {
    if (take_identity(each) || take_peering(each) || take_blocks(each)) return;
    if (take_garp(each, settings().garp, remarks_)) return;
    model::NotifyCommands notify = settings().notify.value_or(model::NotifyCommands{});
    if (take_notify(each, notify, remarks_)) {
      settings().notify = notify;
      return;
    }
    remarks_.fate(KeywordBlock::kInstance, each);
  }

  bool take_identity(const KeepalivedStatement& each) {
    const std::string& keyword = each.keyword();
    if (keyword == "state") {
      out_.state_master = each.word(1) == "MASTER";
    } else if (keyword == "interface") {
      settings().interface = each.word(1);
    } else if (keyword == "virtual_router_id") {
      set(settings().virtualRouterID, whole_number_of(each, remarks_));
    } else if (keyword == "priority") {
      set(settings().priority, whole_number_of(each, remarks_));
    } else if (keyword == "version") {
      version_ = whole_number_of(each, remarks_);
    } else if (keyword == "advert_int") {
      advert_ = &each;
    } else if (keyword == "nopreempt") {
      nopreempt_ = &each;
    } else if (keyword == "preempt") {
      nopreempt_ = nullptr;
    } else if (keyword == "preempt_delay") {
      set(settings().preemptDelay, seconds_of(each, remarks_));
    } else if (keyword == "down_timer_adverts") {
      set(settings().downTimerAdverts, whole_number_of(each, remarks_));
    } else if (keyword == "v3_checksum_as_v2") {
      settings().v3ChecksumWithoutPseudoHeader = is_on(each);
    } else {
      return false;
    }
    return true;
  }

  bool take_peering(const KeepalivedStatement& each) {
    const std::string& keyword = each.keyword();
    if (keyword == "unicast_src_ip" || keyword == "mcast_src_ip") {
      settings().sourceAddress = each.word(1);
      if (keyword == "unicast_src_ip") unicast_source_ = &each;
    } else if (keyword == "unicast_ttl") {
      set(settings().unicastTTL, whole_number_of(each, remarks_));
    } else if (keyword == "use_vmac") {
      take_virtual_mac(each);
    } else if (keyword == "vmac_xmit_base") {
      send_from_parent_ = true;
    } else {
      return false;
    }
    return true;
  }

  bool take_blocks(const KeepalivedStatement& each) {
    const std::string& keyword = each.keyword();
    if (keyword == "virtual_ipaddress") {
      take_addresses(each, settings().virtualAddresses);
    } else if (keyword == "virtual_ipaddress_excluded") {
      take_addresses(each, settings().excludedAddresses);
    } else if (keyword == "authentication") {
      take_authentication(each);
    } else if (keyword == "unicast_peer") {
      take_peers(each);
    } else if (keyword == "track_script") {
      append(out_.scripts, track_uses(each, out_.name, remarks_));
    } else if (keyword == "track_file") {
      append(out_.files, track_uses(each, out_.name, remarks_));
    } else if (keyword == "track_interface") {
      append(out_.interfaces, track_uses(each, out_.name, remarks_));
    } else {
      return false;
    }
    return true;
  }

  template <class T>
  static void set(T& member, const std::optional<T>& value) {
    if (value) member = *value;
  }
  static void append(std::vector<TrackUse>& to, std::vector<TrackUse> uses) {
    to.insert(to.end(), std::make_move_iterator(uses.begin()), std::make_move_iterator(uses.end()));
  }

  void take_virtual_mac(const KeepalivedStatement& each) {
    model::VirtualMac mac;
    for (std::size_t i = 1; i < each.words.size(); ++i) {
      const std::string_view word = each.word(i);
      const bool is_mac = (word.size() == kMacLength || word.size() == kMacLength - 3) && word[2] == ':';
      if (is_mac)
        mac.address = word;
      else
        mac.name = word;
    }
    settings().virtualMac = mac;
  }

  void take_authentication(const KeepalivedStatement& block) {
    for (const KeepalivedStatement& each : block.block) {
      if (each.keyword() == "auth_type") {
        if (each.word(1) == "AH")
          remarks_.untranslated(each, "auth_type AH: RFC 3768 gave it up with MD5; ha.peerLink is authenticated");
        else
          has_pass_ = true;
      } else if (each.keyword() == "auth_pass") {
        settings().password.value = each.word(1);
        password_ = &each;
      } else {
        remarks_.untranslated(each, fmt::format("{}: unknown keyword", each.keyword()));
      }
    }
  }

  void take_peers(const KeepalivedStatement& block) {
    std::optional<std::pair<std::int64_t, std::int64_t>> limits;
    for (const KeepalivedStatement& each : block.block) {
      settings().peers.push_back(each.keyword());
      std::pair<std::int64_t, std::int64_t> own{0, 255};
      for (std::size_t i = 1; i + 1 < each.words.size(); i += 2) {
        const auto number = number_of(each, i + 1, remarks_);
        if (!number) continue;
        if (each.word(i) == "min_ttl")
          own.first = static_cast<std::int64_t>(*number);
        else if (each.word(i) == "max_ttl")
          own.second = static_cast<std::int64_t>(*number);
        else
          remarks_.untranslated(each, fmt::format("unicast_peer: unknown word \"{}\"", each.word(i)));
      }
      if (limits && *limits != own)
        remarks_.untranslated(each, "unicast_peer: limits of the TTL hold for all peers; the widest are taken");
      limits = limits ? std::pair(std::min(limits->first, own.first), std::max(limits->second, own.second)) : own;
    }
    if (limits) std::tie(settings().minTTL, settings().maxTTL) = *limits;
  }

  void take_addresses(const KeepalivedStatement& block, std::vector<std::string>& list) {
    for (const KeepalivedStatement& each : block.block) {
      std::string text = each.keyword();
      for (std::size_t i = 1; i < each.words.size(); ++i) text += take_address_word(each, i);
      const auto parsed = model::parse_virtual_address(text);
      if (!parsed) {
        remarks_.untranslated(each, parsed.error().message());
        continue;
      }
      // Without a prefix keepalived means the one address.
      if (!parsed->prefix) text.insert(each.keyword().size(), parsed->address.v6 ? "/128" : "/32");
      list.push_back(text);
    }
  }

  /// What one word behind an address becomes; moves `i` to the last one that it took.
  std::string take_address_word(const KeepalivedStatement& each, std::size_t& i) {
    const std::string word(each.word(i));
    constexpr std::array<std::string_view, 5> kTaken{"dev", "label", "scope", "brd", "broadcast"};
    constexpr std::array<std::string_view, 6> kFlags{"home",          "-nodad",   "mngtmpaddr",
                                                     "noprefixroute", "autojoin", "use_vmac"};
    if (word == "no_track") return " no_track";
    if (std::ranges::find(kTaken, word) != kTaken.end()) {
      const std::string value(each.word(++i));
      return fmt::format(" {} {}", word, value);
    }
    const bool flag = std::ranges::find(kFlags, word) != kFlags.end();
    const std::string value = flag ? std::string() : std::string(each.word(++i));
    remarks_.untranslated(each, fmt::format("{}: \"{}\" of an address is not supported", each.keyword(),
                                            flag ? word : word + " " + value));
    return {};
  }

  /// `dev IF` says nothing when IF is the instance's own.
  void drop_own_device(std::string& text) {
    const std::string device = " dev " + settings().interface;
    const std::size_t at = (text + ' ').find(device + ' ');
    if (at != std::string::npos) text.erase(at, device.size());
  }

  /// keepalived moves addresses of the other family to the excluded ones.
  void settle_addresses() {
    auto& list = settings().virtualAddresses;
    if (list.empty()) {
      remarks_.warn(statement_, fmt::format("vrrp_instance {}: it has no virtual_ipaddress", out_.name));
      return;
    }
    const auto is_v6 = [](const std::string& text) { return text.substr(0, text.find('/')).contains(':'); };
    v6_ = is_v6(list.front());
    std::vector<std::string> kept;
    auto& excluded = settings().excludedAddresses;
    for (std::string& text : list) (is_v6(text) == v6_ ? kept : excluded).push_back(std::move(text));
    const bool mixed = kept.size() != list.size();
    list = std::move(kept);
    for (auto* addresses : {&list, &excluded}) {
      for (std::string& text : *addresses) drop_own_device(text);
    }
    if (!mixed) return;
    remarks_.note(statement_, fmt::format("vrrp_instance {}: addresses of the other family are excludedAddresses, as "
                                          "keepalived has it",
                                          out_.name));
  }

  void settle_version() {
    settings().version = v6_ ? 3 : version_.value_or(2);
    if (v6_ && version_ == 2)
      remarks_.warn(statement_, "version 2 knows no IPv6: version 3 is taken; change the peer too");
    settle_interval();
    if (password_ == nullptr) return;
    std::string& password = settings().password.value;
    if (settings().version == 3 || !has_pass_) {
      password.clear();
      remarks_.note(*password_, settings().version == 3
                                    ? "auth_pass: version 3 has no passwords, keepalived ignores it too"
                                    : "auth_pass: without auth_type PASS keepalived ignores it");
    } else if (password.size() > kLongestPassword) {
      remarks_.warn(*password_, fmt::format("auth_pass: {} characters, of which only {} ever counted; cut to them",
                                            password.size(), kLongestPassword));
      password.resize(kLongestPassword);
    }
  }

  void settle_interval() {
    const auto given = advert_ == nullptr ? format::Duration(seconds(1))
                                          : seconds_of(*advert_, remarks_).value_or(format::Duration(seconds(1)));
    const auto unit = settings().version == 2 ? std::chrono::nanoseconds(seconds(1)) : milliseconds(10);
    const auto most = settings().version == 2 ? std::chrono::nanoseconds(seconds(255)) : milliseconds(40950);
    auto rounded = std::clamp((given.value + unit / 2) / unit * unit, unit, most);
    if (rounded != given.value && advert_ != nullptr) {
      remarks_.warn(*advert_,
                    fmt::format("advert_int {}: version {} cannot say that; keepalived and this import take {} ms",
                                advert_->word(1), settings().version, rounded / milliseconds(1)));
    }
    settings().advertInterval = rounded;
  }

  void settle_priority() {
    if (settings().priority == 0) settings().priority = out_.state_master ? 255 : 100;
    if (unicast_source_ != nullptr && settings().peers.empty())
      remarks_.warn(*unicast_source_, "unicast_src_ip: without unicast_peer adverts are multicast, as in keepalived");
    const bool owner = settings().priority == 255;
    if (nopreempt_ != nullptr && (out_.state_master || owner)) {
      remarks_.warn(*nopreempt_, "nopreempt: keepalived ignores it with state MASTER or priority 255");
    } else if (nopreempt_ != nullptr) {
      settings().preempt = false;
      settings().preemptDelay = model::VrrpSettings{}.preemptDelay;
    }
  }

  void settle_virtual_mac() {
    if (!settings().virtualMac) return;
    model::VirtualMac& mac = *settings().virtualMac;
    mac.sendFromParent = send_from_parent_;
    if (!settings().peers.empty() && !send_from_parent_) {
      mac.sendFromParent = true;
      remarks_.note(statement_, "unicast adverts come from the interface below the virtual MAC");
    }
    const auto id = settings().virtualRouterID;
    // Of five octets the sixth is the virtual router's.
    if (mac.address.size() == kMacLength - 3) mac.address += fmt::format(":{:02x}", id);
    if (mac.name.empty() && !virtual_mac_prefix_.empty())
      mac.name = fmt::format("{}{}.{}", virtual_mac_prefix_, v6_ ? "6" : "", id);
  }

  const KeepalivedStatement& statement_;
  Remarks& remarks_;
  ImportedInstance out_;
  std::string virtual_mac_prefix_;
  std::optional<std::int64_t> version_;
  const KeepalivedStatement* advert_ = nullptr;
  const KeepalivedStatement* nopreempt_ = nullptr;
  const KeepalivedStatement* password_ = nullptr;
  const KeepalivedStatement* unicast_source_ = nullptr;
  bool has_pass_ = false;
  bool send_from_parent_ = false;
  bool v6_ = false;
};

}  // namespace

bool take_garp(const KeepalivedStatement& statement, model::GarpSettings& garp, Remarks& remarks) {
  std::string_view keyword = statement.keyword();
  if (keyword == "vrrp_min_garp") {
    if (!is_on(statement)) return true;
    garp.repeat = 1;
    garp.delay = {};
    return true;
  }
  if (keyword.starts_with("vrrp_garp_")) keyword.remove_prefix(5);
  const auto set = [&](auto& member, const auto& value) {
    if (value) member = *value;
    return true;
  };
  if (keyword == "garp_master_delay") return set(garp.delay, seconds_of(statement, remarks));
  if (keyword == "garp_master_repeat") return set(garp.repeat, whole_number_of(statement, remarks));
  if (keyword == "garp_master_refresh") return set(garp.refresh, seconds_of(statement, remarks));
  if (keyword == "garp_master_refresh_repeat") return set(garp.refreshRepeat, whole_number_of(statement, remarks));
  if (keyword == "garp_lower_prio_delay") return set(garp.lowerPriorityDelay, seconds_of(statement, remarks));
  if (keyword == "garp_lower_prio_repeat") return set(garp.lowerPriorityRepeat, whole_number_of(statement, remarks));
  if (keyword == "garp_interval") return set(garp.interval, seconds_of(statement, remarks));
  if (keyword == "vrrp_gna_interval" || keyword == "gna_interval") {
    const auto gap = seconds_of(statement, remarks);
    if (gap && gap->value > garp.interval.value) garp.interval = *gap;
    return true;
  }
  return false;
}

ImportedInstance import_instance(const KeepalivedStatement& statement, const InstanceDefaults& defaults,
                                 Remarks& remarks) {
  return InstanceImport(statement, defaults, remarks).run();
}

}  // namespace tandem::keepalived
