#include "protocol/client/sessions.h"

#include <algorithm>
#include <utility>

namespace tandem::client {

/// A request that waits for the connection that another one makes.
struct Sessions::Waiter {
  explicit Waiter(Sessions& of) : sessions(of) { sessions.waiters_.push_back(this); }
  ~Waiter() { std::erase(sessions.waiters_, this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Sessions& sessions;
  http2::Signal signal;
  std::optional<base::Error> error;
  bool done = false;
};

http2::ClientSession* Sessions::usable() {
  for (const auto& session : sessions_) {
    if (session->usable()) return session.get();
  }
  return nullptr;
}

http2::ClientSession& Sessions::adopt(std::unique_ptr<net::Stream> stream) {
  const http2::ClientSession::Listener listener{&Sessions::on_change, this};
  // A server takes as many streams on the next connection as it did on the last.
  if (!sessions_.empty()) options_.streams_at_first = std::max<std::size_t>(1, sessions_.back()->stream_limit());
  sessions_.push_back(std::make_unique<http2::ClientSession>(std::move(stream), options_, listener));
  sessions_.back()->start();
  return *sessions_.back();
}

void Sessions::on_change(void* self, http2::ClientSession& session) {
  // It is under way in one of its calls: what is over goes later.
  if (session.over()) static_cast<Sessions*>(self)->sweeper_.arm(loop::Loop::current().now());
}

void Sessions::sweep() {
  // Those who wait for a connection, first: one of them may go away with another, and the list changes.
  while (true) {
    const auto ready = std::ranges::find_if(waiters_, [](const Waiter* waiter) { return waiter->done; });
    if (ready == waiters_.end()) break;
    Waiter* const waiter = *ready;
    waiters_.erase(ready);
    waiter->signal.notify();
  }
  std::erase_if(sessions_, [](const auto& session) { return session->over(); });
}

loop::Task<base::Result<bool>> Sessions::may_dial() {
  if (!dialling_) {
    dialling_ = true;
    co_return true;
  }
  Waiter waiter(*this);
  (void)co_await waiter.signal.wait();
  if (waiter.error) co_return std::move(*waiter.error);
  co_return false;
}

void Sessions::dialled(const std::optional<base::Error>& error) {
  dialling_ = false;
  for (Waiter* const waiter : waiters_) {
    waiter->done = true;
    waiter->error = error;
  }
  if (!waiters_.empty()) sweeper_.arm(loop::Loop::current().now());
}

}  // namespace tandem::client
