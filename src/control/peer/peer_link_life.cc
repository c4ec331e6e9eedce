// Signs of life: sending them, hearing them, and what their absence means.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "control/peer/peer_link_state.h"

namespace tandem::peer {

using loop::Loop;
using loop::TimePoint;

namespace {

constexpr auto kFarewell = std::chrono::seconds(1);  // the other side's time to read our goodbye
constexpr int kHeartbeatsAtOnce = 64;

std::string_view name_of(PeerLink::LinkState state) {
  switch (state) {
    case PeerLink::LinkState::kNone:
      return "none";
    case PeerLink::LinkState::kUp:
      return "up";
    case PeerLink::LinkState::kDown:
      return "down";
    case PeerLink::LinkState::kReset:
      return "reset";
  }
  return "none";
}

}  // namespace

void PeerLink::State::was_heard(PeerPath& path) {
  if (!path.established || path.over) return;
  const auto found = nodes.find(path.fingerprint);
  if (found == nodes.end()) return;
  PeerNode& node = found->second;
  path.heard = node.heard = Loop::current().now();
  if (path.up || path.leaving || path.farewell) return;
  path.up = true;
  node.address = path.remote.text();
  note_change();
  update(node);
  arm_tick();
}

/// Derives the node's state from its paths.
void PeerLink::State::update(PeerNode& node) {
  const TimePoint now = Loop::current().now();
  const bool up = std::ranges::any_of(
      paths, [&](const auto& each) { return each->up && !each->over && each->fingerprint == node.fingerprint; });
  const LinkState before = node.state;
  if (up) {
    node.state = LinkState::kUp;
  } else if (before == LinkState::kUp) {
    // Other paths may be silent for reasons of their own when the process dies.
    const bool ended = node.reset != TimePoint{} && now - node.reset <= 2 * settings.timeout;
    node.state = ended ? LinkState::kReset : LinkState::kDown;
  }
  note_change();
  if (node.state == before) return;
  base::log_info("The link to the other node changed",
                 {{"node", node.name}, {"peer", node.address}, {"state", name_of(node.state)}});
}

void PeerLink::State::report(const std::string& key, std::string sentence) {
  Problem& problem = wrong[key];
  if (problem.sentence != sentence) base::log_error(sentence, {{"node", settings.node}});
  problem.sentence = std::move(sentence);
  problem.seen = Loop::current().now();
  note_change();
}

loop::Task<void> PeerLink::State::hear_heartbeats() {
  for (;;) {
    (void)co_await heartbeats->readable();
    const bool more = read_heartbeats();
    // A flood must not keep the loop from anything else.
    if (more) co_await loop::sleep_for(std::chrono::milliseconds(1));
  }
}

/// Takes what has come; true when there may be more.
bool PeerLink::State::read_heartbeats() {
  std::array<char, 128> room{};
  for (int i = 0; i < kHeartbeatsAtOnce; ++i) {
    const std::string_view packet = heartbeats->try_receive(room);
    if (packet.empty()) return false;
    const auto session = heartbeat_session(packet);
    if (!session) continue;
    for (const auto& path : paths) {
      if (!path->established || path->over || path->keys.session != *session) continue;
      const auto number = open_heartbeat(path->keys, packet);
      if (!number || *number <= path->received) break;
      path->received = *number;
      was_heard(*path);
      break;
    }
  }
  return true;
}

void PeerLink::State::beat() {
  for (const auto& path : paths) {
    if (!path->established || path->over || path->leaving || path->farewell) continue;
    if (path->connected && path->outgoing.empty()) send(*path, sign_of_life());
    heartbeats->send(seal_heartbeat(path->keys, ++path->sent), path->local, path->remote, path->port);
  }
}

/// Paths that were silent for too long are down.
void PeerLink::State::judge() {
  const TimePoint now = Loop::current().now();
  for (const auto& path : paths) {
    if (path->up && now - path->heard >= settings.timeout) {
      path->up = false;
      if (const auto found = nodes.find(path->fingerprint); found != nodes.end()) update(found->second);
    }
    if (path->established && !path->over && now - path->heard >= patience()) {
      if (path->connected) give_up(*path, "silent");
      path->over = path->over || !path->connected;
    }
  }
}

/// Removes what is not needed any more. Not from inside a task of a path.
void PeerLink::State::sweep() {
  const TimePoint now = Loop::current().now();
  for (const auto& path : paths) {
    if (path->leaving && !path->over && now - path->left >= kFarewell) path->over = true;
  }
  for (const auto& path : paths) {
    if (!path->over) continue;
    for (const auto& [id, reply] : questions) {
      if (reply->path() == path.get()) {
        reply->settle(base::Error(base::ErrorKind::kReset, "the connection ended before the answer"));
      }
    }
  }
  std::erase_if(paths, [](const auto& each) { return each->over; });
}

void PeerLink::State::tick() {
  const TimePoint now = Loop::current().now();
  // When this process itself stood still, the others are heard before they are judged.
  const bool stood = now - tick_due > settings.timeout / 2;
  if (stood) {
    for (const auto& path : paths) {
      if (path->up) path->heard = std::max(path->heard, now - settings.timeout / 2);
    }
  }
  judge();
  sweep();
  if (now >= next_beat) {
    beat();
    next_beat += settings.heartbeat;
    if (next_beat <= now) next_beat = now + settings.heartbeat;
  }
  dial_what_is_missing();
  arm_tick();
}

void PeerLink::State::arm_tick() {
  tick_due = next_beat;
  for (const auto& path : paths) {
    if (path->up) tick_due = std::min(tick_due, path->heard + settings.timeout);
  }
  tick_timer.arm(tick_due);
}

}  // namespace tandem::peer
