#pragma once

// The `ha` section: a node of a pair that holds virtual addresses by VRRP (RFC 9568, RFC 5798, RFC 3768). Any thread;
// plain values, owned by the static configuration.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/high_availability_track.h"

namespace tandem::model {

/// Gratuitous ARP and unsolicited neighbour advertisements of a new master (keepalived: garp_*).
struct GarpSettings {
  format::Duration delay{std::chrono::seconds(5)};     ///< The burst is sent again after so long; 0: not again.
  std::int64_t repeat = 5;                             ///< Packets in a burst, for each address.
  format::Duration refresh{std::chrono::seconds(60)};  ///< A master sends them again every so often; 0: never.
  std::int64_t refreshRepeat = 1;                      ///< Packets of a refresh, for each address.
  std::int64_t lowerPriorityRepeat = 5;                ///< Packets after an advert of a lower priority was heard.
  format::Duration lowerPriorityDelay{std::chrono::seconds(5)};  ///< Those are sent again after so long.
  format::Duration interval;                                     ///< Gap between two packets.
  bool operator==(const GarpSettings&) const = default;
};
BOOST_DESCRIBE_STRUCT(GarpSettings, (),
                      (delay, repeat, refresh, refreshRepeat, lowerPriorityRepeat, lowerPriorityDelay, interval))

/// An interface of its own with the MAC address that VRRP reserves (00:00:5e:00:01:ID), so that clients need not learn
/// anything at a change (keepalived: use_vmac).
struct VirtualMac {
  std::string name;     ///< Name of that interface; empty: `vrrp.ID`, with IPv6 `vrrp6.ID`.
  std::string address;  ///< Another MAC address than the reserved one; the same on all nodes.
  /// Adverts go out and come in on the interface below, on all nodes (unicast needs it; keepalived: vmac_xmit_base).
  bool sendFromParent = false;
  bool operator==(const VirtualMac&) const = default;
};
BOOST_DESCRIBE_STRUCT(VirtualMac, (), (name, address, sendFromParent))

/// One virtual router: addresses that move together.
struct VrrpSettings {
  /// Addresses that the master holds: `ADDRESS/PREFIX`, then optionally `dev IF`, `label NAME`, `scope SCOPE`,
  /// `brd ADDRESS` and `no_track` (removed by somebody it stays away, and its interface is not watched). One family;
  /// they are advertised. Without a prefix: that of the subnet they are in.
  std::vector<std::string> virtualAddresses;
  std::vector<std::string> excludedAddresses;  ///< Held as well, but not advertised; may be of the other family.
  std::string interface;              ///< Where adverts go; empty: the interface whose subnet holds the first address.
  std::vector<std::string> peers;     ///< Addresses of the other nodes: adverts go there; empty: multicast.
  std::int64_t priority = 200;        ///< 1 to 254, higher wins; 255: the addresses are this node's own.
  std::int64_t peerPriority = 0;      ///< The other node's highest priority, for checks of the weights; 0: unknown.
  std::int64_t virtualRouterID = 51;  ///< 1 to 255, the same on all nodes, unique in the network.
  std::int64_t version = 3;           ///< 3, or 2 to pair with an older program (IPv4 only).
  format::Secret password;            ///< Version 2: at most 8 characters, sent in clear text; no security.
  /// Time between two adverts; the same on all nodes. Version 3: 10ms to 40.95s in steps of 10ms. Version 2: whole
  /// seconds to 255s. Absent: 50ms in version 3, 1s in version 2.
  std::optional<format::Duration> advertInterval;
  bool preempt = false;  ///< Take the addresses back from a living master of lower priority (fail-back).
  format::Duration preemptDelay{std::chrono::seconds(5)};  ///< Wait so long before that.
  std::int64_t downTimerAdverts = 3;                       ///< A master that misses so many adverts is dead.
  std::string sourceAddress;                   ///< Source of the adverts; empty: the interface's own address.
  std::int64_t unicastTTL = 255;               ///< TTL or hop limit of adverts to `peers`.
  std::int64_t minTTL = 0;                     ///< Adverts of `peers` with less are dropped; 0: no limit.
  std::int64_t maxTTL = 255;                   ///< Adverts of `peers` with more are dropped.
  bool v3ChecksumWithoutPseudoHeader = false;  ///< As RFC 9568, Cisco and Juniper have it; both are understood.
  std::optional<VirtualMac> virtualMac;
  GarpSettings garp;
  static constexpr std::array kMayStandAlone{"virtualMac"};
  bool operator==(const VrrpSettings&) const = default;
};
BOOST_DESCRIBE_STRUCT(VrrpSettings, (),
                      (virtualAddresses, excludedAddresses, interface, peers, priority, peerPriority, virtualRouterID,
                       version, password, advertInterval, preempt, preemptDelay, downTimerAdverts, sourceAddress,
                       unicastTTL, minTTL, maxTTL, v3ChecksumWithoutPseudoHeader, virtualMac, garp))

/// One of several virtual routers (active/active, both families, several networks).
struct VrrpInstance : VrrpSettings {
  std::optional<NotifyCommands> notify;  ///< Run for this instance, before those of `ha.notify`.
  bool operator==(const VrrpInstance&) const = default;
};
BOOST_DESCRIBE_STRUCT(VrrpInstance, (VrrpSettings), (notify))

/// Instances that are MASTER all or none (keepalived: vrrp_sync_group).
struct SyncGroup {
  std::vector<std::string> instances;  ///< Names of its instances, at least two.
  /// Weights count: all members have the sum of the worst one. Otherwise each counts as 0, so any failure of a member
  /// is fatal for all.
  bool trackingWeight = false;
  std::optional<NotifyCommands> notify;  ///< Run for the group; its priority is told as 0.
  bool operator==(const SyncGroup&) const = default;
};
BOOST_DESCRIBE_STRUCT(SyncGroup, (), (instances, trackingWeight, notify))

/// Too many changes in a short time: the addresses stay where they are, and fail-back (`preempt`) waits.
struct HaDamping {
  std::int64_t transitions = 3;  ///< So many unplanned ones within `window` are flapping; 0: never.
  format::Duration window{std::chrono::seconds(60)};  ///< The time they are counted in.
  format::Duration hold{std::chrono::seconds(60)};    ///< No fail-back for so long after the last of them.
  bool operator==(const HaDamping&) const = default;
};
BOOST_DESCRIBE_STRUCT(HaDamping, (), (transitions, window, hold))

/// A node of a pair. Its own keys describe the only instance; `instances` describes several.
struct HighAvailability : VrrpSettings {
  std::map<std::string, VrrpInstance> instances;  ///< Several virtual routers; then the keys above stay away from `ha`.
  std::map<std::string, SyncGroup> syncGroups;    ///< Instances that move together.
  std::string nodeName;                           ///< Name of this node; empty: the host's.
  HaHealth health;
  HaTrack track;
  HaNotify notify;
  std::optional<PeerLink> peerLink;
  HaDamping damping;
  format::Duration lease{std::chrono::seconds(2)};  ///< The kernel drops an address that is not renewed; 0: never.
  format::Duration startupDelay;                    ///< Wait so long after the start before an election.
  format::Duration drainTimeout{std::chrono::seconds(30)};  ///< Connections of a node that gave up may end until then.
  bool forwardConnections = true;  ///< Hand segments of its open connections on to it until then (over `peerLink`).
  bool lastManStanding = true;     ///< When no node is healthy, the best one keeps the addresses.
  std::string scriptUser;          ///< USER or USER:GROUP of scripts and commands; empty: keepalived_script, else ours.
  bool scriptSecurity = true;      ///< Refuse scripts that run as root and that others could replace.
  std::int64_t realTimePriority = 10;  ///< Of the thread of VRRP (SCHED_RR, 1 to 99); 0: an ordinary one.
  bool lockMemory = true;              ///< Keep the supervisor's memory out of swap.
  static constexpr std::array kMayStandAlone{"virtualMac", "peerLink"};
  bool operator==(const HighAvailability&) const = default;
};
BOOST_DESCRIBE_STRUCT(HighAvailability, (VrrpSettings),
                      (instances, syncGroups, nodeName, health, track, notify, peerLink, damping, lease, startupDelay,
                       drainTimeout, forwardConnections, lastManStanding, scriptUser, scriptSecurity, realTimePriority,
                       lockMemory))

/// Name of the instance that the keys of `ha` itself describe.
inline constexpr const char* kOnlyInstance = "ha";

/// All instances by name: `instances`, or the only one.
std::map<std::string, VrrpInstance> instances_of(const HighAvailability& ha);

/// Whether weights change this instance's priority; false in a sync group without trackingWeight, where they are 0.
bool weights_count(const HighAvailability& ha, const std::string& instance);

/// advertInterval, or what its absence means.
std::chrono::nanoseconds advert_interval(const VrrpSettings& settings);

}  // namespace tandem::model
