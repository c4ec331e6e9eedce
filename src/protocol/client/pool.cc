#include "protocol/client/pool.h"

#include <algorithm>
#include <utility>

#include "engine/observe/metrics_worker.h"

namespace tandem::client {

namespace {

// net/http's DefaultMaxIdleConnsPerHost, which Traefik's users get with maxIdleConnsPerHost: 0.
constexpr std::size_t kDefaultIdle = 2;

using Pools = std::unordered_map<std::string, std::unique_ptr<Pool>>;

Pools& pools() {
  static thread_local Pools all;
  return all;
}

}  // namespace

UpstreamConnection::UpstreamConnection(std::unique_ptr<net::Stream> stream, Pool& pool) : pool_(pool) {
  wire.stream = std::move(stream);
  observe::WorkerCounters& counters = observe::worker_counters();
  observe::WorkerCounters::add(counters.upstream_opened, 1);
  observe::WorkerCounters::add(counters.upstream_open, 1);
}

UpstreamConnection::~UpstreamConnection() {
  observe::WorkerCounters::subtract(observe::worker_counters().upstream_open, 1);
}

void UpstreamConnection::on_hangup(void* self) {
  auto* connection = static_cast<UpstreamConnection*>(self);
  connection->pool_.drop(connection);
}

void UpstreamConnection::on_idle_timeout(void* self) { on_hangup(self); }

std::unique_ptr<UpstreamConnection> Pool::take() {
  while (!idle_.empty()) {
    std::unique_ptr<UpstreamConnection> connection = std::move(idle_.back());
    idle_.pop_back();
    loop::Descriptor& descriptor = connection->wire.stream->descriptor();
    // What arrives on a waiting connection is the end or nothing that was asked for.
    if (descriptor.ended() || descriptor.may_read()) continue;
    descriptor.watch_hangup({});
    connection->idle_timer_.disarm();
    connection->reused = true;
    observe::WorkerCounters::add(observe::worker_counters().upstream_reused, 1);
    return connection;
  }
  return nullptr;
}

void Pool::give_back(std::unique_ptr<UpstreamConnection> connection) {
  const std::size_t most = options_.max_idle_connections_per_host > 0
                               ? static_cast<std::size_t>(options_.max_idle_connections_per_host)
                               : kDefaultIdle;
  if (options_.max_idle_connections_per_host < 0 || idle_.size() >= most) return;
  if (!connection->wire.in.empty()) return;
  loop::Descriptor& descriptor = connection->wire.stream->descriptor();
  if (descriptor.may_read() && !connection->wire.fill().would_block()) return;
  if (descriptor.ended()) return;
  connection->wire.in.release();
  descriptor.watch_hangup({&UpstreamConnection::on_hangup, connection.get()});
  if (options_.idle_connection_timeout.count() > 0) {
    connection->idle_timer_.arm(loop::Loop::current().now() + options_.idle_connection_timeout);
  }
  idle_.push_back(std::move(connection));
}

void Pool::drop(UpstreamConnection* connection) {
  std::erase_if(idle_, [connection](const auto& held) { return held.get() == connection; });
}

Pool& Pool::of(const Transport& transport, const Target& target) {
  std::string key = std::to_string(transport.id());
  key.append("|").append(target.authority);
  std::unique_ptr<Pool>& pool = pools()[std::move(key)];
  if (pool == nullptr) pool = std::make_unique<Pool>(transport.options());
  return *pool;
}

std::size_t Pool::idle_on_this_core() {
  std::size_t count = 0;
  for (const auto& [key, pool] : pools()) count += pool->idle();
  return count;
}

void Pool::close_all() { pools().clear(); }

}  // namespace tandem::client
