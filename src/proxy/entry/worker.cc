#include "proxy/entry/worker.h"

#include <sys/socket.h>

#include <utility>

#include "base/log.h"
#include "engine/loop/per_worker.h"
#include "engine/observe/metrics.h"
#include "protocol/client/pool.h"
#include "proxy/entry/proxy_header.h"

namespace tandem::entry {

/// One entry point on this worker: its tasks, and what its sessions ask for.
class Worker::Source final : public http1::HandlerSource {
 public:
  std::shared_ptr<const http::Handler> current() const override { return handler_; }
  bool draining() const override { return draining_; }
  void ended(const http::Exchange& exchange, const http::Outcome& outcome) const override {
    observers.ended(exchange, outcome);
  }

  void set(std::shared_ptr<const http::Handler> handler) { handler_ = std::move(handler); }
  void drain();

  loop::Scope acceptor;
  loop::Scope tasks;  // one for each session
  Registered* first = nullptr;
  Observers observers;
  std::atomic<std::size_t> count{0};  // written by the worker, read by anybody

 private:
  // Its counter is this worker's own: shared between cores, it would be written by all of them at every request.
  std::shared_ptr<const http::Handler> handler_;
  bool draining_ = false;
};

/// A session in the worker's list, for as long as its task lives.
struct Worker::Registered {
  Registered(Source& source, http1::ServerSession& of) : owner(source), session(of), next(source.first) {
    if (next != nullptr) next->previous = this;
    owner.first = this;
    owner.count.store(owner.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  ~Registered() {
    if (previous != nullptr) previous->next = next;
    if (next != nullptr) next->previous = previous;
    if (owner.first == this) owner.first = next;
    owner.count.store(owner.count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

  Source& owner;
  http1::ServerSession& session;
  Registered* previous = nullptr;
  Registered* next;
};

void Worker::Source::drain() {
  draining_ = true;
  acceptor.cancel();
  for (Registered* at = first; at != nullptr; at = at->next) {
    if (at->session.idle()) at->session.close_idle();
  }
}

Worker::Worker(std::size_t index, const std::vector<std::unique_ptr<Listening>>& entry_points)
    : index_(index), entry_points_(entry_points) {
  for (std::size_t i = 0; i < entry_points.size(); ++i) sources_.push_back(std::make_unique<Source>());
}

Worker::~Worker() { stop(); }

void Worker::start() { thread_ = std::thread(&Worker::run, this); }

void Worker::run() {
  loop::set_worker_index(index_);
  const loop::Loop::Here here(loop_);
  for (std::size_t i = 0; i < entry_points_.size(); ++i) sources_[i]->acceptor.spawn(accept(i));
  loop_.run();
  for (const auto& source : sources_) {
    source->acceptor.cancel();
    source->tasks.cancel();
  }
  client::Pool::close_all();
  for (const auto& source : sources_) source->set(nullptr);
}

void Worker::swap(std::shared_ptr<const Handlers> handlers, std::move_only_function<void()> done) {
  loop_.post([this, handlers = std::move(handlers), done = std::move(done)]() mutable {
    // One control block of this worker's own for all entry points; it keeps the configuration alive for its requests.
    const auto pinned = std::make_shared<const std::shared_ptr<const Handlers>>(std::move(handlers));
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      sources_[i]->set(std::shared_ptr<const http::Handler>(pinned, (**pinned)[i].get()));
    }
    if (done) done();
  });
}

bool Worker::gathers() const {
  constexpr unsigned kQuiet = 250;  // thousandths of its time
  constexpr std::size_t kFew = 64;
  std::size_t open = 0;
  for (const auto& source : sources_) open += source->count.load(std::memory_order_relaxed);
  return open < kFew && loop_.busy_permille() < kQuiet;
}

void Worker::set_observers(const Observers& observers) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Observers& own = sources_[i]->observers = observers;
    if (own.metrics == nullptr || !own.metrics->options().entry_points) continue;
    own.entry_point = own.metrics->ids().get(observe::MetricScope::kEntryPoint, entry_points_[i]->options.name);
  }
}

void Worker::adopt(std::size_t entry_point, net::Accepted accepted) {
  loop_.post([this, entry_point, accepted] {
    sources_[entry_point]->tasks.spawn(serve(entry_point, accepted.fd, accepted.peer));
  });
}

void Worker::drain(std::size_t entry_point) {
  loop_.post([source = sources_[entry_point].get()] { source->drain(); });
}

void Worker::cut(std::size_t entry_point) {
  loop_.post([source = sources_[entry_point].get()] { source->tasks.cancel(); });
}

std::size_t Worker::sessions(std::size_t entry_point) const {
  return sources_[entry_point]->count.load(std::memory_order_relaxed);
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

loop::Task<void> Worker::accept(std::size_t entry_point) {
  Listening& listening = *entry_points_[entry_point];
  net::Acceptor acceptor(listening.sockets[index_]);
  // More at once would let connections that were accepted already wait for others' handshakes.
  constexpr int kBatch = 16;
  constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(50);
  for (;;) {
    (void)co_await acceptor.readable();
    for (int i = 0; i < kBatch; ++i) {
      const net::Accepted accepted = acceptor.try_accept();
      if (accepted.fd == -1) break;
      if (accepted.fd == -2) {
        listening.counters.accept_errors.fetch_add(1, std::memory_order_relaxed);
        base::log_warn("Cannot accept connections: no descriptors or memory left",
                       {{"entryPointName", listening.options.name}});
        co_await loop::sleep_for(kPauseWithoutDescriptors);
        break;
      }
      listening.counters.accepted.fetch_add(1, std::memory_order_relaxed);
      if (first_ != nullptr && first_ != this && first_->gathers()) {
        first_->adopt(entry_point, accepted);
      } else {
        sources_[entry_point]->tasks.spawn(serve(entry_point, accepted.fd, accepted.peer));
      }
    }
  }
}

loop::Task<void> Worker::serve(std::size_t entry_point, int fd, net::Address peer) {
  const EntryPointOptions& options = entry_points_[entry_point]->options;
  auto stream = std::make_unique<net::SocketStream>(fd);
  auto connection = std::make_unique<http::Connection>();
  connection->peer = connection->transport_peer = peer;
  connection->entry_point = options.name;
  std::string early;
  if (options.proxy_protocol) {
    const bool accepted = co_await read_proxy_header(*stream, options, *connection, early);
    if (!accepted) co_return;
  } else {
    connection->local = options.address;
  }
  if (connection->peer.is_ip()) connection->peer_ip_text = connection->peer.ip().text();
  http1::ServerSession session(std::move(stream), std::move(connection), options.http, *sources_[entry_point]);
  const Registered registered(*sources_[entry_point], session);
  if (!early.empty()) session.preload(early);
  co_await session.run();
}

}  // namespace tandem::entry
