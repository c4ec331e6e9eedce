#pragma once

// PeerLink: the authenticated connections between the nodes of a pair: mutual TLS 1.3 with pinned certificates over
// every path the nodes share, and a UDP heartbeat beside each, so that a stalled TCP is not taken for death. It tells
// the peers this node's status, asks and answers questions, and lets a new node join with an invitation. Belongs to the
// supervisor's loop, which is the calling thread's at make(); nothing blocks it after that.

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/loop/loop.h"
#include "engine/loop/task.h"
#include "engine/net/address.h"

namespace tandem::peer {

class PeerLink {
 public:
  struct Settings {
    std::string node;                    ///< Name of this node.
    std::string listen = ":7112";        ///< [host]:port, for TCP and UDP; port 0 takes a free one.
    std::vector<std::string> peers;      ///< host[:port] of the other nodes, every path; the port is ours when absent.
    std::string directory;               ///< Keys and certificates; made when it is missing.
    std::vector<net::IpPrefix> service;  ///< Subnets that carry the adverts: see Peer::elsewhere.
    loop::Nanoseconds heartbeat = std::chrono::milliseconds(50);  ///< Time between two signs of life.
    loop::Nanoseconds timeout = std::chrono::milliseconds(200);   ///< A path without one for so long is down.
  };

  enum class LinkState : std::uint8_t {
    kNone,   ///< never up since the start
    kUp,     ///< at least one path is
    kDown,   ///< silent, or the connection was given up on purpose
    kReset,  ///< the other node's kernel ended all connections: its process died; or it said that it stops
  };

  struct Peer {
    std::string name;                ///< As its hello says; the file's name of its certificate before the first.
    std::string fingerprint;         ///< SHA-256 of its certificate in hex: who it is.
    std::string address;             ///< ip:port of the path heard last; empty before the first.
    std::vector<std::string> tried;  ///< host:port where it is looked for; empty once it was heard.
    LinkState state = LinkState::kNone;
    bool elsewhere = false;                     ///< Up over a path that is outside of Settings::service.
    std::size_t paths = 0;                      ///< Paths that are up.
    std::optional<boost::json::object> status;  ///< What it told last.
    loop::TimePoint heard{};                    ///< When any path heard anything of it.
  };

  /// Reads the keys (makes this node's own when there are none) and listens. Blocks for file accesses. Errors: the
  /// directory, a key or a certificate that cannot be used; the address in use; settings that are wrong.
  static base::Result<std::unique_ptr<PeerLink>> make(Settings settings);
  /// Says goodbye: the peers see kReset at once.
  ~PeerLink();
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  /// The state or status of a peer changed. Called from the loop, never from inside a call of this class.
  using Changed = std::function<void()>;
  /// Answers what a peer asks; an error is an object with "error".
  using Answer = std::function<loop::Task<boost::json::object>(boost::json::object request, const Peer& from)>;
  void start(Changed changed, Answer answer);

  /// Sends this to all peers at once, and to those that connect later.
  void tell(boost::json::object status);
  /// Errors: kNotFound for a name nobody has, kUnreachable without a path that is up, kTimeout at `deadline`, kReset
  /// when the connection ended before the answer.
  loop::Task<base::Result<boost::json::object>> ask(std::string peer_name, boost::json::object request,
                                                    loop::TimePoint deadline);
  /// All nodes whose certificates are trusted.
  std::vector<Peer> peers() const;
  /// Sentences about what is wrong: another node with our keys, two nodes of one name. Empty when nothing is.
  std::vector<std::string> problems() const;
  /// Connections refused since the start: not TLS, unknown certificates, broken protocol.
  std::uint64_t refused() const;
  /// Where it listens.
  net::Address address() const;

 private:
  struct State;
  explicit PeerLink(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::peer
