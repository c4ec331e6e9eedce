#pragma once

// SwitchOver: the planned moves of virtual addresses between nodes that have a peer link: make before break, with open
// connections forwarded to their node until they end (docs/pair.md). Belongs to the supervisor's loop.

#include <boost/json/object.hpp>

#include "base/result.h"
#include "control/peer/peer_link.h"
#include "control/speaker/speaker.h"
#include "engine/loop/scope.h"

namespace tandem::ha {

class SwitchOver {
 public:
  /// Both outlive it.
  SwitchOver(speaker::Speaker& speaker, peer::PeerLink& link) : speaker_(speaker), link_(link) {}

  /// Gives every router that this node is master of to another node. Errors: why one could not be given; what was given
  /// stays given.
  loop::Task<base::Result<void>> give_all();
  /// Takes every router that another node is master of, by asking that node. Errors: as above.
  loop::Task<base::Result<void>> take_all();
  /// Whether this node is master of any router.
  bool is_master() const;
  /// The state machine wants a router back from a living master (fail-back).
  void ask_back(int router);
  /// Answers another node's part of the same.
  loop::Task<boost::json::object> answer(boost::json::object request, peer::PeerLink::Peer from);

 private:
  loop::Task<base::Result<void>> give(int router);
  loop::Task<void> take_back(int router);
  /// The router that a request is about; -1 when there is none.
  int router_of(const boost::json::object& request) const;
  boost::json::object about(int router, std::string_view type) const;

  speaker::Speaker& speaker_;
  peer::PeerLink& link_;
  loop::Scope tasks_;
};

}  // namespace tandem::ha
