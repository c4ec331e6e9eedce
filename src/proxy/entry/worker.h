#pragma once

// Worker: one core's share of the data plane: a thread with its loop, a listening socket for every entry point, the
// sessions accepted there, and the handlers of the current configuration. Created by the control thread; what is not
// marked otherwise is called on the worker's own thread.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "engine/loop/scope.h"
#include "engine/net/tcp.h"
#include "proxy/entry/entry_point.h"
#include "proxy/entry/observers.h"
#include "proxy/handshake/tls_table.h"

namespace tandem::entry {

/// An open entry point: its options, and one listening socket for each worker.
struct Listening {
  EntryPointOptions options;
  std::vector<base::Fd> sockets;
  EntryPointCounters counters;
};

/// What one configuration serves on an entry point.
struct Served {
  http::HandlerPtr cleartext;
  http::HandlerPtr secure;  ///< over TLS
  handshake::TlsTablePtr tls;
};
/// In the order of the entry points.
using Handlers = std::vector<Served>;

class Worker {
 public:
  Worker(std::size_t index, const std::vector<std::unique_ptr<Listening>>& entry_points);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Control thread: starts the thread.
  void start();
  /// Control thread: requests that begin from now on (on this core: from its next turn on) go to `handlers`; `done`
  /// runs on the worker's thread when the old ones are no longer used for new requests.
  void swap(std::shared_ptr<const Handlers> handlers, std::move_only_function<void()> done);
  /// Control thread: an entry point accepts no more connections; its sessions close when their request ends, idle ones
  /// at once.
  void drain(std::size_t entry_point);
  /// Control thread: ends what an entry point still serves.
  void cut(std::size_t entry_point);
  /// Control thread: cuts what is left, ends the thread and waits for it.
  void stop();
  /// Any thread.
  std::size_t sessions(std::size_t entry_point) const;
  loop::Loop& loop() { return loop_; }
  /// Control thread, before start(): where connections go while there is little to do (see gathers()).
  void set_first(Worker* first) { first_ = first; }
  /// Control thread, before start().
  void set_observers(const Observers& observers);
  /// Control thread, before start(): `beats` is counted up while the worker's loop turns, `thread` becomes the kernel's
  /// number of its thread.
  void set_heart(std::atomic<std::uint64_t>& beats, std::atomic<int>& thread) {
    heart_ = &beats;
    heart_thread_ = &thread;
  }
  /// Control thread, before start(): connections wait in the kernel until accept_now().
  void hold() { held_ = true; }
  /// Any thread; once more does nothing.
  void accept_now();
  /// Any thread: this worker can take a connection that another one accepted. While there is little to do, one worker
  /// serves all: its connections to servers are used again, and the other cores sleep.
  bool gathers() const;
  /// Any thread: hands over an accepted connection.
  void adopt(std::size_t entry_point, net::Accepted accepted);

 private:
  class Source;
  struct Registered;

  void run();
  void start_accepting();
  loop::Task<void> watch_itself();
  loop::Task<void> beat();
  loop::Task<void> accept(std::size_t entry_point);
  loop::Task<void> serve(std::size_t entry_point, int fd, net::Address peer);
  // Not inlined: its frame must not become part of those that serve HTTP/1.
  [[gnu::noinline]] loop::Task<void> serve_http2(std::size_t entry_point, http1::ServerSession::Handover from,
                                                 const http::HandlerSource& handlers);

  std::size_t index_;
  const std::vector<std::unique_ptr<Listening>>& entry_points_;
  loop::Loop loop_{loop::Loop::ClockKind::kReal, loop::Loop::Bind::kLater};
  std::vector<std::unique_ptr<Source>> sources_;
  Worker* first_ = nullptr;
  std::atomic<std::uint64_t>* heart_ = nullptr;
  std::atomic<int>* heart_thread_ = nullptr;
  bool held_ = false;  // the worker's own once it runs
  std::thread thread_;
};

}  // namespace tandem::entry
