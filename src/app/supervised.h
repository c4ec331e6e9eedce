#pragma once

// The proxy's side of its supervisor (section `ha`): what it is handed at its start, and what it does for it: its
// workers' heartbeats, an answer for the supervisor's request, what the supervisor says about the pair. Without a
// supervisor there is none of this. Control thread; owned by serve().

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/static_configuration.h"
#include "control/ha/channel.h"
#include "control/ha/health_page.h"
#include "control/speaker/resumption.h"
#include "proxy/entry/server.h"
#include "proxy/routing/upstreams.h"

namespace tandem::app {

/// Name of the environment variable that holds the number of the descriptor towards the supervisor.
inline constexpr const char* kSupervisorVariable = "SUPERVISED_BY_TANDEM";

/// What a supervisor hands to the proxy that it starts.
struct Handed {
  std::unique_ptr<ha::Channel> channel;
  ha::SharedHealthPage page;
  std::optional<StaticFile> file;  ///< the supervisor's configuration, whatever became of the file since
  entry::ListeningSockets sockets;
  std::size_t workers = 1;
  std::string health_path;                         ///< of the supervisor's request
  std::vector<address::VirtualAddress> addresses;  ///< that the supervisor may hold
  int supervisor = 0;                              ///< its process
};

/// Takes it over; nothing when no supervisor started this process. Errors: it says something else than it should.
base::Result<std::optional<Handed>> take_over_from_supervisor();

/// Takes the virtual addresses from this host, since the supervisor, who held them, has died: nobody answers for them
/// here from now on, and another node needs not wait until the kernel's lease ends.
void let_go_of_addresses(const Handed& handed);

/// What the supervisor last said about the pair, for the API and the metrics. The control thread writes, any thread
/// reads.
class PairStatus {
 public:
  void set(std::shared_ptr<const boost::json::object> status);
  /// Null before the first one.
  std::shared_ptr<const boost::json::object> get() const;

 private:
  mutable std::mutex mutex_;  // guards status_
  std::shared_ptr<const boost::json::object> status_;
};

/// Tells the supervisor how the services are that the node should reach. What cannot be sent now is told again soon.
void tell_upstreams(ha::Channel& supervisor, const routing::UpstreamState& state);

/// Tells the supervisor the keys of session tickets, and again whenever they have changed. Never ends.
loop::Task<void> tell_ticket_keys(ha::Channel& supervisor);
/// Takes those of another node, or of the proxy before this one.
void take_ticket_keys(const boost::json::object& message);

/// Puts an answer for the supervisor before the routers: of every worker that serves, neither logged nor counted.
http::HandlerPtr make_health_answer(http::HandlerPtr routers, std::string path);

}  // namespace tandem::app
