#pragma once

// Several nodes of one virtual router in virtual time, with a network that loses, doubles, delays and parts, processes
// that stop and die, and a kernel whose leases end. One seed decides everything. One object a run; used by one test.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "control/vrrp/instance.h"

namespace tandem::vrrp {

/// SplitMix64: the same numbers everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// 0 to below `end`.
  int below(int end) { return static_cast<int>(next() % static_cast<std::uint64_t>(end)); }
  bool chance(int percent) { return below(100) < percent; }
  Duration between(Duration low, Duration high) {
    return low + Duration(static_cast<std::int64_t>(next() % static_cast<std::uint64_t>((high - low).count() + 1)));
  }

 private:
  std::uint64_t state_;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);

  /// Rounds of trouble, each followed by calm in which the promises must hold. Empty, or what was broken.
  std::string run();
  /// What happened, for the seed that failed.
  const std::string& story() const { return story_; }
  void tell_story() { telling_ = true; }

 private:
  static constexpr std::size_t kMost = 5;

  struct Node {
    Options options;
    std::unique_ptr<Instance> instance;  // none: the process is dead
    bool paused = false;
    bool powered = true;
    std::vector<AdvertReceived> socket;  // what came while it was paused
    Duration clock_offset{};
    Instant lease_until = Instant::min();
    Instant stray_since = kNever;  // holds the address though it is no master
    Instant last_advert = kNever;
    Instant beat = kNever;  // the last advert since which it ran without a stop
    Instant wake_at = kNever;
    int place = 0;       // nodes with the same number reach each other
    int vrrp_place = 0;  // … with adverts too
    Witness told;
    Witness::Arp arp = Witness::Arp::kUnknown;
    std::uint64_t faults = 0;
    bool unwell = false;
    int weight = 0;
    std::array<Instant, kMost> unheard_since{};  // the link to each other node; kNever: up
    std::array<bool, kMost> reset{};
    Witness::Peer said = Witness::Peer::kSilent;  // the last word to the others
    std::uint8_t said_priority = 0;
  };

  struct Happening {
    enum class Kind : std::uint8_t { kAdvert, kWake, kTick, kProbed, kTake, kResume };
    Instant at{};
    std::uint64_t order = 0;
    Kind kind{};
    std::size_t node = 0;
    std::size_t from = 0;
    AdvertReceived advert;
    friend bool operator>(const Happening& one, const Happening& other) {
      return one.at != other.at ? one.at > other.at : one.order > other.order;
    }
  };

  bool runs(const Node& node) const { return node.instance && !node.paused; }
  bool is_master(const Node& node) const { return node.instance && node.instance->holds_addresses(); }
  bool joined(std::size_t one, std::size_t other) const;
  bool advert_passes(std::size_t from, std::size_t to) const;

  void schedule(Happening happening);
  void start(std::size_t index, bool resume = false);
  void hand_over(std::size_t index, const Event& event);
  void carry_out(std::size_t index);
  void send(std::size_t from, std::uint8_t priority);
  void arrange_wake(std::size_t index);
  void advance(Instant until);
  void happen(const Happening& happening);
  void resume(std::size_t index);
  void tick();
  void update_links();
  Witness witness_of(std::size_t index) const;
  bool gateway_in(int place) const { return gateway_place_ == place; }

  void trouble();
  void trouble_process(std::size_t index);
  void trouble_health(std::size_t index);
  void part();
  void switch_over();
  void calm_down();
  void check(bool settled);
  void check_component(std::size_t index, bool settled);
  void fail(const std::string& what);
  void tell(std::size_t index, const std::string& what);

  Dice dice_;
  std::vector<Node> nodes_;
  std::priority_queue<Happening, std::vector<Happening>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
  Instant now_{};
  Instant settled_since_ = kNever;
  std::array<Instant, kMost> doubled_since_{};
  std::array<Instant, kMost> deserted_since_{};
  Actions actions_;
  bool linked_ = false;
  bool has_gateway_ = false;
  int gateway_place_ = 0;
  int loss_percent_ = 0;
  int double_percent_ = 0;
  Duration longest_delay_ = std::chrono::milliseconds(1);
  bool telling_ = false;
  std::string story_;
  std::string broken_;
};

}  // namespace tandem::vrrp
