#pragma once

// Pair: this node's part in holding the virtual addresses, as the supervisor's main thread runs it. It connects the
// VRRP thread with what it should know (health of the node, the other nodes, the operator's commands) and with those
// who want to know of it (log, notifications, history, status). Belongs to the supervisor's loop.

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/model/high_availability.h"
#include "control/ha/control_socket.h"
#include "control/ha/node_health.h"
#include "control/ha/switch_over.h"
#include "control/ha/ticket_sharing.h"
#include "control/hooks/notifier.h"
#include "control/hooks/transitions.h"
#include "control/peer/peer_link.h"
#include "control/speaker/speaker.h"

namespace tandem::ha {

class Pair {
 public:
  /// Opens sockets, finds interfaces, reads keys. Errors: see Speaker::create() and those of the parts; options that
  /// cannot be.
  static base::Result<std::unique_ptr<Pair>> make(const model::HighAvailability& configuration,
                                                  std::string state_directory);
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  using Tell = std::function<void(const boost::json::object& what)>;
  /// Looks whether the program can start anew, and does so after this answer.
  using Restart = std::function<loop::Task<base::Result<void>>()>;
  struct Outside {
    Tell tell;        ///< gets the status whenever it changed, and once a second
    Restart restart;  ///< for the command of that name
    Tell tell_keys;   ///< gets a message with another node's ticket keys for the proxy
  };
  /// What one program leaves to the next one in the same process.
  struct Left {
    speaker::Keeper keeper;
    bool maintenance = false;
    TicketSharing::Keys ticket_keys{};
  };
  /// `left`: by the program before this one. Errors: another supervisor runs.
  base::Result<void> start(Outside outside, std::optional<Left> left);
  /// Why suspend() would break something now; empty when it would not.
  std::string obstacle_to_suspend() const;
  /// Stops everything but what a keeper goes on with, for the program that this process becomes. This object is of no
  /// use afterwards. Errors: no process to be had.
  loop::Task<base::Result<Left>> suspend();
  /// Tells the status again (to a new proxy).
  void repeat_status();
  /// The proxy's keys of session tickets: for the other nodes, and for the next proxy.
  void ticket_keys_are(std::string_view keys);
  /// Messages with all keys that a new proxy should know.
  std::vector<boost::json::object> ticket_keys() const;
  NodeHealth& health() { return *health_; }
  /// All that this node may hold, with their links.
  std::vector<address::VirtualAddress> addresses() const;
  /// Before the program ends: lets another node take over, as far as there is one that can; else lets go.
  loop::Task<void> hand_over();
  /// keepalived's dumps: SIGUSR1's data, SIGUSR2's statistics and SIGRTMIN+2's JSON; SIGRTMAX-1 begins to count anew.
  void dump(int signal);
  /// Lets go of everything and waits until those who want to know were told, a second at most.
  loop::Task<void> stop();

 private:
  Pair(const model::HighAvailability& configuration, std::string state_directory);
  base::Result<void> open_peer_link();
  void take_over_from(const Left& left);
  loop::Task<void> hear_speaker();
  loop::Task<void> tell_regularly();
  void take(const speaker::Report& report);
  void take_transition(const speaker::Report& report);
  void tell_group(const hooks::Transition& transition);
  void announce(hooks::Transition transition);
  void weigh_peers();
  loop::Task<boost::json::object> answer(boost::json::object request, peer::PeerLink::Peer from);
  void tell_all();
  void tell_priorities();
  boost::json::object own_status() const;
  boost::json::object full_status() const;
  loop::Task<boost::json::object> execute(boost::json::object request);
  loop::Task<boost::json::object> fail_over();
  const std::string& name_of(int router) const;
  const std::string& interface_of(const speaker::Report& report) const;

  const model::HighAvailability configuration_;
  const std::string state_directory_;
  const std::string node_;
  std::unique_ptr<speaker::Speaker> speaker_;
  std::unique_ptr<NodeHealth> health_;
  std::unique_ptr<hooks::Notifier> notifier_;
  hooks::Transitions transitions_;
  std::unique_ptr<peer::PeerLink> link_;  // null: no option ha.peerLink
  std::unique_ptr<SwitchOver> switch_over_;
  std::unique_ptr<TicketSharing> sharing_;  // null with link_
  std::unique_ptr<ControlSocket> control_;
  Outside outside_;
  speaker::Resumption left_;  // by the process before this one
  bool in_maintenance_ = false;
  std::map<std::string, std::string> group_states_;  // what was told last
  std::map<std::string, int> priorities_;            // by instance, likewise
  loop::Scope tasks_;
};

}  // namespace tandem::ha
