#include "control/keepalived/import_keepalived.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "base/text.h"
#include "config/model/static_configuration.h"
#include "config/model/validate_ha.h"
#include "control/keepalived/import_instance.h"
#include "control/keepalived/yaml_text.h"

namespace tandem::keepalived {
namespace {

using format::Array;
using format::Object;
using format::Value;
using model::HighAvailability;
using std::chrono::seconds;

template <class Range, class T, class Projection = std::identity>
bool holds(const Range& range, const T& value, Projection projection = {}) {
  return std::ranges::find(range, value, projection) != std::ranges::end(range);
}

// ---- only what differs from the defaults

Value changed_members(const Object& value, const Object& defaults);

const Value* member(const Object& object, std::string_view name) {
  const auto at = std::ranges::find(object, name, &format::Member::name);
  return at == object.end() ? nullptr : &at->value;
}

/// What a member that the encoder leaves out, because it is nothing, must be written as when its default is something.
std::optional<Value> nothing_like(const Value& usual) {
  if (std::holds_alternative<bool>(usual.data())) return Value(false, {});
  if (std::holds_alternative<std::int64_t>(usual.data())) return Value(std::int64_t{0}, {});
  if (std::holds_alternative<std::string>(usual.data())) return Value(std::string("0s"), {});  // a duration
  return std::nullopt;
}

/// `usual` is the default; of a list or map it holds one element, which is the default of all.
std::optional<Value> changed(const Value& value, const Value& usual) {
  if (value == usual) return std::nullopt;
  if (const Object* object = value.object(); object != nullptr && usual.object() != nullptr) {
    const Value* each = member(*usual.object(), "*");
    if (each == nullptr) {
      Value members = changed_members(*object, *usual.object());
      return members.object()->empty() ? std::nullopt : std::optional(std::move(members));
    }
    Object out;
    for (const auto& [name, element] : *object)
      out.push_back({name, changed_members(*element.object(), *each->object())});
    return Value(std::move(out), {});
  }
  if (const Array* array = value.array(); array != nullptr && usual.array() != nullptr && !usual.array()->empty() &&
                                          usual.array()->front().object() != nullptr) {
    Array out;
    for (const Value& element : *array)
      out.push_back(changed_members(*element.object(), *usual.array()->front().object()));
    return Value(std::move(out), {});
  }
  return value;
}

Value changed_members(const Object& value, const Object& defaults) {
  Object out;
  for (const auto& [name, each] : value) {
    const Value* usual = member(defaults, name);
    auto different = usual == nullptr ? std::optional(each) : changed(each, *usual);
    if (different) out.push_back({name, std::move(*different)});
  }
  for (const auto& [name, usual] : defaults) {
    if (member(value, name) != nullptr || name == "*") continue;
    if (auto nothing = nothing_like(usual)) out.push_back({name, std::move(*nothing)});
  }
  return {std::move(out), {}};
}

Value tree_of(const HighAvailability& ha) {
  model::StaticConfiguration configuration;
  configuration.ha = ha;
  const Value whole = format::encode(configuration, false);
  const Value* section = whole.find("ha");
  return section == nullptr ? Value(Object{}, {}) : *section;
}

Value written(const HighAvailability& ha) {
  HighAvailability defaults;
  defaults.track.scripts.emplace_back();
  defaults.track.interfaces.emplace_back();
  defaults.track.files.emplace_back();
  model::VrrpInstance& instance = defaults.instances["*"];
  instance.notify.emplace();
  defaults.syncGroups["*"].notify.emplace();
  const Value all = tree_of(ha);
  const Value usual = tree_of(defaults);
  Object root;
  root.push_back({"ha", changed_members(*all.object(), *usual.object())});
  return {std::move(root), {}};
}

// ---- the file

struct Definition {
  model::TrackedScript script;
  model::TrackedFile file;
  FilePlace place;
  bool used = false;
};

class Importer {
 public:
  explicit Importer(const ImportOptions& options) : options_(options) {}

  base::Result<Import> run(const std::string& path) && {
    auto file = read_keepalived_file(path, options_.id);
    if (!file) return file.error();
    for (const KeepalivedRemark& remark : file->remarks)
      remarks_.add(RemarkKind::kUntranslated, remark.place, remark.text);
    for (const KeepalivedStatement& each : file->statements) {  // first what instances build upon
      if (each.keyword() == "global_defs") take_globals(each);
    }
    for (const KeepalivedStatement& each : file->statements) take(each);
    if (instances_.empty()) return base::Error(base::ErrorKind::kInvalid, path + ": there is no vrrp_instance in it");
    settle_group_weights();
    settle_tracking();
    settle_groups();
    check_weights();
    place_instances();
    Import out;
    out.ha = written(ha_);
    out.origin = path;
    for (const ImportedInstance& each : instances_) out.roles.push_back(role_of(each));
    out.remarks = std::move(remarks_).take();
    return out;
  }

 private:
  static std::string role_of(const ImportedInstance& each) {
    const model::VrrpInstance& settings = each.settings;
    return fmt::format("{}: virtual router {}, version {}, priority {}{}{}", each.name, settings.virtualRouterID,
                       settings.version, settings.priority, each.state_master ? " (state MASTER)" : "",
                       settings.preempt ? "" : ", does not preempt");
  }

  void take(const KeepalivedStatement& each) {
    const std::string& keyword = each.keyword();
    if (keyword == "global_defs") return;
    if (keyword == "vrrp_script") return take_script(each);
    if (keyword == "track_file" || keyword == "vrrp_track_file") return take_file(each);
    if (keyword == "vrrp_instance") return take_instance(each);
    if (keyword == "vrrp_sync_group") return take_group(each);
    if (keyword == "interface_up_down_delays") {
      for (const KeepalivedStatement& line : each.block) delays_.push_back(line);
      return;
    }
    remarks_.fate(KeywordBlock::kTop, each);
  }

  void take_globals(const KeepalivedStatement& block) {
    for (const KeepalivedStatement& each : block.block) {
      const std::string& keyword = each.keyword();
      if (take_garp(each, defaults_.garp, remarks_)) continue;
      if (keyword == "vrrp_version") {
        defaults_.version = whole_number_of(each, remarks_);
      } else if (keyword == "default_interface") {
        defaults_.interface = each.word(1);
      } else if (keyword == "script_user") {
        ha_.scriptUser = user_of(each, 1);
      } else if (keyword == "enable_script_security") {
        ha_.scriptSecurity = true;
      } else if (keyword == "notify_fifo" || keyword == "vrrp_notify_fifo") {
        ha_.notify.fifo = each.word(1);
        if (!each.word(2).empty())
          remarks_.untranslated(each, keyword + ": the FIFO belongs to the user that tandem runs as");
      } else if (keyword == "vrrp_notify_priority_changes") {
        ha_.notify.priorityChanges = is_on(each);
      } else if (keyword == "vrrp_startup_delay") {
        if (const auto delay = seconds_of(each, remarks_)) ha_.startupDelay = *delay;
      } else if (keyword == "vrrp_rt_priority") {
        if (const auto priority = whole_number_of(each, remarks_)) ha_.realTimePriority = *priority;
      } else if (keyword == "vmac_prefix") {
        defaults_.virtual_mac_prefix = each.word(1);
      } else if (keyword == "vrrp_no_swap") {
        ha_.lockMemory = true;
      } else {
        remarks_.fate(KeywordBlock::kGlobal, each);
      }
    }
  }

  void take_script(const KeepalivedStatement& block) {
    Definition& definition = definition_of(scripts_, block);
    model::TrackedScript& script = definition.script;
    script.name = block.word(1);
    for (const KeepalivedStatement& each : block.block) {
      const std::string& keyword = each.keyword();
      if (keyword == "script") {
        script.command = command_of(each, command_text(each), remarks_);
      } else if (keyword == "interval") {
        if (const auto value = seconds_of(each, remarks_)) script.interval = *value;
      } else if (keyword == "timeout") {
        if (const auto value = seconds_of(each, remarks_)) script.timeout = *value;
      } else if (keyword == "weight") {
        take_weight(each, script.weight);
        script.reverse = each.word(2) == "reverse";
      } else if (keyword == "rise" || keyword == "fall") {
        if (const auto value = whole_number_of(each, remarks_))
          (keyword == "rise" ? script.rise : script.fall) = *value;
      } else if (keyword == "user") {
        script.user = user_of(each, 1);
      } else if (keyword == "init_fail") {
        script.initFail = true;
      } else {
        remarks_.fate(KeywordBlock::kScript, each);
      }
    }
    if (script.command.empty()) {
      remarks_.untranslated(block, fmt::format("vrrp_script {}: it has no command", script.name));
    } else if (script.timeout.value > script.interval.value) {
      remarks_.note(
          block,
          fmt::format("vrrp_script {}: a run may take longer than the interval; runs never overlap here", script.name));
    }
  }

  /// The whole command: one quoted word, or all words of the line.
  static std::string command_text(const KeepalivedStatement& each) {
    std::string text;
    for (std::size_t i = 1; i < each.words.size(); ++i) {
      if (i > 1) text += ' ';
      const bool keep = each.words[i].quoted && each.words.size() > 2;
      text += keep ? fmt::format("\"{}\"", each.words[i].text) : each.words[i].text;
    }
    return text;
  }

  void take_file(const KeepalivedStatement& block) {
    Definition& definition = definition_of(files_, block);
    for (const KeepalivedStatement& each : block.block) {
      if (each.keyword() == "file") {
        definition.file.path = each.word(1);
      } else if (each.keyword() == "weight") {
        take_weight(each, definition.file.weight);
      } else if (each.keyword() == "init_file") {
        remarks_.untranslated(each, "init_file: a tracked file is never written; one that is not there counts as 0");
      } else {
        remarks_.fate(KeywordBlock::kFile, each);
      }
    }
    if (definition.file.path.empty())
      remarks_.untranslated(block, fmt::format("{} {}: it names no file", block.keyword(), block.word(1)));
  }

  void take_weight(const KeepalivedStatement& each, std::int64_t& weight) {
    if (const auto value = whole_number_of(each, remarks_)) weight = *value;
  }

  Definition& definition_of(std::map<std::string, Definition>& list, const KeepalivedStatement& block) {
    const std::string name(block.word(1));
    if (list.contains(name))
      remarks_.warn(block, fmt::format("{} {}: it stands there twice, the last one counts", block.keyword(), name));
    list[name] = Definition{};
    list[name].place = block.place;
    return list[name];
  }

  void take_instance(const KeepalivedStatement& block) {
    ImportedInstance instance = import_instance(block, defaults_, remarks_);
    if (holds(instances_, instance.name, &ImportedInstance::name)) {
      remarks_.untranslated(block, fmt::format("vrrp_instance {}: it stands there twice", instance.name));
      return;
    }
    instance.settings.peerPriority = options_.peer_priority;
    append(script_uses_, instance.scripts);
    append(file_uses_, instance.files);
    append(interface_uses_, instance.interfaces);
    instances_.push_back(std::move(instance));
  }

  static void append(std::vector<TrackUse>& to, const std::vector<TrackUse>& uses) {
    to.insert(to.end(), uses.begin(), uses.end());
  }

  void take_group(const KeepalivedStatement& block) {
    const std::string name(block.word(1));
    model::SyncGroup& group = ha_.syncGroups[name];
    std::vector<TrackUse>* uses = nullptr;
    for (const KeepalivedStatement& each : block.block) {
      const std::string& keyword = each.keyword();
      uses = keyword == "track_script"      ? &script_uses_
             : keyword == "track_file"      ? &file_uses_
             : keyword == "track_interface" ? &interface_uses_
                                            : nullptr;
      model::NotifyCommands notify = group.notify.value_or(model::NotifyCommands{});
      if (keyword == "group") {
        for (const KeepalivedStatement& line : each.block) {
          for (const KeepalivedWord& word : line.words) group.instances.push_back(word.text);
        }
      } else if (keyword == "sync_group_tracking_weight") {
        group.trackingWeight = is_on(each);
      } else if (keyword == "notify_priority_changes") {
        ha_.notify.priorityChanges = is_on(each);
      } else if (uses != nullptr) {
        append(*uses, track_uses(each, name, remarks_));
      } else if (take_notify(each, notify, remarks_)) {
        group.notify = notify;
      } else {
        remarks_.fate(KeywordBlock::kGroup, each);
      }
    }
    groups_.emplace(name, block);
  }

  /// The instances that one who tracks stands for: a group's are all of its own.
  std::vector<std::string> instances_of(const std::string& user) const {
    const auto group = ha_.syncGroups.find(user);
    const bool instance = holds(instances_, user, &ImportedInstance::name);
    return instance || group == ha_.syncGroups.end() ? std::vector{user} : group->second.instances;
  }

  /// Uses of one definition with one weight become one tracked thing.
  template <class Make>
  void settle(const std::vector<TrackUse>& uses, Make make) {
    std::map<std::tuple<std::string, std::optional<std::int64_t>, bool>, std::set<std::string>> merged;
    std::vector<TrackUse> order;
    for (const TrackUse& use : uses) {
      auto& users = merged[{use.name, use.weight, use.reverse}];
      if (users.empty()) order.push_back(use);
      for (const std::string& name : instances_of(use.user)) users.insert(name);
    }
    for (const TrackUse& use : order) {
      const auto& users = merged[{use.name, use.weight, use.reverse}];
      make(use, users.size() == instances_.size() ? std::vector<std::string>()
                                                  : std::vector<std::string>(users.begin(), users.end()));
    }
  }

  /// Weights of a group's members are 0 there, and those of the group itself count.
  void settle_group_weights() {
    const auto weight_of = [](const TrackUse& use, std::int64_t usual) { return use.weight.value_or(usual); };
    const auto usual_weight = [this](const std::vector<TrackUse>& uses, const std::string& name) -> std::int64_t {
      if (&uses == &script_uses_) return scripts_.contains(name) ? scripts_.at(name).script.weight : 0;
      if (&uses == &file_uses_) return files_.contains(name) ? files_.at(name).file.weight : 0;
      return 0;
    };
    for (auto& [name, group] : ha_.syncGroups) {
      if (group.trackingWeight) continue;
      for (const auto* uses : {&script_uses_, &file_uses_, &interface_uses_}) {
        for (const TrackUse& use : *uses) {
          if (use.user == name && weight_of(use, usual_weight(*uses, use.name)) != 0) group.trackingWeight = true;
        }
      }
      for (auto* uses : {&script_uses_, &file_uses_, &interface_uses_}) {
        for (TrackUse& use : *uses) {
          const std::int64_t weight = weight_of(use, usual_weight(*uses, use.name));
          if (weight == 0 || !holds(group.instances, use.user)) continue;
          use.weight = 0;
          remarks_.add(RemarkKind::kNote, use.place,
                       fmt::format("{}: weight {} counts as 0 in vrrp_sync_group {}, as in keepalived: a failure is "
                                   "fatal",
                                   use.name, weight, name));
        }
      }
    }
  }

  void settle_tracking() {
    std::map<std::string, int> copies;
    settle(script_uses_, [&](const TrackUse& use, std::vector<std::string> users) {
      Definition* definition = find(scripts_, use, "vrrp_script");
      if (definition == nullptr || definition->script.command.empty()) return;
      model::TrackedScript script = definition->script;
      if (const int copy = copies[use.name]++; copy > 0) script.name += fmt::format("-{}", copy + 1);
      if (use.weight) script.weight = *use.weight;
      if (use.weight) script.reverse = use.reverse;
      script.instances = std::move(users);
      ha_.track.scripts.push_back(std::move(script));
    });
    settle(file_uses_, [&](const TrackUse& use, std::vector<std::string> users) {
      Definition* definition = find(files_, use, "track_file");
      if (definition == nullptr || definition->file.path.empty()) return;
      model::TrackedFile file = definition->file;
      if (use.weight) file.weight = *use.weight;
      if (use.reverse) file.weight = -file.weight;
      file.instances = std::move(users);
      ha_.track.files.push_back(std::move(file));
    });
    settle(interface_uses_, [&](const TrackUse& use, std::vector<std::string> users) {
      model::TrackedInterface& each = ha_.track.interfaces.emplace_back();
      each.name = use.name;
      each.weight = use.weight.value_or(0);
      each.reverse = use.reverse;
      each.instances = std::move(users);
    });
    for (const auto& [name, definition] : scripts_) {
      if (!definition.used)
        remarks_.add(RemarkKind::kNote, definition.place,
                     fmt::format("vrrp_script {}: nobody tracks it, left out", name));
    }
    for (const KeepalivedStatement& line : delays_) settle_delay(line);
  }

  Definition* find(std::map<std::string, Definition>& list, const TrackUse& use, std::string_view keyword) {
    const auto found = list.find(use.name);
    if (found == list.end()) {
      remarks_.add(RemarkKind::kUntranslated, use.place, fmt::format("there is no {} {}", keyword, use.name));
      return nullptr;
    }
    found->second.used = true;
    return &found->second;
  }

  /// `IF DOWN [UP]`, seconds; without UP both are DOWN.
  void settle_delay(const KeepalivedStatement& line) {
    auto down = seconds_of(line, remarks_);
    if (!down) return;
    auto up = *down;
    if (!line.word(2).empty()) {
      if (const auto number = number_of(line, 2, remarks_))
        up = format::Duration(std::chrono::microseconds(std::llround(*number * 1e6)));
    }
    auto& list = ha_.track.interfaces;
    std::vector<std::string> users;
    for (const ImportedInstance& each : instances_) {
      if (each.settings.interface != line.keyword()) continue;
      users.push_back(each.name);
      shorten(*down, each, line);
    }
    if (!holds(list, line.keyword(), &model::TrackedInterface::name)) {
      if (users.empty()) {
        remarks_.note(line,
                      fmt::format("interface_up_down_delays: nobody uses or tracks {}, left out", line.keyword()));
        return;
      }
      model::TrackedInterface& own = list.emplace_back();
      own.name = line.keyword();
      if (users.size() != instances_.size()) own.instances = users;
    }
    for (model::TrackedInterface& each : list) {
      if (each.name != line.keyword()) continue;
      each.downDelay = *down;
      each.upDelay = up;
    }
  }

  /// keepalived allows less than what a backup waits without adverts.
  void shorten(format::Duration& delay, const ImportedInstance& user, const KeepalivedStatement& line) {
    const auto most = (user.settings.downTimerAdverts - 1) * model::advert_interval(user.settings);
    if (delay.value <= most) return;
    delay = format::Duration(most);
    remarks_.warn(line, fmt::format("interface_up_down_delays: {} s is cut to the {} ms after which the other node may "
                                    "take over from {}",
                                    line.word(1), most / std::chrono::milliseconds(1), user.name));
  }

  void settle_groups() {
    for (auto& [name, group] : ha_.syncGroups) {
      std::erase_if(group.instances, [&](const std::string& member) {
        const bool known = holds(instances_, member, &ImportedInstance::name);
        if (!known)
          remarks_.untranslated(groups_.at(name),
                                fmt::format("vrrp_sync_group {}: there is no vrrp_instance {}", name, member));
        return !known;
      });
    }
    std::erase_if(ha_.syncGroups, [this](const auto& entry) {
      if (entry.second.instances.size() > 1) return false;
      remarks_.warn(groups_.at(entry.first),
                    fmt::format("vrrp_sync_group {}: a group of one is none, left out with its "
                                "commands",
                                entry.first));
      return true;
    });
  }

  /// Negative weights must bring the master below the other node (200 - 20 is still above 100).
  void check_weights() {
    for (ImportedInstance& each : instances_) {
      model::VrrpInstance& settings = each.settings;
      if (!model::weights_count(ha_, each.name)) continue;
      const std::vector<std::int64_t> weights = negative_weights(each.name);
      const std::int64_t loss = -std::reduce(weights.begin(), weights.end());
      if (loss == 0) continue;
      const std::int64_t peer = settings.peerPriority;
      const std::int64_t left = std::max<std::int64_t>(settings.priority - loss, 1);
      const RemarkKind kind = options_.strict ? RemarkKind::kError : RemarkKind::kWarning;
      if (peer != 0 && settings.priority > peer && left >= peer) {
        settings.peerPriority = 0;  // the section would be refused with it
        remarks_.add(
            kind, each.place,
            fmt::format("vrrp_instance {}: {} - {} = {} is still not below the peer's {}: a failed check never "
                        "moves the addresses; needed: weight {} or less, or weight 0",
                        each.name, settings.priority, loss, left, peer, peer - settings.priority - 1));
      } else if (peer == 0 && each.state_master) {
        remarks_.add(
            kind, each.place,
            fmt::format("vrrp_instance {}: {} - {} = {}: a failed check moves the addresses only to a peer with "
                        "more than {}; to one with 100 the weight must be {} or less, or 0 (--peer-priority N "
                        "says what the peer has)",
                        each.name, settings.priority, loss, left, left, 99 - settings.priority));
      }
    }
  }

  std::vector<std::int64_t> negative_weights(const std::string& name) const {
    std::vector<std::int64_t> weights;
    const auto take = [&](std::int64_t weight, bool reverse, const std::vector<std::string>& instances) {
      if (reverse) weight = -weight;
      if (weight < 0 && (instances.empty() || holds(instances, name))) weights.push_back(weight);
    };
    for (const auto& each : ha_.track.scripts) take(each.weight, each.reverse, each.instances);
    for (const auto& each : ha_.track.interfaces) take(each.weight, each.reverse, each.instances);
    return weights;
  }

  /// One instance needs no name, unless somebody is told it.
  void place_instances() {
    const bool named = instances_.size() > 1 || !ha_.notify.fifo.empty() || instances_.front().has_generic_notify();
    for (ImportedInstance& each : instances_) {
      if (named) {
        ha_.instances[each.name] = each.settings;
        continue;
      }
      static_cast<model::VrrpSettings&>(ha_) = each.settings;
      if (each.settings.notify) static_cast<model::NotifyCommands&>(ha_.notify) = *each.settings.notify;
    }
  }

  const ImportOptions& options_;
  Remarks remarks_;
  HighAvailability ha_;
  InstanceDefaults defaults_;
  std::vector<ImportedInstance> instances_;
  std::map<std::string, KeepalivedStatement> groups_;
  std::map<std::string, Definition> scripts_;
  std::map<std::string, Definition> files_;
  std::vector<TrackUse> script_uses_;
  std::vector<TrackUse> file_uses_;
  std::vector<TrackUse> interface_uses_;
  std::vector<KeepalivedStatement> delays_;
};

}  // namespace

std::string ImportRemark::line() const {
  constexpr std::array<std::string_view, 4> kNames{"note", "warning", "not translated", "error"};
  const std::string_view name = kNames.at(static_cast<std::size_t>(kind));
  return fmt::format("{}: {}: {}", place, name, text);
}

bool Import::has(RemarkKind kind) const { return holds(remarks, kind, &ImportRemark::kind); }

std::string Import::yaml() const {
  std::string out = fmt::format("# From {}\n", origin);
  for (const std::string& role : roles) out += fmt::format("# {}\n", role);
  return out + yaml_text(ha);
}

base::Result<Import> import_keepalived(const std::string& path, const ImportOptions& options) {
  return Importer(options).run(path);
}

}  // namespace tandem::keepalived
