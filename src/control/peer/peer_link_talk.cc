// What goes over paths: messages, questions and answers, the end of a connection.

#include <fmt/format.h>

#include "base/log.h"
#include "config/format/json_fields.h"
#include "control/peer/peer_link_state.h"

namespace tandem::peer {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using format::part_in;
using format::text_in;
using format::whole_in;
using loop::Loop;

namespace {

constexpr std::size_t kRoom = std::size_t{16} * 1024;
constexpr std::size_t kBacklog = std::size_t{64} * 1024;  // a status waits behind more than this
constexpr std::size_t kMostBacklog = std::size_t{1024} * 1024;
constexpr int kMostAnswering = 16;

}  // namespace

void PeerLink::State::send(PeerPath& path, std::string_view bytes) {
  if (!path.connected || path.over) return;
  if (path.outgoing.size() + bytes.size() > kMostBacklog) return;  // whoever waits for an answer has a deadline
  path.outgoing.append(bytes);
  if (path.sending) return;
  path.sending = true;
  path.tasks.spawn(flush(path));
}

loop::Task<void> PeerLink::State::flush(PeerPath& path) {
  while (!path.outgoing.empty()) {
    const iovec piece{.iov_base = path.outgoing.data(), .iov_len = path.outgoing.size()};
    const net::IoCount count = path.stream->try_write({&piece, 1});
    if (count.moved()) {
      path.outgoing.erase(0, count.bytes());
      if (path.outgoing.empty() && path.status_due) {
        path.status_due = false;
        path.outgoing = status;
      }
    } else if (count.would_block()) {
      (void)co_await path.stream->writable(loop::kNever);
    } else {
      path.outgoing.clear();  // whoever reads sees the end
    }
  }
  path.sending = false;
  if (path.leaving) path.stream->shutdown_write();
}

void PeerLink::State::send_status(PeerPath& path) {
  if (status.empty()) return;
  if (path.outgoing.size() > kBacklog) {
    path.status_due = true;
  } else {
    send(path, status);
  }
}

loop::Task<void> PeerLink::State::listen(PeerPath& path) {
  const auto room = std::make_unique_for_overwrite<char[]>(kRoom);
  object message;
  for (;;) {
    PeerFrameReader::Got got = path.frames.next(message);
    for (; got == PeerFrameReader::Got::kMessage; got = path.frames.next(message)) handle(path, message);
    if (path.over) co_return;
    if (got == PeerFrameReader::Got::kBroken) {
      refuse(path, "what it sends is no message");
      connection_ended(path, false);
      co_return;
    }
    const net::IoCount count = path.stream->try_read({room.get(), kRoom});
    if (count.moved()) {
      path.read = Loop::current().now();
      was_heard(path);
      path.frames.feed({room.get(), count.bytes()});
    } else if (count.would_block()) {
      (void)co_await path.stream->readable(loop::kNever);
    } else {
      connection_ended(path, count.ended() || count.error() == ECONNRESET || count.error() == EPIPE);
      co_return;
    }
  }
}

void PeerLink::State::handle(PeerPath& path, const object& message) {
  const auto found = nodes.find(path.fingerprint);
  if (found == nodes.end() || path.leaving) return;
  PeerNode& node = found->second;
  const std::string_view type = text_in(message, "type");
  if (type == "status") {
    const std::uint64_t number = whole_in(message, "number");
    if (path.instance != node.instance || number <= node.status_number) return;  // came over another path before
    node.status_number = number;
    node.status = part_in(message, "status");
    note_change();
  } else if (type == "ask") {
    path.tasks.spawn(answer_question(path, whole_in(message, "id"), part_in(message, "request")));
  } else if (type == "answer") {
    const auto question = questions.find(whole_in(message, "id"));
    if (question != questions.end() && question->second->path() == &path) {
      question->second->settle(part_in(message, "answer"));
    }
  } else if (type == "bye") {
    path.farewell = true;
    if (text_in(message, "why") != "stopping") return;
    node.reset = Loop::current().now();
    for (const auto& each : paths) {
      if (each->fingerprint == path.fingerprint && each->instance == path.instance) each->up = false;
    }
    update(node);
  }
}

loop::Task<void> PeerLink::State::answer_question(PeerPath& path, std::uint64_t id, object request) {
  object reply{{"error", "this node answers no questions"}};
  const auto found = nodes.find(path.fingerprint);
  if (path.answering >= kMostAnswering) {
    reply = {{"error", "too many questions at once"}};
  } else if (answer && found != nodes.end()) {
    const Peer from = view(found->second);
    ++path.answering;
    loop::Task<object> work = answer(std::move(request), from);
    reply = co_await std::move(work);
    --path.answering;
  }
  std::string frame = peer_frame({{"type", "answer"}, {"id", id}, {"answer", std::move(reply)}});
  if (frame.empty()) {
    frame = peer_frame({{"type", "answer"}, {"id", id}, {"answer", {{"error", "the answer is too long"}}}});
  }
  send(path, frame);
}

/// The connection is at its end; `by_the_other`: their kernel said so (FIN or RST), not ours (no acknowledgement).
void PeerLink::State::connection_ended(PeerPath& path, bool by_the_other) {
  // What was sent before the end counts as heard before it.
  read_heartbeats();
  if (!path.leaving && !path.farewell) send(path, peer_frame({{"type", "bye"}, {"why", "ended"}}));
  path.connected = false;
  path.stream->shutdown_write();
  path.over = path.over || path.leaving || path.farewell;
  for (const auto& [id, reply] : questions) {
    if (reply->path() == &path) reply->settle(Error(ErrorKind::kReset, "the connection ended before the answer"));
  }
  const auto found = nodes.find(path.fingerprint);
  if (found == nodes.end()) return;
  PeerNode& node = found->second;
  // From now on only the heartbeat can show that it lives.
  const bool died = by_the_other && path.up && !path.leaving && !path.farewell;
  if (died) node.reset = Loop::current().now();
  if (by_the_other || path.over) path.up = false;
  update(node);
}

/// Ends a connection on purpose. The other side must not take that for the death of this process.
void PeerLink::State::give_up(PeerPath& path, std::string_view why) {
  if (path.leaving || path.over) return;
  const bool was_up = path.up;
  send(path, peer_frame({{"type", "bye"}, {"why", why}}));
  path.leaving = true;
  path.left = Loop::current().now();
  path.up = false;
  if (!path.sending) path.stream->shutdown_write();
  const auto found = nodes.find(path.fingerprint);
  if (was_up && found != nodes.end()) update(found->second);
}

}  // namespace tandem::peer
