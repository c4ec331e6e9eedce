#pragma once

// What a PeerLink is made of: the nodes it trusts, the paths to them (one for each connection), and the targets it
// dials. Belongs to the supervisor's loop; owned by the PeerLink.
//
// A path is up while either its TCP connection or its UDP heartbeat is heard. Its connection may end before it: a
// heartbeat that is authentic proves that the other process lives, whatever happened to the connection.

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "control/peer/peer_frames.h"
#include "control/peer/peer_heartbeat.h"
#include "control/peer/peer_keys.h"
#include "control/peer/peer_link.h"
#include "engine/loop/scope.h"
#include "engine/tls/secure_stream.h"

namespace tandem::peer {

/// One connection, from its beginning until nothing of it is needed any more.
struct PeerPath {
  std::unique_ptr<tls::SecureStream> stream;
  net::Address local;
  net::Address remote;
  bool dialled = false;
  std::size_t target = 0;  // index of what was dialled
  loop::TimePoint greeting_ends;

  // Known after the greeting.
  std::string fingerprint;
  std::string instance;    // random name of the other process
  std::uint16_t port = 0;  // where the other node listens
  HeartbeatKeys keys;

  bool established = false;  // the other node is trusted and has greeted
  bool connected = true;     // the connection carries messages
  bool up = false;
  bool leaving = false;        // we said goodbye
  bool farewell = false;       // the other side did
  bool over = false;           // the next tick removes it
  loop::TimePoint heard{};     // anything
  loop::TimePoint read{};      // by TCP
  loop::TimePoint left{};      // when we said goodbye
  std::uint64_t sent = 0;      // number of the last heartbeat
  std::uint64_t received = 0;  // the highest number heard
  int answering = 0;           // questions of theirs

  PeerFrameReader frames{kLongestGreeting};
  std::string outgoing;
  bool sending = false;
  bool status_due = false;
  loop::Scope tasks;  // last: its tasks use the rest
};

/// A trusted node.
struct PeerNode {
  std::string name;
  std::string fingerprint;
  std::string address;   // of the path that was heard last
  std::string instance;  // random name of its process
  PeerLink::LinkState state = PeerLink::LinkState::kNone;
  std::optional<boost::json::object> status;
  std::uint64_t status_number = 0;
  loop::TimePoint heard{};
  loop::TimePoint reset{};  // when a connection was last ended by its kernel
  std::string rival;        // another process that claims to be it
  loop::TimePoint rival_since{};
};

/// An address that is dialled while no connection covers it.
struct PeerTarget {
  std::string host;
  std::uint16_t port = 0;
  std::vector<net::IpAddress> ips;  // of the last resolution
  bool busy = false;
  loop::TimePoint next_try{};
  loop::Nanoseconds backoff{0};
  std::string complaint;  // logged last
};

class PeerReply;
using PeerQuestions = std::map<std::uint64_t, PeerReply*>;

/// A question that waits for its answer; lives in the asking coroutine.
class PeerReply {
 public:
  PeerReply(PeerQuestions& questions, std::uint64_t id, const PeerPath* path);
  PeerReply(const PeerReply&) = delete;
  PeerReply& operator=(const PeerReply&) = delete;
  ~PeerReply();

  /// Suspends until settle() or `deadline`.
  struct [[nodiscard]] Wait {
    PeerReply& reply;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const { reply.waiter_ = handle; }
    void await_resume() const {}
  };
  Wait until(loop::TimePoint deadline);
  /// The waiter goes on in a turn of the loop's own.
  void settle(base::Result<boost::json::object> result);
  /// The questions it stands in are no more.
  void forget() { questions_ = nullptr; }
  const PeerPath* path() const { return path_; }
  base::Result<boost::json::object> take();

 private:
  static void fire(void* self);
  PeerQuestions* questions_;
  std::uint64_t id_;
  const PeerPath* path_;
  std::optional<base::Result<boost::json::object>> result_;
  std::coroutine_handle<> waiter_;
  loop::Timer timer_{&PeerReply::fire, this};
};

struct PeerLink::State {
  explicit State(Settings of) : settings(std::move(of)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  // Made once (peer_link.cc).
  base::Result<void> open();
  base::Result<void> add_targets();
  Peer view(const PeerNode& node) const;
  PeerNode* node_named(std::string_view name);
  void adopt_trust(std::map<std::string, TrustedPeer, std::less<>> trusted);
  void begin();

  // How paths begin (peer_link_paths.cc).
  loop::Task<void> accept();
  bool admits(const net::Address& from);
  loop::Task<void> dial(std::size_t index);
  loop::Task<void> serve(PeerPath& path);
  loop::Task<std::string> greet(PeerPath& path);
  loop::Task<bool> is_trusted(const std::string& fingerprint);
  loop::Task<std::string> receive_hello(PeerPath& path, boost::json::object& hello);
  std::string judge_hello(PeerPath& path, const boost::json::object& hello);
  std::string judge_instance(PeerPath& path, PeerNode& node);
  void establish(PeerPath& path);
  void drop_others(PeerPath& path);
  bool is_covered(std::size_t index) const;
  void dial_what_is_missing();
  void dial_failed(std::size_t index, const std::string& why);
  void refuse(const PeerPath& path, const std::string& why);
  loop::Task<std::string> enrol(PeerPath& path);

  // What goes over them (peer_link_talk.cc).
  void send(PeerPath& path, std::string_view bytes);
  loop::Task<void> flush(PeerPath& path);
  void send_status(PeerPath& path);
  loop::Task<void> listen(PeerPath& path);
  void handle(PeerPath& path, const boost::json::object& message);
  loop::Task<void> answer_question(PeerPath& path, std::uint64_t id, boost::json::object request);
  void connection_ended(PeerPath& path, bool by_the_other);
  void give_up(PeerPath& path, std::string_view why);

  // Life and death (peer_link_life.cc).
  void was_heard(PeerPath& path);
  void update(PeerNode& node);
  loop::Task<void> hear_heartbeats();
  bool read_heartbeats();
  void tick();
  void beat();
  void judge();
  void sweep();
  void arm_tick();
  void report(const std::string& key, std::string sentence);
  static void on_tick(void* self) { static_cast<State*>(self)->tick(); }
  static void on_changed(void* self);
  void note_change() { changed_timer.arm(loop::Loop::current().now()); }
  /// Silence after which a connection is given up and made anew.
  loop::Nanoseconds patience() const {
    return std::max<loop::Nanoseconds>(5 * settings.timeout, std::chrono::seconds(1));
  }

  Settings settings;
  PeerKeys keys;
  std::string instance;  // random name of this process
  net::Address here;     // where it listens
  tls::ServerContextPtr server_tls;
  tls::ClientContextPtr client_tls;
  base::Fd listener;
  std::unique_ptr<HeartbeatSocket> heartbeats;
  Changed changed;
  Answer answer;

  std::map<std::string, PeerNode, std::less<>> nodes;  // by fingerprint
  std::deque<PeerTarget> targets;
  PeerQuestions questions;
  std::uint64_t last_question = 0;
  std::string status;  // the frame
  std::uint64_t status_number = 0;

  struct Problem {
    std::string sentence;
    loop::TimePoint seen{};
  };
  std::map<std::string, Problem> wrong;  // by what is wrong
  std::uint64_t refused = 0;
  std::uint64_t refused_told = 0;     // of those, how many the log knows
  loop::TimePoint refused_told_at{};  // when
  loop::TimePoint second_began{};     // of the count of strangers
  int strangers = 0;                  // in this second
  loop::TimePoint trust_read_at{};    // from disk
  bool enrolling = false;             // one at a time
  loop::TimePoint next_beat{};
  loop::TimePoint tick_due{};

  loop::Timer tick_timer{&State::on_tick, this};
  loop::Timer changed_timer{&State::on_changed, this};
  std::list<std::unique_ptr<PeerPath>> paths;
  loop::Scope tasks;  // last: its tasks use the rest
};

}  // namespace tandem::peer
