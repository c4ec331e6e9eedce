#include "control/ha/ticket_sharing.h"

#include <utility>

#include "config/format/json_fields.h"

namespace tandem::ha {
namespace {

using boost::json::object;
using format::text_in;

constexpr auto kAnswerWithin = std::chrono::seconds(5);
/// Far more than three days of keys.
constexpr std::size_t kMostBytes = std::size_t{16} * 1024;

}  // namespace

object ticket_keys_message(std::string_view node, std::string_view keys) {
  return {{"type", kTicketKeys}, {"node", node}, {"keys", keys}};
}

std::string_view ticket_keys_in(const object& message) { return text_in(message, "keys"); }

TicketSharing::TicketSharing(std::string node, peer::PeerLink& link, Tell tell)
    : node_(std::move(node)), link_(link), tell_(std::move(tell)) {}

std::vector<object> TicketSharing::messages() const {
  std::vector<object> all;
  for (const auto& [node, keys] : known_) all.push_back(ticket_keys_message(node, keys));
  return all;
}

void TicketSharing::proxy_told(std::string_view keys) {
  known_[node_] = keys;
  tell_peers();
}

void TicketSharing::tell_peers() {
  const auto own = known_.find(node_);
  for (const peer::PeerLink::Peer& peer : link_.peers()) {
    if (peer.state != peer::PeerLink::LinkState::kUp) {
      told_.erase(peer.fingerprint);  // when it is back it may be another process
    } else if (own != known_.end() && told_[peer.fingerprint] != own->second) {
      told_[peer.fingerprint] = own->second;
      tasks_.spawn(tell_peer(peer.name, peer.fingerprint, own->second));
    }
  }
}

loop::Task<void> TicketSharing::tell_peer(std::string name, std::string fingerprint, std::string keys) {
  object request = ticket_keys_message("", keys);
  const loop::TimePoint deadline = loop::Loop::current().now() + kAnswerWithin;
  const base::Result<object> answer = co_await link_.ask(std::move(name), std::move(request), deadline);
  // It did not arrive: the next change of the node's status, which it tells every second, tries again.
  const auto told = told_.find(fingerprint);
  if (!answer && told != told_.end() && told->second == keys) told_.erase(told);
}

object TicketSharing::answer(const object& request, const peer::PeerLink::Peer& from) {
  const std::string_view keys = ticket_keys_in(request);
  if (keys.empty() || keys.size() > kMostBytes) return {{"error", "these are no session ticket keys"}};
  known_[from.name] = keys;
  tell_(ticket_keys_message(from.name, keys));
  return {};
}

}  // namespace tandem::ha
