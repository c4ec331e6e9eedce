#pragma once

// TicketSharing: the keys of session tickets go from each node's proxy to the others', over the encrypted link of the
// nodes, so that clients resume their TLS sessions after a failover; and from a proxy to the one that follows it. They
// are secret: nothing here is logged. Belongs to the supervisor's loop, which does not look into them.

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/peer/peer_link.h"
#include "engine/loop/scope.h"

namespace tandem::ha {

/// The type of the messages that carry keys: between proxy and supervisor, and between nodes.
inline constexpr std::string_view kTicketKeys = "ticketKeys";
/// One of them, and what it carries. `node`: whose keys; empty: the sender's.
boost::json::object ticket_keys_message(std::string_view node, std::string_view keys);
std::string_view ticket_keys_in(const boost::json::object& message);

class TicketSharing {
 public:
  /// What each node's proxy told last, by the node's name.
  using Keys = std::map<std::string, std::string>;
  /// Gets a message for this node's proxy.
  using Tell = std::function<void(const boost::json::object& message)>;

  /// `link` outlives it. `node`: this one's name.
  TicketSharing(std::string node, peer::PeerLink& link, Tell tell);

  const Keys& known() const { return known_; }
  /// What the program before this one knew.
  void know(Keys keys) { known_ = std::move(keys); }
  /// All of it, for a new proxy.
  std::vector<boost::json::object> messages() const;

  /// This node's proxy told its keys.
  void proxy_told(std::string_view keys);
  /// Tells them to the nodes that are up and do not have them. To be called when the state of one changed.
  void tell_peers();
  /// Another node told its own. The answer is empty or has "error".
  boost::json::object answer(const boost::json::object& request, const peer::PeerLink::Peer& from);

 private:
  loop::Task<void> tell_peer(std::string name, std::string fingerprint, std::string keys);

  const std::string node_;
  peer::PeerLink& link_;
  Tell tell_;
  Keys known_;
  Keys told_;  // by fingerprint: what the other node has, or gets now
  loop::Scope tasks_;
};

}  // namespace tandem::ha
