#pragma once

// What a node of a pair watches before it holds an address, and whom it tells (section `ha`). Any thread; plain values,
// owned by the configuration that holds them.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// A network interface whose carrier is watched (keepalived: track_interface). The one that carries the adverts always
/// is.
struct TrackedInterface {
  std::string name;                    ///< Its name; obligatory.
  std::int64_t weight = 0;             ///< -253 to 253: added while up, when negative while down; 0: down is fatal.
  bool reverse = false;                ///< The other way round: what is added is taken away; with weight 0 up is fatal.
  format::Duration upDelay;            ///< It counts as up when it was so for this long; for all who watch it.
  format::Duration downDelay;          ///< The same for down.
  std::vector<std::string> instances;  ///< Instances that are concerned; empty: all.
  bool operator==(const TrackedInterface&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrackedInterface, (), (name, weight, reverse, upDelay, downDelay, instances))

/// A program whose exit status says how the node is: 0 is good (keepalived: vrrp_script).
struct TrackedScript {
  std::string name;     ///< What status and log call it; empty: its path.
  std::string command;  ///< Path and arguments, quoted as a shell would have it; no shell runs it. Obligatory.
  format::Duration interval{std::chrono::seconds(1)};  ///< Time from one start to the next; runs never overlap.
  format::Duration timeout;                            ///< A run that takes longer has failed; 0: as long as interval.
  std::int64_t rise = 1;                               ///< Good runs in a row until it counts as good.
  std::int64_t fall = 1;                               ///< Bad runs in a row until it counts as bad.
  std::int64_t weight = 0;             ///< -253 to 253: added while good, when negative while bad; 0: bad is fatal.
  bool reverse = false;                ///< Judge the other way round: exit status 0 is bad.
  std::string user;                    ///< USER or USER:GROUP it runs as; empty: scriptUser.
  bool initFail = false;               ///< Counts as bad until it was good.
  std::vector<std::string> instances;  ///< Instances that are concerned; empty: all.
  bool operator==(const TrackedScript&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrackedScript, (),
                      (name, command, interval, timeout, rise, fall, weight, reverse, user, initFail, instances))

/// A file that holds a whole number, which other programs write (keepalived: track_file).
struct TrackedFile {
  std::string path;                    ///< Its path; obligatory. A file that does not exist counts as 0.
  std::int64_t weight = 1;             ///< The number times this is added; 0: any other number than 0 is fatal.
  std::vector<std::string> instances;  ///< Instances that are concerned; empty: all.
  bool operator==(const TrackedFile&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrackedFile, (), (path, weight, instances))

/// The gateway tells which node is cut off when the peer falls silent.
struct TrackedGateway {
  bool enabled = true;  ///< A node that cannot reach it does not take over.
  std::string address;  ///< Whom to ask (ARP or neighbour solicitation); empty: the default route's gateway.
  format::Duration releaseAfter{
      std::chrono::seconds(3)};  ///< A master that reaches neither it nor the peer for so long lets go; 0: never.
  bool operator==(const TrackedGateway&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrackedGateway, (), (enabled, address, releaseAfter))

/// HTTP services of the dynamic configuration that must have living servers: some that accept a TCP connection, tried
/// once a second.
struct TrackedUpstreams {
  std::vector<std::string> services;  ///< Their names (`name@provider`); empty: all that have servers.
  std::int64_t quorum = 1;            ///< So many of them must have a living server.
  /// Added while it is not reached (-253 to 0). 0: the node gives its addresses up, with `lastManStanding` only to one
  /// that reaches it.
  std::int64_t weight = 0;
  bool operator==(const TrackedUpstreams&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrackedUpstreams, (), (services, quorum, weight))

/// What is watched beside the data plane.
struct HaTrack {
  std::vector<TrackedInterface> interfaces;
  std::vector<TrackedScript> scripts;
  std::vector<TrackedFile> files;
  TrackedGateway gateway;
  std::optional<TrackedUpstreams> upstreams;
  static constexpr std::array kMayStandAlone{"upstreams"};
  bool operator==(const HaTrack&) const = default;
};
BOOST_DESCRIBE_STRUCT(HaTrack, (), (interfaces, scripts, files, gateway, upstreams))

/// How the node judges its own data plane, which decides whether it may hold the addresses.
struct HaHealth {
  format::Duration interval{std::chrono::milliseconds(50)};  ///< Time between two looks and two requests; from 10ms.
  format::Duration timeout{std::chrono::milliseconds(100)};  ///< A request without an answer for so long has failed.
  format::Duration workerStall{std::chrono::milliseconds(100)};  ///< A worker's loop that stands for so long is hung.
  std::int64_t rise = 2;            ///< Good looks in a row until the node counts as healthy.
  std::int64_t fall = 2;            ///< Bad looks in a row until it does not.
  std::int64_t weight = 0;          ///< Added while unhealthy (-253 to 0); 0: fatal, the node lets go of the addresses.
  std::string entryPoint;           ///< Entry point that is asked; empty: each one that listens on TCP.
  std::int64_t minRouters = 1;      ///< So many routers must be there.
  std::int64_t memoryHeadroom = 2;  ///< Percent of memory that must be free; 0: not looked at.
  std::int64_t descriptorHeadroom = 5;  ///< Percent of file descriptors that must be free; 0: not looked at.
  bool operator==(const HaHealth&) const = default;
};
BOOST_DESCRIBE_STRUCT(HaHealth, (),
                      (interval, timeout, workerStall, rise, fall, weight, entryPoint, minRouters, memoryHeadroom,
                       descriptorHeadroom))

/// Commands that are run at transitions, one after the other in the order of the transitions, never waited for.
struct NotifyCommands {
  std::string onMaster;         ///< Run with exactly these arguments when an instance becomes MASTER.
  std::string onBackup;         ///< The same for BACKUP.
  std::string onFault;          ///< The same for FAULT.
  std::string onStop;           ///< The same when the node stops.
  std::string onLowerPriority;  ///< The same when a master hears a lower priority.
  std::string command;  ///< Run after those; four arguments are added: INSTANCE or GROUP, name, state, priority.
  std::string user;     ///< USER or USER:GROUP they run as; empty: scriptUser.
  format::Duration timeout{std::chrono::seconds(30)};  ///< A command that runs longer is ended.
  bool operator==(const NotifyCommands&) const = default;
};
BOOST_DESCRIBE_STRUCT(NotifyCommands, (),
                      (onMaster, onBackup, onFault, onStop, onLowerPriority, command, user, timeout))

/// A POST of JSON for each transition.
struct NotifyWebhook {
  std::string url;                                    ///< Where to; http or https; obligatory.
  std::map<std::string, format::Secret> headers;      ///< Sent with it.
  std::map<std::string, format::Secret> fields;       ///< Further members of the JSON object (token, user, channel).
  format::Duration timeout{std::chrono::seconds(5)};  ///< Longest time of one try.
  std::int64_t retries = 5;                           ///< Tries after the first one.
  format::Duration retryInterval{std::chrono::seconds(2)};  ///< Wait before the first of them; doubles each time.
  bool operator==(const NotifyWebhook&) const = default;
};
BOOST_DESCRIBE_STRUCT(NotifyWebhook, (), (url, headers, fields, timeout, retries, retryInterval))

/// Whom to tell about transitions; nothing of it ever delays one.
struct HaNotify : NotifyCommands {
  std::string fifo;              ///< FIFO that gets one line for each transition; made when it does not exist.
  bool priorityChanges = false;  ///< Lines about changes of the priority too.
  std::optional<NotifyWebhook> webhook;
  bool operator==(const HaNotify&) const = default;
};
BOOST_DESCRIBE_STRUCT(HaNotify, (NotifyCommands), (fifo, priorityChanges, webhook))

/// The authenticated connection between the nodes (mutual TLS, and a UDP heartbeat on the same port).
struct PeerLink {
  std::string address = ":7112";     ///< [host]:port to listen on.
  std::vector<std::string> peers;    ///< host[:port] of the other nodes, every path there is; empty: `peers` of `ha`.
  std::string certificateDirectory;  ///< Keys and certificates; empty: `ha` in the state directory.
  format::Duration heartbeat{std::chrono::milliseconds(40)};  ///< Time between two signs of life.
  format::Duration timeout{std::chrono::milliseconds(150)};   ///< A path without one for so long is down.
  bool operator==(const PeerLink&) const = default;
};
BOOST_DESCRIBE_STRUCT(PeerLink, (), (address, peers, certificateDirectory, heartbeat, timeout))

}  // namespace tandem::model
