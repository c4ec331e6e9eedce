#include "control/peer/peer_link.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "config/model/entry_point_address.h"
#include "control/peer/peer_link_state.h"
#include "control/peer/peer_transport.h"
#include "engine/net/tcp.h"
#include "engine/tls/algorithms.h"

namespace tandem::peer {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::object;

namespace {

constexpr std::size_t kInstanceBytes = 8;
constexpr auto kProblemLife = std::chrono::seconds(60);

Result<net::Address> listen_address(const std::string& text) {
  const Result<model::EntryPointAddress> parsed = model::parse_entry_point_address(text);
  if (!parsed) return parsed.error();
  if (parsed->host.empty()) return net::Address(*net::IpAddress::parse("::"), parsed->port);
  const auto ip = net::IpAddress::parse(parsed->host == "localhost" ? "127.0.0.1" : parsed->host);
  if (!ip) return Error(ErrorKind::kInvalid, "not an IP address: " + parsed->host);
  return net::Address(*ip, parsed->port);
}

}  // namespace

Result<void> PeerLink::State::add_targets() {
  for (const std::string& text : settings.peers) {
    Result<PeerAddress> address = parse_peer_address(text, here.port());
    if (!address) return std::move(address.error()).wrapped("the peer link's peers");
    PeerTarget& target = targets.emplace_back();
    target.host = std::move(address->host);
    target.port = address->port;
    if (const auto ip = net::IpAddress::parse(target.host)) target.ips = {*ip};
  }
  return {};
}

Result<void> PeerLink::State::open() {
  Result<PeerKeys> loaded = load_or_make_keys(settings.directory, settings.node);
  if (!loaded) return std::move(loaded.error()).wrapped("the keys of the peer link");
  keys = std::move(*loaded);
  instance = hex_text(random_bytes(kInstanceBytes));
  Result<tls::ServerContextPtr> server = tls::ServerContext::build(peer_server_settings());
  if (!server) return std::move(server.error());
  server_tls = std::move(*server);
  Result<tls::ClientContextPtr> client = tls::ClientContext::build(peer_client_settings(keys.certificate));
  if (!client) return std::move(client.error());
  client_tls = std::move(*client);

  Result<net::Address> at = listen_address(settings.listen);
  if (!at) return std::move(at.error()).wrapped("the peer link's address");
  Result<int> socket = net::listen_tcp(*at, {.backlog = 128});
  if (!socket && at->ip() == net::IpAddress::parse("::")) {  // a kernel without IPv6
    at = net::Address(*net::IpAddress::parse("0.0.0.0"), at->port());
    socket = net::listen_tcp(*at, {.backlog = 128});
  }
  if (!socket) return std::move(socket.error()).wrapped("the peer link");
  listener.reset(*socket);
  here = net::local_address(listener.get());
  Result<std::unique_ptr<HeartbeatSocket>> udp = HeartbeatSocket::open(net::Address(at->ip(), here.port()));
  if (!udp) return std::move(udp.error());
  heartbeats = std::move(*udp);
  if (Result<void> added = add_targets(); !added) return added;
  adopt_trust(trusted_peers(settings.directory));
  return {};
}

/// Nodes that are trusted no more lose their connections.
void PeerLink::State::adopt_trust(std::map<std::string, TrustedPeer, std::less<>> trusted) {
  trusted.erase(keys.fingerprint);
  for (const auto& path : paths) {
    if (path->established && !trusted.contains(path->fingerprint)) path->over = true;
  }
  std::erase_if(nodes, [&](const auto& each) { return !trusted.contains(each.first); });
  for (const auto& [fingerprint, peer] : trusted) {
    PeerNode& node = nodes[fingerprint];
    if (node.fingerprint.empty()) node.name = peer.name;
    node.fingerprint = fingerprint;
  }
  note_change();
}

void PeerLink::State::begin() {
  tasks.spawn(accept());
  tasks.spawn(hear_heartbeats());
  next_beat = loop::Loop::current().now();
  if (nodes.empty()) {
    base::log_warn("No other node is trusted yet: run `tandem ha invite` here and `tandem ha join` there",
                   {{"directory", settings.directory}});
  }
  arm_tick();
}

PeerLink::Peer PeerLink::State::view(const PeerNode& node) const {
  Peer out;
  out.name = node.name;
  out.fingerprint = node.fingerprint;
  out.address = node.address;
  out.state = node.state;
  out.status = node.status;
  out.heard = node.heard;
  if (node.address.empty()) {
    for (const PeerTarget& target : targets) out.tried.push_back(peer_address_text(target.host, target.port));
  }
  for (const auto& path : paths) {
    if (!path->up || path->over || path->fingerprint != node.fingerprint) continue;
    ++out.paths;
    const net::IpAddress remote = path->remote.ip();
    const bool service = std::ranges::any_of(settings.service, [&](const auto& each) { return each.contains(remote); });
    out.elsewhere = out.elsewhere || !service;
  }
  return out;
}

PeerNode* PeerLink::State::node_named(std::string_view name) {
  const auto found = std::ranges::find_if(nodes, [&](const auto& each) { return each.second.name == name; });
  return found == nodes.end() ? nullptr : &found->second;
}

PeerLink::State::~State() {
  for (const auto& path : paths) {
    if (path->established && path->connected && !path->leaving) {
      send(*path, peer_frame({{"type", "bye"}, {"why", "stopping"}}));
    }
  }
  for (const auto& [id, reply] : questions) {
    reply->settle(Error(ErrorKind::kCancelled, "this node stops"));
    reply->forget();
  }
}

void PeerLink::State::on_changed(void* self) {
  auto& state = *static_cast<State*>(self);
  if (!state.changed) return;
  const Changed call = state.changed;  // the call may end us
  call();
}

PeerLink::PeerLink(std::unique_ptr<State> state) : state_(std::move(state)) {}
PeerLink::~PeerLink() = default;

Result<std::unique_ptr<PeerLink>> PeerLink::make(Settings settings) {
  if (settings.heartbeat <= loop::Nanoseconds{0} || settings.timeout < 2 * settings.heartbeat) {
    return Error(ErrorKind::kInvalid,
                 "peerLink: timeout must be at least twice the heartbeat: one lost sign of life is no death");
  }
  auto state = std::make_unique<State>(std::move(settings));
  if (Result<void> opened = state->open(); !opened) return std::move(opened.error());
  return std::unique_ptr<PeerLink>(new PeerLink(std::move(state)));
}

void PeerLink::start(Changed changed, Answer answer) {
  state_->changed = std::move(changed);
  state_->answer = std::move(answer);
  state_->begin();
}

void PeerLink::tell(object status) {
  State& state = *state_;
  std::string frame =
      peer_frame({{"type", "status"}, {"number", ++state.status_number}, {"status", std::move(status)}});
  if (frame.empty()) {
    base::log_error("The status is too long to be told to the peers", {{"node", state.settings.node}});
    return;
  }
  state.status = std::move(frame);
  for (const auto& path : state.paths) {
    if (path->established) state.send_status(*path);
  }
}

loop::Task<Result<object>> PeerLink::ask(std::string peer_name, object request, loop::TimePoint deadline) {
  State& state = *state_;
  const PeerNode* const node = state.node_named(peer_name);
  if (node == nullptr) co_return Error(ErrorKind::kNotFound, "no other node is called " + peer_name);
  PeerPath* best = nullptr;
  for (const auto& path : state.paths) {
    const bool usable = path->up && path->connected && !path->over && !path->leaving;
    if (!usable || path->fingerprint != node->fingerprint) continue;
    if (best == nullptr || path->read > best->read) best = path.get();
  }
  if (best == nullptr) co_return Error(ErrorKind::kUnreachable, "no connection to " + peer_name);
  const std::uint64_t id = ++state.last_question;
  const std::string frame = peer_frame({{"type", "ask"}, {"id", id}, {"request", std::move(request)}});
  if (frame.empty()) co_return Error(ErrorKind::kLimit, "the question is too long for the peer link");
  PeerReply reply(state.questions, id, best);
  state.send(*best, frame);
  PeerReply::Wait waiting = reply.until(deadline);
  co_await waiting;
  co_return reply.take();
}

std::vector<PeerLink::Peer> PeerLink::peers() const {
  std::vector<Peer> out;
  for (const auto& [fingerprint, node] : state_->nodes) out.push_back(state_->view(node));
  return out;
}

std::vector<std::string> PeerLink::problems() const {
  std::vector<std::string> out;
  const loop::TimePoint now = loop::Loop::current().now();
  for (const auto& [key, problem] : state_->wrong) {
    if (now - problem.seen < kProblemLife) out.push_back(problem.sentence);
  }
  return out;
}

std::uint64_t PeerLink::refused() const { return state_->refused; }
net::Address PeerLink::address() const { return state_->here; }

PeerReply::PeerReply(PeerQuestions& questions, std::uint64_t id, const PeerPath* path)
    : questions_(&questions), id_(id), path_(path) {
  questions[id] = this;
}

PeerReply::~PeerReply() {
  if (questions_ != nullptr) questions_->erase(id_);
}

PeerReply::Wait PeerReply::until(loop::TimePoint deadline) {
  timer_.arm(result_ ? loop::Loop::current().now() : deadline);
  return {*this};
}

void PeerReply::settle(Result<object> result) {
  if (result_) return;
  result_.emplace(std::move(result));
  timer_.arm(loop::Loop::current().now());
}

void PeerReply::fire(void* self) {
  auto& reply = *static_cast<PeerReply*>(self);
  if (!reply.result_) reply.result_.emplace(Error(ErrorKind::kTimeout, "the peer did not answer in time"));
  if (reply.waiter_) std::exchange(reply.waiter_, {}).resume();
}

Result<object> PeerReply::take() { return std::move(*result_); }

}  // namespace tandem::peer
