#pragma once

// Server: the data plane: all entry points and the workers that serve them. Belongs to the control thread.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "config/model/static_configuration.h"
#include "proxy/entry/worker.h"
#include "proxy/routing/snapshot.h"

namespace tandem::entry {

/// The listening sockets of each TCP entry point, by its name: one for each worker.
using ListeningSockets = std::map<std::string, std::vector<base::Fd>, std::less<>>;

/// Opens them; an entry point that `opened` has keeps those. Errors name the entry point and the address.
base::Result<ListeningSockets> open_listening_sockets(const model::StaticConfiguration& configuration,
                                                      std::size_t workers, ListeningSockets opened = {});

class Server {
 public:
  /// Whether HTTP/2 is offered to clients by ALPN.
  static constexpr bool kServesHttp2 = true;

  /// Serves `sockets`, which may come from another process. Errors: options of an entry point that are wrong.
  static base::Result<std::unique_ptr<Server>> make(const model::StaticConfiguration& configuration,
                                                    ListeningSockets sockets, std::size_t workers);
  ~Server();

  /// Before start(): who is told how requests end. What is referred to outlives the workers.
  void observe(const Observers& observers);
  /// Before start(): each worker counts up one of `hearts` some 50 times a second, for somebody who watches them.
  template <class Hearts>
  void beat(Hearts& hearts) {
    for (std::size_t i = 0; i < workers_.size() && i < hearts.size(); ++i) {
      workers_[i]->set_heart(hearts[i].beats, hearts[i].thread);
    }
  }
  /// Before start(): connections wait in the kernel's queues until accept_now().
  void hold();
  /// Any thread; once more does nothing.
  void accept_now();
  /// Starts the workers; before a snapshot is there every request gets 404.
  void start();
  /// New requests go to `snapshot`. `done` runs on the last worker to change over, on its thread.
  void swap(const std::shared_ptr<const routing::Snapshot>& snapshot, std::move_only_function<void()> done = {});
  /// An entry point accepts no more, and closes its listening sockets (a supervisor's copies take connections for the
  /// proxy after this one); its idle connections close, others after their request. Unknown names are ignored.
  void drain(std::string_view entry_point);
  /// Ends what an entry point still serves.
  void cut(std::string_view entry_point);
  /// Connections of an entry point that are open.
  std::size_t sessions(std::string_view entry_point) const;
  /// Ends the workers and what they still serve.
  void stop();
  /// Puts a handler of the program's own before the routers of an entry point, from the next swap on (/ready).
  using Wrap = std::function<http::HandlerPtr(http::HandlerPtr routers)>;
  void wrap(std::string entry_point, Wrap wrap) { wraps_[std::move(entry_point)] = std::move(wrap); }
  std::size_t workers() const { return workers_.size(); }
  /// Where an entry point really listens (its port may have been 0); null when there is none of that name.
  const net::Address* address_of(std::string_view entry_point) const;

 private:
  Server() = default;
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t index_of(std::string_view entry_point) const;

  std::map<std::string, Wrap, std::less<>> wraps_;
  std::vector<std::unique_ptr<Listening>> entry_points_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tandem::entry
