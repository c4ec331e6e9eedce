#include "proxy/entry/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/log.h"
#include "engine/loop/per_worker.h"
#include "engine/net/buffer.h"
#include "engine/observe/metrics.h"
#include "engine/observe/metrics_worker.h"
#include "protocol/client/pool.h"
#include "proxy/entry/proxy_header.h"
#include "proxy/entry/tls_front.h"

namespace tandem::entry {

/// One entry point on this worker: its tasks, and what its sessions ask for.
class Worker::Source final : public http1::HandlerSource {
 public:
  std::shared_ptr<const http::Handler> current() const override { return handler_; }
  bool draining() const override { return draining_; }
  void ended(const http::Exchange& exchange, const http::Outcome& outcome) const override {
    observers.ended(exchange, outcome);
  }

  /// What connections with TLS ask for: they have routers of their own.
  class Secure final : public http::HandlerSource {
   public:
    explicit Secure(const Source& owner) : owner_(owner) {}
    std::shared_ptr<const http::Handler> current() const override { return handler; }
    bool draining() const override { return owner_.draining(); }
    void ended(const http::Exchange& exchange, const http::Outcome& outcome) const override {
      owner_.ended(exchange, outcome);
    }

    std::shared_ptr<const http::Handler> handler;
    handshake::TlsTablePtr table;

   private:
    const Source& owner_;
  };

  void set(std::shared_ptr<const http::Handler> handler) { handler_ = std::move(handler); }
  void drain();

  Secure secure{*this};
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
  Registered(Source& source, http::ServedConnection& of) : owner(source), session(of), next(source.first) {
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
  http::ServedConnection& session;
  Registered* previous = nullptr;
  Registered* next;
};

void Worker::Source::drain() {
  draining_ = true;
  acceptor.cancel();
  for (Registered* at = first; at != nullptr; at = at->next) {
    at->session.drain();
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
  observe::count_as_worker(index_);
  const loop::Loop::Here here(loop_);
  if (!held_) start_accepting();
  loop::Scope watch;
  watch.spawn(watch_itself());
  if (heart_ != nullptr) {
    heart_thread_->store(::gettid(), std::memory_order_relaxed);
    watch.spawn(beat());
  }
  loop_.run();
  watch.cancel();
  for (const auto& source : sources_) {
    source->acceptor.cancel();
    source->tasks.cancel();
  }
  client::Pool::close_all();
  for (const auto& source : sources_) {
    source->set(nullptr);
    source->secure.handler = nullptr;
    source->secure.table = nullptr;
  }
}

void Worker::start_accepting() {
  for (std::size_t i = 0; i < entry_points_.size(); ++i) {
    if (!sources_[i]->draining()) sources_[i]->acceptor.spawn(accept(i));
  }
}

void Worker::accept_now() {
  loop_.post([this] {
    if (std::exchange(held_, false)) start_accepting();
  });
}

void Worker::swap(std::shared_ptr<const Handlers> handlers, std::move_only_function<void()> done) {
  loop_.post([this, handlers = std::move(handlers), done = std::move(done)]() mutable {
    // One control block of this worker's own for all entry points; it keeps the configuration alive for its requests.
    const auto pinned = std::make_shared<const std::shared_ptr<const Handlers>>(std::move(handlers));
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const Served& served = (**pinned)[i];
      sources_[i]->set(std::shared_ptr<const http::Handler>(pinned, served.cleartext.get()));
      sources_[i]->secure.handler = std::shared_ptr<const http::Handler>(pinned, served.secure.get());
      sources_[i]->secure.table = handshake::TlsTablePtr(pinned, served.tls.get());
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
  loop_.post([this, entry_point] {
    sources_[entry_point]->drain();
    entry_points_[entry_point]->sockets[index_].reset();
  });
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

loop::Task<void> Worker::watch_itself() {
  // Often enough for a graph, seldom enough to let an idle core sleep.
  constexpr auto kPeriod = std::chrono::seconds(1);
  observe::WorkerCounters& counters = observe::worker_counters();
  for (;;) {
    const loop::TimePoint due = loop_.now() + kPeriod;
    co_await loop::sleep_until(due);
    counters.note_lateness(loop_.exact_now() - due);
    counters.busy_permille.store(loop_.busy_permille(), std::memory_order_relaxed);
    counters.upstream_idle.store(client::Pool::idle_on_this_core(), std::memory_order_relaxed);
  }
}

loop::Task<void> Worker::beat() {
  constexpr auto kPeriod = std::chrono::milliseconds(20);
  for (;;) {
    heart_->fetch_add(1, std::memory_order_relaxed);
    co_await loop::sleep_for(kPeriod);
  }
}

loop::Task<void> Worker::accept(std::size_t entry_point) {
  Listening& listening = *entry_points_[entry_point];
  net::Acceptor acceptor(listening.sockets[index_].get());
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

namespace {

/// What came with the connection, without waiting; valid until the next call on this core.
std::string_view glance(net::SocketStream& socket) {
  thread_local std::array<char, net::Buffer::kSmall> room;
  const net::IoCount count = socket.try_read(room);
  return count.moved() ? std::string_view(room.data(), count.bytes()) : std::string_view();
}

/// Whether there is a session for a protocol that was agreed on (by ALPN; nothing means HTTP/1, whose session hands
/// connections over that begin with HTTP/2's preface).
bool is_served(std::string_view protocol) { return protocol.empty() || protocol == "http/1.1" || protocol == "h2"; }

}  // namespace

loop::Task<void> Worker::serve(std::size_t entry_point, int fd, net::Address peer) {
  const EntryPointOptions& options = entry_points_[entry_point]->options;
  auto socket = std::make_unique<net::SocketStream>(fd);
  auto connection = std::make_unique<http::Connection>();
  connection->peer = connection->transport_peer = peer;
  connection->entry_point = options.name;
  std::string early;
  if (options.proxy_protocol) {
    const bool accepted = co_await read_proxy_header(*socket, options, *connection, early);
    if (!accepted) co_return;
  } else {
    connection->local = options.address;
  }
  if (connection->peer.is_ip()) connection->peer_ip_text = connection->peer.ip().text();
  Source& source = *sources_[entry_point];
  const std::string_view first = early.empty() ? glance(*socket) : std::string_view();
  std::unique_ptr<net::Stream> stream;
  std::unique_ptr<TlsIdentity> tls;
  bool negotiated_http2 = false;
  if (!first.empty() && !begins_tls(first.front())) {
    stream = std::move(socket);  // the usual case in cleartext: the request came with the connection
  } else {
    early.append(first);
    Opened opened = co_await open_stream(std::move(socket), options, source.secure.table, *connection, early);
    stream = std::move(opened.stream);
    tls = std::move(opened.tls);
    if (stream == nullptr || !is_served(opened.protocol)) co_return;
    negotiated_http2 = opened.protocol == "h2";
  }
  const http::HandlerSource& handlers =
      tls == nullptr ? static_cast<const http::HandlerSource&>(source) : source.secure;
  http1::ServerSession::Handover http2;
  if (negotiated_http2) {
    http2 = {.stream = std::move(stream), .connection = std::move(connection), .early = std::move(early)};
  } else {
    http1::ServerSession session(std::move(stream), std::move(connection), options.http, handlers);
    const Registered registered(source, session);
    session.preload(early.empty() && tls == nullptr ? first : early);
    std::string().swap(early);
    co_await session.run();
    http2 = session.take_http2();
  }
  if (http2.stream != nullptr) co_await serve_http2(entry_point, std::move(http2), handlers);
}

loop::Task<void> Worker::serve_http2(std::size_t entry_point, http1::ServerSession::Handover from,
                                     const http::HandlerSource& handlers) {
  const EntryPointOptions& options = entry_points_[entry_point]->options;
  http2::ServerSession session(std::move(from.stream), std::move(from.connection), options.http2, handlers);
  const Registered registered(*sources_[entry_point], session);
  co_await session.run(from.early);
}

}  // namespace tandem::entry
