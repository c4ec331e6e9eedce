// How paths begin: accepting, dialling, who the other side is, which of two connections stays, joining.

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "config/format/json_fields.h"
#include "control/peer/aside.h"
#include "control/peer/peer_link_state.h"
#include "control/peer/peer_transport.h"

namespace tandem::peer {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::object;
using format::text_in;
using format::whole_in;
using loop::Loop;
using loop::TimePoint;

namespace {

constexpr auto kGreeting = std::chrono::seconds(2);  // from accept or connect to the other side's hello
constexpr auto kConnect = std::chrono::milliseconds(750);
constexpr auto kFirstBackoff = std::chrono::milliseconds(50);
constexpr auto kLongestBackoff = std::chrono::seconds(1);
constexpr auto kOurselvesPause = std::chrono::seconds(60);
constexpr auto kTrustPause = std::chrono::seconds(1);
constexpr auto kRefusedPause = std::chrono::seconds(60);
constexpr auto kRivalPatience = std::chrono::seconds(1);
constexpr int kUserTimeout = 5000;           // milliseconds without acknowledgement
constexpr int kStrangersEachSecond = 20;     // handshakes of addresses nobody knows
constexpr std::size_t kGreetingAtOnce = 32;  // connections whose other side is not known yet
constexpr std::size_t kLongestNodeName = 255;
constexpr int kProtocolVersion = 1;
constexpr std::string_view kOurselves = "this is the node itself";

void set_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeout, sizeof kUserTimeout);
}

}  // namespace

loop::Task<void> PeerLink::State::accept() {
  net::Acceptor acceptor(listener.get());
  for (;;) {
    (void)co_await acceptor.readable();
    for (;;) {
      const net::Accepted accepted = acceptor.try_accept();
      if (accepted.fd == -2) {
        co_await loop::sleep_for(kFirstBackoff);  // out of descriptors: they may come back
        continue;
      }
      if (accepted.fd < 0) break;
      auto socket = std::make_unique<net::SocketStream>(accepted.fd);
      if (!admits(accepted.peer)) {
        ++refused;
        continue;
      }
      PeerPath& path = *paths.emplace_back(std::make_unique<PeerPath>());
      path.local = net::local_address(accepted.fd);
      path.remote = accepted.peer;
      path.stream = tls::SecureStream::accept(std::move(socket), server_tls, keys.certificate, {});
      path.greeting_ends = Loop::current().now() + kGreeting;
      path.tasks.spawn(serve(path));
    }
  }
}

/// Strangers must not keep the nodes of the pair from connecting, nor cost much.
bool PeerLink::State::admits(const net::Address& from) {
  const TimePoint now = Loop::current().now();
  const net::IpAddress ip = from.ip();
  const auto is_target = [&](const PeerTarget& each) { return std::ranges::find(each.ips, ip) != each.ips.end(); };
  const auto is_known = [&](const auto& each) { return each->established && each->remote.ip() == ip; };
  if (std::ranges::any_of(targets, is_target) || std::ranges::any_of(paths, is_known)) return true;
  if (now - second_began >= std::chrono::seconds(1)) {
    second_began = now;
    strangers = 0;
  }
  const auto greeting =
      std::ranges::count_if(paths, [](const auto& each) { return !each->established && !each->over; });
  return static_cast<std::size_t>(greeting) < kGreetingAtOnce && ++strangers <= kStrangersEachSecond;
}

bool PeerLink::State::is_covered(std::size_t index) const {
  const PeerTarget& target = targets[index];
  return std::ranges::any_of(paths, [&](const auto& path) {
    if (!path->established || !path->connected || path->over || path->leaving) return false;
    if (path->dialled && path->target == index) return true;
    return path->port == target.port && std::ranges::find(target.ips, path->remote.ip()) != target.ips.end();
  });
}

void PeerLink::State::dial_what_is_missing() {
  const TimePoint now = Loop::current().now();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].busy || now < targets[i].next_try || is_covered(i)) continue;
    targets[i].busy = true;
    tasks.spawn(dial(i));
  }
}

loop::Task<void> PeerLink::State::dial(std::size_t index) {
  PeerTarget& target = targets[index];
  PeerDial how{.to = {.host = target.host, .port = target.port},
               .tls = client_tls,
               .protocol = kLinkProtocol,
               .deadline = Loop::current().now() + kConnect};
  Result<std::unique_ptr<tls::SecureStream>> stream = co_await dial_peer(std::move(how));
  if (!stream) {
    dial_failed(index, stream.error().text());
    co_return;
  }
  const int fd = (*stream)->descriptor().fd();
  PeerPath& path = *paths.emplace_back(std::make_unique<PeerPath>());
  path.dialled = true;
  path.target = index;
  path.local = net::local_address(fd);
  path.remote = remote_address(fd);
  path.stream = std::move(*stream);
  path.greeting_ends = Loop::current().now() + kGreeting;
  if (path.remote.is_ip()) target.ips = {path.remote.ip()};
  path.tasks.spawn(serve(path));
}

void PeerLink::State::dial_failed(std::size_t index, const std::string& why) {
  PeerTarget& target = targets[index];
  target.busy = false;
  if (why == kOurselves) {
    target.next_try = Loop::current().now() + kOurselvesPause;
    return;
  }
  target.backoff = std::clamp<loop::Nanoseconds>(2 * target.backoff, kFirstBackoff, kLongestBackoff);
  target.next_try = Loop::current().now() + target.backoff;
  if (why == target.complaint) return;
  target.complaint = why;
  base::log_info("The peer link does not reach a node yet",
                 {{"peer", peer_address_text(target.host, target.port)}, {"error", why}});
}

void PeerLink::State::refuse(const PeerPath& path, const std::string& why) {
  ++refused;
  const TimePoint now = Loop::current().now();
  if (refused_told != 0 && now - refused_told_at < kRefusedPause) return;
  const std::string count = std::to_string(refused - refused_told);
  base::log_warn("Refused on the peer link", {{"count", count}, {"peer", path.remote.text()}, {"reason", why}});
  refused_told = refused;
  refused_told_at = now;
}

loop::Task<void> PeerLink::State::serve(PeerPath& path) {
  const std::string why = co_await greet(path);
  if (path.over) co_return;  // a node that joined
  if (why.empty()) {
    co_await listen(path);
    co_return;
  }
  path.over = true;
  path.connected = false;
  if (path.dialled) {
    dial_failed(path.target, why);
  } else if (why != kOurselves) {
    refuse(path, why);
  }
}

/// Returns why the other side must go; nothing when it may stay.
loop::Task<std::string> PeerLink::State::greet(PeerPath& path) {
  const Result<void> shaken = co_await path.stream->handshake(path.greeting_ends);
  if (!shaken) co_return shaken.error().text();
  path.fingerprint = fingerprint_of(path.stream->peer_certificate());
  if (!path.dialled && path.stream->protocol() == kJoinProtocol) {
    std::string why = co_await enrol(path);
    path.over = why.empty();
    co_return why;
  }
  if (path.stream->protocol() != kLinkProtocol) co_return "it does not speak the peer link's protocol";
  const bool trusted = co_await is_trusted(path.fingerprint);
  if (!trusted) {
    co_return fmt::format("its certificate is not trusted (SHA-256 {}): let it join with an invitation",
                          path.fingerprint);
  }
  const auto heartbeat = heartbeat_keys(*path.stream, path.dialled);
  if (!heartbeat) co_return "no keys for the heartbeat";
  path.keys = *heartbeat;
  set_options(path.stream->descriptor().fd());
  send(path, peer_frame({{"type", "hello"},
                         {"protocol", kProtocolVersion},
                         {"node", settings.node},
                         {"instance", instance},
                         {"port", here.port()},
                         {"version", base::kVersion}}));
  object hello;
  std::string why = co_await receive_hello(path, hello);
  if (why.empty()) why = judge_hello(path, hello);
  if (why.empty()) establish(path);
  co_return why;
}

loop::Task<bool> PeerLink::State::is_trusted(const std::string& fingerprint) {
  if (fingerprint == keys.fingerprint || nodes.contains(fingerprint)) co_return true;
  // A command may have let a node join since.
  const TimePoint now = Loop::current().now();
  if (now - trust_read_at < kTrustPause) co_return false;
  trust_read_at = now;
  using Trusted = std::map<std::string, TrustedPeer, std::less<>>;
  std::function<Trusted()> read = [directory = settings.directory] { return trusted_peers(directory); };
  Aside<Trusted> reading(std::move(read));
  Trusted trusted = co_await reading;
  adopt_trust(std::move(trusted));
  co_return nodes.contains(fingerprint);
}

loop::Task<std::string> PeerLink::State::receive_hello(PeerPath& path, object& hello) {
  Result<object> message = co_await receive_message(*path.stream, path.frames, path.greeting_ends);
  if (!message) {
    co_return message.error().text() + " before its hello; it may not trust this node: run `tandem ha invite` there " +
        "and `tandem ha join` here";
  }
  hello = std::move(*message);
  if (text_in(hello, "type") == "bye") co_return "it refuses: " + std::string(text_in(hello, "why"));
  co_return text_in(hello, "type") == "hello" ? "" : "it does not say hello";
}

std::string PeerLink::State::judge_hello(PeerPath& path, const object& hello) {
  if (whole_in(hello, "protocol") != kProtocolVersion) return "it speaks another version of the peer link";
  path.instance = text_in(hello, "instance");
  path.port = static_cast<std::uint16_t>(whole_in(hello, "port"));
  const std::string name(text_in(hello, "node").substr(0, kLongestNodeName));
  if (path.instance.empty() || path.port == 0 || name.empty()) return "its hello is not complete";
  if (path.instance == instance) return std::string(kOurselves);
  if (path.fingerprint == keys.fingerprint) {
    std::string sentence = fmt::format(
        "{} ({}) has the same keys as this node: one is a copy of the other's disk; run `tandem ha join --new-keys` "
        "on the copy with an invitation of the other",
        name, path.remote.text());
    report("our identity", sentence);
    send(path, peer_frame({{"type", "bye"}, {"why", "two nodes have the same keys"}}));
    return sentence;
  }
  const auto known = nodes.find(path.fingerprint);
  if (known == nodes.end()) return "its certificate is trusted no more";
  PeerNode& node = known->second;
  if (std::string why = judge_instance(path, node); !why.empty()) return why;
  const auto other = std::ranges::find_if(
      nodes, [&](const auto& each) { return each.first != path.fingerprint && each.second.name == name; });
  if (name == settings.node || other != nodes.end()) {
    report("name " + name, fmt::format("two nodes are called {}: give one of them another `ha.nodeName`", name));
  }
  node.name = name;
  return {};
}

/// Two processes that live at the same time and claim to be one node.
std::string PeerLink::State::judge_instance(PeerPath& path, PeerNode& node) {
  const auto contradicts = [&](const auto& each) {
    return each->established && each->up && !each->over && each->fingerprint == path.fingerprint &&
           each->instance != path.instance;
  };
  const auto living = std::ranges::find_if(paths, contradicts);
  if (living == paths.end()) {
    node.rival.clear();
    return {};
  }
  // For a moment that is a node that started again and whose end nobody noticed.
  const TimePoint now = Loop::current().now();
  if (node.rival != path.instance) {
    node.rival = path.instance;
    node.rival_since = now;
  }
  std::string sentence =
      fmt::format("{} and {} have the same keys, those of {}: run `tandem ha join --new-keys` on one",
                  (*living)->remote.text(), path.remote.text(), node.name);
  if (now - node.rival_since >= kRivalPatience) report("identity " + path.fingerprint, sentence);
  return sentence;
}

void PeerLink::State::establish(PeerPath& path) {
  path.established = true;
  path.frames.allow(kLongestPeerMessage);
  if (path.dialled) {
    PeerTarget& target = targets[path.target];
    target.busy = false;
    target.backoff = loop::Nanoseconds{0};
    target.complaint.clear();
  }
  PeerNode& node = nodes.find(path.fingerprint)->second;
  if (node.instance != path.instance) node.status_number = 0;
  node.instance = path.instance;
  drop_others(path);
  if (path.leaving) return;
  path.read = Loop::current().now();
  was_heard(path);
  send_status(path);
}

/// Of two connections over one path that stays which the node with the lower fingerprint dialled; of two that the same
/// node dialled the younger one, as nobody dials while one is alive.
void PeerLink::State::drop_others(PeerPath& path) {
  const auto by_lower = [&](const PeerPath& each) { return each.dialled == (keys.fingerprint < each.fingerprint); };
  for (const auto& other : paths) {
    if (other.get() == &path || !other->established || other->over || other->fingerprint != path.fingerprint) continue;
    if (other->instance != path.instance) {
      other->up = false;
      other->over = true;
      continue;
    }
    if (other->leaving || other->local.ip() != path.local.ip() || other->remote.ip() != path.remote.ip()) continue;
    const bool older_stays = other->connected && other->dialled != path.dialled && by_lower(*other);
    give_up(older_stays ? path : *other, "duplicate");
    if (older_stays) return;
  }
}

namespace {

/// What redeeming an invitation came to.
struct Redeemed {
  object offer;
  std::string refusal;
  std::map<std::string, TrustedPeer, std::less<>> trusted;
};

Redeemed redeem(const std::string& directory, const std::string& secret, const std::string& node,
                const std::string& pem) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
  Redeemed out;
  Result<object> offer = redeem_invitation(directory, secret, now);
  if (!offer) {
    out.refusal = offer.error().text();
    return out;
  }
  out.offer = std::move(*offer);
  if (const Result<void> trusted = trust_peer(directory, node, pem); !trusted) {
    out.refusal = "the inviting node could not keep the certificate: " + trusted.error().text();
  }
  out.trusted = trusted_peers(directory);
  return out;
}

/// One at a time: holds the flag while it lives.
struct Turn {
  explicit Turn(bool& of) : flag(of) { flag = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { flag = false; }
  bool& flag;
};

std::string bytes_of_hex(std::string_view text) {
  std::string out;
  const auto value = [](char digit) {
    return static_cast<unsigned>(std::string_view("0123456789abcdef").find(digit)) & 15U;
  };
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    out.push_back(static_cast<char>(value(text[at]) << 4U | value(text[at + 1])));
  }
  return out;
}

}  // namespace

/// Lets a node join that has an invitation. Returns why not; it was told then.
loop::Task<std::string> PeerLink::State::enrol(PeerPath& path) {
  Result<object> message = co_await receive_message(*path.stream, path.frames, path.greeting_ends);
  if (!message) co_return "joining: " + message.error().text();
  const std::string node = file_name_of(text_in(*message, "node"));
  const std::string secret = bytes_of_hex(text_in(*message, "secret"));
  object reply{{"type", "refused"}};
  std::string why;
  if (enrolling) {
    why = "another node is joining at the same time: try again";
  } else if (path.fingerprint == keys.fingerprint) {
    why =
        "this node has the same keys as the one that made the invitation (a copy of its disk?): run `tandem ha join "
        "--new-keys`";
  } else if (node == file_name_of(settings.node)) {
    why = fmt::format("both nodes are called {}: give this one another name (`ha.nodeName`, or --node NAME)", node);
  } else {
    const Turn turn(enrolling);
    std::function<Redeemed()> work = [directory = settings.directory, secret, node,
                                      pem = pem_of(path.stream->peer_certificate())] {
      return redeem(directory, secret, node, pem);
    };
    Aside<Redeemed> redeeming(std::move(work));
    Redeemed redeemed = co_await redeeming;
    why = redeemed.refusal;
    if (why.empty()) {
      adopt_trust(std::move(redeemed.trusted));
      reply = {{"type", "welcome"},
               {"node", settings.node},
               {"you", path.remote.ip().text()},
               {"offer", std::move(redeemed.offer)}};
      base::log_info("A node has joined", {{"node", node}, {"peer", path.remote.text()}});
    }
  }
  if (!why.empty()) reply["why"] = why;
  (void)co_await send_message(*path.stream, reply, path.greeting_ends);
  co_return why;
}

}  // namespace tandem::peer
