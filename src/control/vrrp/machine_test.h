#pragma once

// For tests of the state machine: an instance with a clock of its own, whose actions are read as one line of text. Used
// by one test at a time.

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "control/vrrp/group.h"
#include "control/vrrp/instance.h"

namespace tandem::vrrp {

inline std::string text_of(const Action& action) {
  using Kind = Action::Kind;
  switch (action.kind) {
    case Kind::kSendAdvert:
      return fmt::format("advert {}", action.priority);
    case Kind::kAddAddresses:
      return "add";
    case Kind::kShelveAddresses:
      return "shelve";
    case Kind::kRemoveAddresses:
      return action.drain ? "remove and drain" : "remove";
    case Kind::kAnnounce:
      return fmt::format("announce {}", action.count);
    case Kind::kAnnounceSource:
      return "announce source";
    case Kind::kProbeAddresses:
      return "probe";
    case Kind::kAskForTakeover:
      return "ask";
    case Kind::kTransition:
      return fmt::format("{}>{} ({})", name_of(action.from), name_of(action.to), text_of(action.reason));
    case Kind::kReport:
      return fmt::format("{}{}", action.present ? "+" : "-", name_of(action.problem));
  }
  return {};
}

inline std::string text_of(const Actions& actions) {
  std::string text;
  for (const Action& action : actions) text += (text.empty() ? "" : ", ") + text_of(action);
  return text;
}

/// Three nodes of 10.0.0.0/24 are known to the tests: ourselves (.2), one with a lower and one with a higher address.
inline constexpr Ip kSelf = Ip::v4(10, 0, 0, 2);
inline constexpr Ip kLowerNode = Ip::v4(10, 0, 0, 1);
inline constexpr Ip kHigherNode = Ip::v4(10, 0, 0, 3);

inline Options test_options(std::uint8_t priority = 100) {
  Options options;
  options.priority = priority;
  options.source = kSelf;
  options.addresses = {Ip::v4(10, 0, 0, 100)};
  options.interval = std::chrono::milliseconds(100);
  options.preempt = true;
  return options;
}

class Machine {
 public:
  explicit Machine(Options options = test_options()) : instance_(std::move(options)) {}

  /// What the event causes, as text.
  std::string on(const Event& event) {
    Actions actions;
    instance_.handle(event, now_, actions);
    return text_of(actions);
  }
  std::string hear(int priority, Ip from = kHigherNode, Duration interval = std::chrono::milliseconds(100)) {
    return on(AdvertReceived{.source = from, .priority = static_cast<std::uint8_t>(priority), .interval = interval});
  }
  /// Lets time pass to the next deadline and says what it caused.
  std::string next() {
    now_ = instance_.next_deadline();
    return on(TimeReached{});
  }
  /// Until the deadline at which something happens that holds `word`, at most `limit` later.
  std::string until(std::string_view word, Duration limit = std::chrono::seconds(100)) {
    for (const Instant end = now_ + limit; instance_.next_deadline() <= end;) {
      if (std::string text = next(); text.contains(word)) return text;
    }
    return "nothing";
  }
  /// Carries out what falls due, then stands `by` later.
  void pass(Duration by) {
    const Instant end = now_ + by;
    while (instance_.next_deadline() <= end) next();
    now_ = end;
  }
  /// Nothing is carried out: the process did not run.
  void sleep(Duration by) { now_ += by; }

  void become_backup() { on(Start{}); }
  void become_master() {
    become_backup();
    until("MASTER");
  }
  Duration until_deadline() const { return instance_.next_deadline() - now_; }
  Instant now() const { return now_; }
  State state() const { return instance_.state(); }
  Instance& instance() { return instance_; }

 private:
  Instance instance_;
  Instant now_ = std::chrono::seconds(1000);
};

}  // namespace tandem::vrrp
