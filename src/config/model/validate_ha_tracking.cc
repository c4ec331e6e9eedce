#include "config/model/validate_ha_tracking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "config/model/command_words.h"
#include "config/model/validate_ha.h"

namespace tandem::model {
namespace {

using format::Problems;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t kOwner = 255;
constexpr std::int64_t kHighest = 254;
constexpr std::int64_t kMostWeight = 253;

bool concerns(const std::vector<std::string>& instances, const std::string& name) {
  return instances.empty() || std::ranges::find(instances, name) != instances.end();
}

/// What weights can do to an instance's priority.
struct Weights {
  std::vector<std::string> paths;
  std::string terms;       ///< " - 20 - 30"
  std::int64_t gain = 0;   ///< added while all is well
  std::int64_t loss = 0;   ///< taken away while all is bad
  bool unlimited = false;  ///< a file may say any number
};

Weights weights_of(const HighAvailability& ha, const std::string& name) {
  Weights found;
  if (!weights_count(ha, name)) return found;
  const auto take = [&found](std::string path, std::int64_t weight, bool reverse) {
    if (weight == 0) return;
    found.paths.push_back(std::move(path));
    if (reverse) weight = -weight;
    if (weight > 0) found.gain += weight;
    if (weight < 0) {
      found.loss -= weight;
      found.terms += fmt::format(" - {}", -weight);
    }
  };
  take("ha.health.weight", ha.health.weight, false);
  const HaTrack& track = ha.track;
  for (std::size_t i = 0; i < track.interfaces.size(); ++i) {
    const TrackedInterface& each = track.interfaces[i];
    if (concerns(each.instances, name))
      take(fmt::format("ha.track.interfaces[{}].weight", i), each.weight, each.reverse);
  }
  for (std::size_t i = 0; i < track.scripts.size(); ++i) {
    const TrackedScript& each = track.scripts[i];
    if (concerns(each.instances, name)) take(fmt::format("ha.track.scripts[{}].weight", i), each.weight, each.reverse);
  }
  for (std::size_t i = 0; i < track.files.size(); ++i) {
    const TrackedFile& each = track.files[i];
    if (each.weight == 0 || !concerns(each.instances, name)) continue;
    found.paths.push_back(fmt::format("ha.track.files[{}].weight", i));
    found.unlimited = true;
  }
  if (track.upstreams) take("ha.track.upstreams.weight", track.upstreams->weight, false);
  return found;
}

/// The path of the option to change: the only weight, or what holds them all.
std::string path_of(const Weights& weights) { return weights.paths.size() == 1 ? weights.paths.front() : "ha.track"; }

class NodeCheck {
 public:
  NodeCheck(const HighAvailability& ha, Problems& problems) : ha_(ha), problems_(problems) {}

  void run() {
    check_health();
    check_track();
    check_notify("ha.notify", ha_.notify);
    for (const auto& [name, instance] : ha_.instances) {
      if (instance.notify) check_notify(fmt::format("ha.instances.{}.notify", name), *instance.notify);
    }
    for (const auto& [name, group] : ha_.syncGroups) {
      if (group.notify) check_notify(fmt::format("ha.syncGroups.{}.notify", name), *group.notify);
    }
    check_outlets();
    if (ha_.peerLink) check_link(*ha_.peerLink);
    check_limits();
  }

 private:
  void add(std::string path, std::string message, std::string suggestion = {}) {
    problems_.push_back(
        {.position = {}, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  void check_range(std::string path, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value >= least && value <= most) return;
    add(std::move(path), fmt::format("{} is not between {} and {}", value, least, most));
  }

  void not_negative(std::string path, const format::Duration& duration) {
    if (duration.value < nanoseconds(0)) add(std::move(path), "must not be negative");
  }

  void at_least(std::string path, const format::Duration& duration, milliseconds least) {
    if (duration.value < least) add(std::move(path), fmt::format("is below {}ms", least.count()));
  }

  void check_command(const std::string& path, const std::string& command) {
    if (command.empty()) return;
    const auto words = command_words(command);
    if (!words) {
      add(path, words.error().message());
    } else if (!words->front().starts_with('/')) {
      add(path, fmt::format("\"{}\" is no absolute path: no shell looks for it", words->front()),
          "/path/to/program ARGUMENT");
    }
  }

  void check_health() {
    const HaHealth& health = ha_.health;
    at_least("ha.health.interval", health.interval, milliseconds(10));
    at_least("ha.health.timeout", health.timeout, milliseconds(1));
    at_least("ha.health.workerStall", health.workerStall, milliseconds(10));
    check_range("ha.health.rise", health.rise, 1, 1000);
    check_range("ha.health.fall", health.fall, 1, 1000);
    check_range("ha.health.weight", health.weight, -kMostWeight, 0);
    check_range("ha.health.minRouters", health.minRouters, 0, 1'000'000'000);
    check_range("ha.health.memoryHeadroom", health.memoryHeadroom, 0, 99);
    check_range("ha.health.descriptorHeadroom", health.descriptorHeadroom, 0, 99);
  }

  void check_track() {
    const HaTrack& track = ha_.track;
    for (std::size_t i = 0; i < track.interfaces.size(); ++i) {
      const TrackedInterface& each = track.interfaces[i];
      const std::string path = fmt::format("ha.track.interfaces[{}]", i);
      if (each.name.empty()) add(path + ".name", "is obligatory");
      check_range(path + ".weight", each.weight, -kMostWeight, kMostWeight);
      not_negative(path + ".upDelay", each.upDelay);
      not_negative(path + ".downDelay", each.downDelay);
      check_names(path, each.instances);
      check_delays(path, each);
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < track.scripts.size(); ++i) {
      const std::string path = fmt::format("ha.track.scripts[{}]", i);
      check_script(path, track.scripts[i]);
      const std::string& name = track.scripts[i].name;
      if (!name.empty() && !names.insert(name).second)
        add(path + ".name", fmt::format("\"{}\" stands there twice", name));
    }
    for (std::size_t i = 0; i < track.files.size(); ++i) {
      const std::string path = fmt::format("ha.track.files[{}]", i);
      if (!track.files[i].path.starts_with('/')) add(path + ".path", "must be an absolute path");
      check_range(path + ".weight", track.files[i].weight, -kMostWeight, kMostWeight);
      check_names(path, track.files[i].instances);
    }
    if (!track.gateway.address.empty() && !IpAddress::parse(track.gateway.address))
      add("ha.track.gateway.address", fmt::format("\"{}\" is no IP address", track.gateway.address));
    not_negative("ha.track.gateway.releaseAfter", track.gateway.releaseAfter);
    if (track.upstreams) check_upstreams(*track.upstreams);
  }

  /// Delays belong to the interface; of one that carries adverts the loss must be known before a backup takes over.
  void check_delays(const std::string& path, const TrackedInterface& tracked) {
    for (const TrackedInterface& other : ha_.track.interfaces) {
      if (&other == &tracked) break;
      if (other.name == tracked.name && (other.upDelay != tracked.upDelay || other.downDelay != tracked.downDelay)) {
        add(path, fmt::format("{} stands there with other delays: an interface has one upDelay and one downDelay",
                              tracked.name));
      }
    }
    for (const auto& [name, instance] : instances_of(ha_)) {
      const nanoseconds patience = (instance.downTimerAdverts - 1) * advert_interval(instance);
      if (instance.interface != tracked.name || tracked.downDelay.value <= patience) continue;
      add(path + ".downDelay",
          fmt::format("adverts of {} go over {}: without them a backup takes over, so the delay is at most {} ms "
                      "(downTimerAdverts - 1 times advertInterval)",
                      ha_.instances.empty() ? "ha" : name, tracked.name, patience / milliseconds(1)));
    }
  }

  void check_script(const std::string& path, const TrackedScript& script) {
    if (script.command.empty()) add(path + ".command", "is obligatory");
    check_command(path + ".command", script.command);
    at_least(path + ".interval", script.interval, milliseconds(10));
    not_negative(path + ".timeout", script.timeout);
    check_range(path + ".rise", script.rise, 1, 1'000'000);
    check_range(path + ".fall", script.fall, 1, 1'000'000);
    check_range(path + ".weight", script.weight, -kMostWeight, kMostWeight);
    check_names(path, script.instances);
  }

  void check_names(const std::string& path, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!ha_.instances.contains(name) && !(ha_.instances.empty() && name == kOnlyInstance))
        add(path + ".instances", fmt::format("there is no instance \"{}\"", name));
    }
  }

  void check_upstreams(const TrackedUpstreams& upstreams) {
    const auto known = static_cast<std::int64_t>(upstreams.services.size());
    check_range("ha.track.upstreams.weight", upstreams.weight, -kMostWeight, 0);
    if (upstreams.quorum < 1) add("ha.track.upstreams.quorum", "is below 1: nothing could miss it");
    if (known > 0 && upstreams.quorum > known) {
      add("ha.track.upstreams.quorum", fmt::format("{} of {} services can never be reached", upstreams.quorum, known));
    }
  }

  void check_notify(const std::string& path, const NotifyCommands& notify) {
    check_command(path + ".onMaster", notify.onMaster);
    check_command(path + ".onBackup", notify.onBackup);
    check_command(path + ".onFault", notify.onFault);
    check_command(path + ".onStop", notify.onStop);
    check_command(path + ".onLowerPriority", notify.onLowerPriority);
    check_command(path + ".command", notify.command);
    at_least(path + ".timeout", notify.timeout, milliseconds(1));
  }

  void check_outlets() {
    const HaNotify& notify = ha_.notify;
    if (!notify.fifo.empty() && !notify.fifo.starts_with('/')) add("ha.notify.fifo", "must be an absolute path");
    if (!notify.webhook) return;
    const NotifyWebhook& hook = *notify.webhook;
    if (!hook.url.starts_with("http://") && !hook.url.starts_with("https://"))
      add("ha.notify.webhook.url", fmt::format("\"{}\" is no URL", hook.url), "https://host/path");
    at_least("ha.notify.webhook.timeout", hook.timeout, milliseconds(1));
    at_least("ha.notify.webhook.retryInterval", hook.retryInterval, milliseconds(1));
    check_range("ha.notify.webhook.retries", hook.retries, 0, 100);
  }

  /// host:port. Where one listens the host may be empty; of a peer the port may be absent: it is the own one then.
  void check_endpoint(const std::string& path, const std::string& text, bool host_needed) {
    if (host_needed && (IpAddress::parse(text) || (!text.empty() && text.find(':') == std::string::npos))) return;
    const std::size_t colon = text.rfind(':');
    unsigned port = 0;
    const char* end = text.data() + text.size();
    const bool number = colon != std::string::npos && std::from_chars(text.data() + colon + 1, end, port).ptr == end &&
                        port > 0 && port < 65536;
    if (!number || (host_needed && colon == 0))
      add(path, fmt::format("\"{}\" is no address with a port", text), host_needed ? "host[:port]" : "[host]:port");
  }

  void check_link(const PeerLink& link) {
    check_endpoint("ha.peerLink.address", link.address, false);
    for (std::size_t i = 0; i < link.peers.size(); ++i)
      check_endpoint(fmt::format("ha.peerLink.peers[{}]", i), link.peers[i], true);
    at_least("ha.peerLink.heartbeat", link.heartbeat, milliseconds(10));
    if (link.timeout.value < 2 * link.heartbeat.value) {
      add("ha.peerLink.timeout",
          fmt::format("{} ms are not two heartbeats of {} ms: one late packet would end the link",
                      link.timeout.value / milliseconds(1), link.heartbeat.value / milliseconds(1)));
    }
  }

  void check_limits() {
    const nanoseconds lease = ha_.lease.value;
    if (lease != nanoseconds(0) &&
        (lease < seconds(1) || lease > seconds(3600) || lease % seconds(1) != nanoseconds(0)))
      add("ha.lease", "the kernel counts whole seconds, 1s to 1h; 0: no lease");
    not_negative("ha.startupDelay", ha_.startupDelay);
    not_negative("ha.drainTimeout", ha_.drainTimeout);
    check_range("ha.realTimePriority", ha_.realTimePriority, 0, 99);
    check_range("ha.damping.transitions", ha_.damping.transitions, 0, 1000);
    not_negative("ha.damping.window", ha_.damping.window);
    not_negative("ha.damping.hold", ha_.damping.hold);
  }

  const HighAvailability& ha_;
  Problems& problems_;
};

}  // namespace

void check_tracking(const HighAvailability& ha, const NamedInstance& instance, Problems& problems) {
  const Weights weights = weights_of(ha, instance.name);
  const auto add = [&problems](std::string path, std::string message, std::string suggestion) {
    problems.push_back(
        {.position = {}, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
  };
  const std::int64_t own = instance.settings.priority;
  const std::int64_t peer = instance.settings.peerPriority;
  if (own == kOwner) {
    for (const std::string& path : weights.paths)
      add(path, fmt::format("{}.priority 255 is never changed by a weight", instance.path),
          "weight: 0, or a priority to 254");
    return;
  }
  if (weights.paths.empty() || weights.unlimited || peer == 0) return;
  const std::int64_t best = std::min(own + weights.gain, kHighest);
  const std::int64_t worst = std::clamp<std::int64_t>(own - weights.loss, 1, kHighest);
  if (best <= peer || worst < peer) return;
  std::string message = fmt::format("a failure never moves the addresses: {}{} = {}, and the peer has only {}", own,
                                    weights.terms, worst, peer);
  add(path_of(weights), std::move(message),
      peer > 1 ? fmt::format("together at least {} less, or weight: 0", own - peer + 1) : "weight: 0");
}

void check_node(const HighAvailability& ha, Problems& problems) { NodeCheck(ha, problems).run(); }

namespace {

/// Weights that a sync group takes for 0.
void warn_of_group(const HighAvailability& ha, const std::string& name, Problems& warnings) {
  HighAvailability counting = ha;
  for (auto& [group, members] : counting.syncGroups) members.trackingWeight = true;
  for (const auto& [group, members] : ha.syncGroups) {
    // Once a group, at its first member.
    if (members.trackingWeight || members.instances.empty() || members.instances.front() != name) continue;
    std::set<std::string> paths;
    for (const std::string& member : members.instances) {
      for (const std::string& path : weights_of(counting, member).paths) paths.insert(path);
    }
    for (const std::string& path : paths) {
      warnings.push_back({.position = {},
                          .path = path,
                          .message = fmt::format("counts as 0 for {}, so a failure is fatal: they are members of {}",
                                                 fmt::join(members.instances, ", "), group),
                          .suggestion = fmt::format("ha.syncGroups.{}.trackingWeight: true", group)});
    }
  }
}

}  // namespace

Problems ha_warnings(const HighAvailability& ha) {
  Problems warnings;
  const auto add = [&warnings](std::string path, std::string message, std::string suggestion) {
    warnings.push_back(
        {.position = {}, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
  };
  for (const auto& [name, instance] : instances_of(ha)) {
    const std::string path = ha.instances.empty() ? "ha" : "ha.instances." + name;
    if (!instance.password.value.empty())
      add(path + ".password", "travels in clear text in every packet: it guards against mistakes, not against people",
          "");
    warn_of_group(ha, name, warnings);
    const Weights weights = weights_of(ha, name);
    if (!weights.paths.empty() && !instance.preempt) {
      add(path_of(weights),
          fmt::format("a weight moves the addresses only when the other node preempts, and {}.preempt is not set",
                      path),
          "preempt: true, on all nodes, or weight: 0");
    }
  }
  return warnings;
}

}  // namespace tandem::model
