#include "proxy/service/server_probe.h"

#include <random>

#include "engine/net/resolver.h"
#include "engine/net/tcp.h"

namespace tandem::service {
namespace {

constexpr int kFailuresOfDead = 2;

/// From 0 to 1, so that servers are not all tried at once.
double random_share() {
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

loop::Nanoseconds scaled(loop::Nanoseconds duration, double by) {
  return std::chrono::duration_cast<loop::Nanoseconds>(std::chrono::duration<double, std::nano>(duration) * by);
}

}  // namespace

ServerProbe::ServerProbe(client::Target target, const ProbePace& pace, std::function<void()> changed)
    : target_(std::move(target)), pace_(pace), changed_(std::move(changed)) {}

void ServerProbe::start() { tasks_.spawn(try_regularly()); }

loop::Task<void> ServerProbe::try_regularly() {
  constexpr double kFirst = 0.25;  // of a period: whoever asks waits for the first verdict
  constexpr double kLeast = 0.9;
  constexpr double kSpread = 0.2;
  co_await loop::sleep_for(scaled(pace_.period, kFirst * random_share()));
  for (;;) {
    const loop::TimePoint began = loop::Loop::current().now();
    const bool connected = co_await connects();
    note(connected);
    const loop::Nanoseconds took = loop::Loop::current().now() - began;
    const loop::Nanoseconds period = scaled(pace_.period, kLeast + kSpread * random_share());
    co_await loop::sleep_for(std::max(period - took, loop::Nanoseconds(0)));
  }
}

loop::Task<bool> ServerProbe::connects() const {
  if (target_.host.empty()) co_return false;
  const loop::TimePoint deadline = loop::Loop::current().now() + pace_.timeout;
  if (target_.address) {
    const auto stream = co_await net::connect(*target_.address, deadline);
    co_return stream.has_value();
  }
  const base::Result<std::vector<net::IpAddress>> addresses = co_await net::resolve(target_.host, deadline);
  if (!addresses) co_return false;
  for (const net::IpAddress& address : *addresses) {
    const auto stream = co_await net::connect(net::Address(address, target_.port), deadline);
    if (stream) co_return true;
  }
  co_return false;
}

void ServerProbe::note(bool connected) {
  failures_ = connected ? 0 : failures_ + 1;
  const bool lives = connected || (lives_.value_or(false) && failures_ < kFailuresOfDead);
  if (lives_ == lives) return;
  lives_ = lives;
  changed_();
}

}  // namespace tandem::service
