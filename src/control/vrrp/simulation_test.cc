#include "control/vrrp/simulation_test.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace tandem::vrrp {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Action::Kind;

constexpr Duration kInterval = milliseconds(100);
constexpr Duration kLease = seconds(2);
constexpr Duration kTick = milliseconds(20);
/// A peer link that is silent for so long is down.
constexpr Duration kLinkTimeout = milliseconds(150);
/// After the last trouble everybody must have found its role: the weakest backup's patience, the link's, one listening.
constexpr Duration kSettle = milliseconds(1500);
/// Two masters may overlap for as long as an advert travels.
constexpr Duration kOverlap = milliseconds(10);

}  // namespace

Simulation::Simulation(std::uint64_t seed) : dice_(seed), now_(seconds(100)) {
  const int count = dice_.chance(60) ? 2 : 3 + dice_.below(3);
  linked_ = dice_.chance(60);
  has_gateway_ = dice_.chance(40);
  const bool preempt = dice_.chance(50);
  doubled_since_.fill(kNever);
  deserted_since_.fill(kNever);
  for (int n = 0; n < count; ++n) {
    Node node;
    node.options.priority = static_cast<std::uint8_t>(1 + dice_.below(254));
    if (dice_.chance(20)) node.options.priority = 100;
    if (n == 0 && dice_.chance(10)) node.options.priority = kOwnerPriority;
    node.options.source = Ip::v4(10, 0, 0, static_cast<std::uint8_t>(1 + n));
    node.options.addresses = {Ip::v4(10, 0, 0, 100)};
    node.options.interval = kInterval;
    node.options.preempt = preempt;
    if (preempt && dice_.chance(20)) node.options.preempt_delay = milliseconds(500);
    node.clock_offset = dice_.between(seconds(0), seconds(100000));
    node.unheard_since.fill(kNever);
    nodes_.push_back(std::move(node));
  }
  schedule({.at = now_ + kTick, .kind = Happening::Kind::kTick});
}

std::string Simulation::run() {
  for (std::size_t index = 0; index < nodes_.size(); ++index) start(index);
  for (int round = 0; round < 6 && broken_.empty(); ++round) {
    const bool noisy = dice_.chance(60);
    loss_percent_ = noisy ? dice_.below(40) : 0;
    double_percent_ = noisy ? dice_.below(20) : 0;
    longest_delay_ = noisy ? dice_.between(milliseconds(1), milliseconds(150)) : milliseconds(1);
    for (int troubles = 1 + dice_.below(4); troubles > 0 && broken_.empty(); --troubles) {
      trouble();
      advance(now_ + dice_.between(milliseconds(1), milliseconds(900)));
    }
    calm_down();
    advance(now_ + kSettle);
    settled_since_ = now_;
    advance(now_ + seconds(1));
    settled_since_ = kNever;
    doubled_since_.fill(kNever);
    deserted_since_.fill(kNever);
  }
  return broken_;
}

bool Simulation::joined(std::size_t one, std::size_t other) const { return nodes_[one].place == nodes_[other].place; }

bool Simulation::advert_passes(std::size_t from, std::size_t to) const {
  return joined(from, to) && nodes_[from].vrrp_place == nodes_[to].vrrp_place;
}

void Simulation::schedule(Happening happening) {
  happening.order = ++order_;
  queue_.push(happening);
}

void Simulation::start(std::size_t index, bool resume) {
  Node& node = nodes_[index];
  node.instance = std::make_unique<Instance>(node.options);
  node.paused = false;
  node.powered = true;
  node.socket.clear();
  node.wake_at = kNever;
  node.told = {};
  node.beat = kNever;
  if (!resume) node.last_advert = kNever;
  for (std::uint8_t fault = 0; fault < 4; ++fault) {
    if ((node.faults >> fault & 1U) != 0) hand_over(index, FaultChanged{.fault = fault, .present = true});
  }
  hand_over(index, UnwellChanged{node.unwell});
  hand_over(index, WeightChanged{node.weight});
  if (resume)
    hand_over(index, Resume{.last_advert = node.last_advert + node.clock_offset});
  else
    hand_over(index, Start{});
}

void Simulation::hand_over(std::size_t index, const Event& event) {
  actions_.clear();
  nodes_[index].instance->handle(event, now_ + nodes_[index].clock_offset, actions_);
  if (actions_.overflown()) fail("too many actions");
  carry_out(index);
  arrange_wake(index);
}

void Simulation::carry_out(std::size_t index) {
  Node& node = nodes_[index];
  for (const Action& action : actions_) {
    switch (action.kind) {
      case Kind::kSendAdvert:
        send(index, action.priority);
        break;
      case Kind::kAddAddresses:
        node.lease_until = now_ + kLease;
        break;
      case Kind::kRemoveAddresses:
        node.lease_until = Instant::min();
        break;
      case Kind::kProbeAddresses:
        node.arp = Witness::Arp::kUnknown;
        schedule({.at = now_ + milliseconds(10), .kind = Happening::Kind::kProbed, .node = index});
        break;
      case Kind::kTransition:
        if (!is_master(node)) node.last_advert = node.beat = kNever;
        tell(index, fmt::format("{}>{} ({})", name_of(action.from), name_of(action.to), text_of(action.reason)));
        break;
      default:
        break;
    }
  }
}

void Simulation::send(std::size_t from, std::uint8_t priority) {
  Node& sender = nodes_[from];
  // Whatever others send, a master's adverts come in time.
  if (priority != 0 && sender.instance->state() == State::kMaster && sender.beat != kNever &&
      now_ - sender.beat > kInterval) {
    fail(fmt::format("node {}: no advert for {} us", from, (now_ - sender.beat).count() / 1000));
  }
  sender.last_advert = sender.beat = now_;
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == from || !advert_passes(from, to)) continue;
    const int copies = dice_.chance(loss_percent_) ? 0 : 1 + (dice_.chance(double_percent_) ? 1 : 0);
    for (int copy = 0; copy < copies; ++copy) {
      schedule({.at = now_ + dice_.between(Duration(20000), longest_delay_),
                .kind = Happening::Kind::kAdvert,
                .node = to,
                .from = from,
                .advert = {.source = sender.options.source, .priority = priority, .interval = kInterval}});
    }
  }
}

void Simulation::arrange_wake(std::size_t index) {
  Node& node = nodes_[index];
  if (!node.instance) return;
  const Instant local = node.instance->next_deadline();
  const Instant due = local == kNever ? kNever : std::max(now_, local - node.clock_offset);
  if (due == node.wake_at) return;
  node.wake_at = due;
  if (due != kNever) schedule({.at = due, .kind = Happening::Kind::kWake, .node = index});
}

void Simulation::advance(Instant until) {
  while (broken_.empty() && !queue_.empty() && queue_.top().at <= until) {
    const Happening happening = queue_.top();
    queue_.pop();
    now_ = happening.at;
    happen(happening);
    check(settled_since_ != kNever);
  }
  now_ = until;
}

void Simulation::happen(const Happening& happening) {
  Node& node = nodes_[happening.node];
  switch (happening.kind) {
    case Happening::Kind::kAdvert:
      // A partition that came meanwhile stops it.
      if (!node.instance || !advert_passes(happening.from, happening.node)) return;
      if (node.paused)
        node.socket.push_back(happening.advert);
      else
        hand_over(happening.node, happening.advert);
      return;
    case Happening::Kind::kWake:
      if (node.wake_at != happening.at) return;
      node.wake_at = kNever;
      if (runs(node)) hand_over(happening.node, TimeReached{});
      return;
    case Happening::Kind::kTick:
      tick();
      return;
    case Happening::Kind::kProbed: {
      bool answered = false;
      for (std::size_t other = 0; other < nodes_.size(); ++other) {
        answered |= other != happening.node && joined(other, happening.node) && nodes_[other].powered &&
                    nodes_[other].lease_until > now_;
      }
      node.arp = answered ? Witness::Arp::kAnswered : Witness::Arp::kSilent;
      return;
    }
    case Happening::Kind::kTake:
      if (runs(node)) hand_over(happening.node, Take{.predecessor = nodes_[happening.from].options.source});
      return;
    case Happening::Kind::kResume:
      if (node.instance && node.paused) resume(happening.node);
      return;
  }
}

void Simulation::resume(std::size_t index) {
  Node& node = nodes_[index];
  tell(index, "runs again");
  node.paused = false;
  node.beat = kNever;
  const bool was_away = is_master(node) && node.last_advert != kNever &&
                        now_ - node.last_advert > master_down(Version::kV3, 254, kInterval);
  const std::uint64_t sent = node.instance->statistics().advert_sent;
  const std::vector<AdvertReceived> waiting = std::exchange(node.socket, {});
  for (const AdvertReceived& advert : waiting) hand_over(index, advert);
  hand_over(index, TimeReached{});
  if (was_away && (is_master(node) || node.instance->statistics().advert_sent != sent)) {
    fail(fmt::format("node {}: spoke after a pause before it listened", index));
  }
}

/// What goes on beside: leases, peer links, somebody's garbage.
void Simulation::tick() {
  schedule({.at = now_ + kTick, .kind = Happening::Kind::kTick});
  update_links();
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    Node& node = nodes_[index];
    if (!runs(node)) continue;
    if (is_master(node) && node.lease_until > now_) node.lease_until = now_ + kLease;
    if (dice_.chance(5)) hand_over(index, AdvertRefused{Refusal::kAuthFailure});
    if (is_master(node) && dice_.chance(1)) {
      node.lease_until = Instant::min();
      hand_over(index, AddressRemoved{});
    }
    const Witness witness = witness_of(index);
    const Witness& told = node.told;
    if (witness.link == told.link && witness.peer == told.peer && witness.arp == told.arp &&
        witness.gateway == told.gateway && witness.peer_priority == told.peer_priority) {
      continue;
    }
    node.told = witness;
    hand_over(index, WitnessChanged{witness});
  }
}

void Simulation::update_links() {
  for (Node& node : nodes_) {
    if (!runs(node)) continue;
    const bool cannot = node.instance->state() == State::kFault;
    node.said = is_master(node) ? Witness::Peer::kMaster : cannot ? Witness::Peer::kUnfit : Witness::Peer::kNotMaster;
    node.said_priority = node.instance->effective_priority();
  }
  for (std::size_t one = 0; one < nodes_.size(); ++one) {
    for (std::size_t other = 0; other < nodes_.size(); ++other) {
      Node& listener = nodes_[one];
      const bool heard = joined(one, other) && runs(nodes_[other]);
      if (heard)
        listener.unheard_since[other] = kNever;
      else if (listener.unheard_since[other] == kNever)
        listener.unheard_since[other] = now_;
      // A dead process's kernel resets its connections, one without power does not.
      listener.reset[other] = joined(one, other) && !nodes_[other].instance && nodes_[other].powered;
    }
  }
}

Witness Simulation::witness_of(std::size_t index) const {
  const Node& node = nodes_[index];
  Witness witness{.arp = node.arp, .sole_peer = nodes_.size() == 2};
  if (has_gateway_) {
    witness.gateway = gateway_in(node.place) ? Witness::Gateway::kReachable : Witness::Gateway::kUnreachable;
  }
  if (!linked_) return witness;
  bool up = false;
  bool reset = false;
  const Node* strongest = nullptr;
  bool unfit = true;
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    if (other == index) continue;
    reset |= node.reset[other];
    if (node.reset[other]) continue;
    if (node.unheard_since[other] != kNever && now_ - node.unheard_since[other] > kLinkTimeout) continue;
    up = true;
    const Node& peer = nodes_[other];
    unfit &= peer.said == Witness::Peer::kUnfit;
    if (peer.said != Witness::Peer::kMaster) continue;
    const bool stronger =
        strongest == nullptr || peer.said_priority > strongest->said_priority ||
        (peer.said_priority == strongest->said_priority && peer.options.source > strongest->options.source);
    if (stronger) strongest = &peer;
  }
  witness.link = up ? Witness::Link::kUpOnService : reset ? Witness::Link::kReset : Witness::Link::kDown;
  if (!up) return witness;
  witness.peer = strongest != nullptr ? Witness::Peer::kMaster
                 : unfit              ? Witness::Peer::kUnfit
                                      : Witness::Peer::kNotMaster;
  if (strongest != nullptr) {
    witness.peer_priority = strongest->said_priority;
    witness.peer_source = strongest->options.source;
  }
  return witness;
}

void Simulation::trouble() {
  const auto index = static_cast<std::size_t>(dice_.below(static_cast<int>(nodes_.size())));
  switch (dice_.below(6)) {
    case 0:
    case 1:
      trouble_process(index);
      return;
    case 2:
      trouble_health(index);
      return;
    case 3:
    case 4:
      part();
      return;
    default:
      switch_over();
  }
}

void Simulation::trouble_process(std::size_t index) {
  Node& node = nodes_[index];
  if (!node.instance) {
    tell(index, "starts");
    start(index);
    return;
  }
  switch (dice_.below(6)) {
    case 0:
      tell(index, "dies");
      node.instance.reset();
      return;
    case 1:
      tell(index, "loses power");
      node.instance.reset();
      node.powered = false;
      node.lease_until = Instant::min();
      return;
    case 2:
    case 3: {
      const Duration length = dice_.between(milliseconds(10), seconds(3));
      tell(index, fmt::format("pauses for {} ms", length.count() / 1000000));
      node.paused = true;
      schedule({.at = now_ + length, .kind = Happening::Kind::kResume, .node = index});
      return;
    }
    case 4:
      if (node.paused) return;
      tell(index, "is replaced by a new process");
      start(index, is_master(node) && node.last_advert != kNever);
      return;
    default:
      // The machine slept: its clock went on, its timers did not.
      if (node.paused) return;
      tell(index, "its clock steps");
      node.clock_offset += dice_.between(milliseconds(1), seconds(3));
      node.last_advert = node.beat = kNever;
      arrange_wake(index);
  }
}

void Simulation::trouble_health(std::size_t index) {
  Node& node = nodes_[index];
  const bool tell_it = runs(node);
  switch (dice_.below(3)) {
    case 0: {
      const auto fault = static_cast<std::uint8_t>(dice_.below(2));
      node.faults ^= 1U << fault;
      if (tell_it) hand_over(index, FaultChanged{.fault = fault, .present = (node.faults >> fault & 1U) != 0});
      return;
    }
    case 1:
      node.unwell = !node.unwell;
      if (tell_it) hand_over(index, UnwellChanged{node.unwell});
      return;
    default:
      node.weight = dice_.below(100) - 50;
      if (tell_it) hand_over(index, WeightChanged{node.weight});
  }
}

/// Two halves, or only for adverts, or whole again.
void Simulation::part() {
  const int how = dice_.below(3);
  tell(0, how == 0 ? "the network is whole" : how == 1 ? "the network parts" : "adverts are blocked");
  for (Node& node : nodes_) {
    node.place = how == 1 ? dice_.below(2) : 0;
    node.vrrp_place = how == 2 ? dice_.below(2) : 0;
  }
  gateway_place_ = how == 1 ? dice_.below(2) : 0;
}

void Simulation::switch_over() {
  for (std::size_t old = 0; old < nodes_.size(); ++old) {
    if (!runs(nodes_[old]) || nodes_[old].instance->state() != State::kMaster) continue;
    const std::size_t successor =
        (old + 1 + static_cast<std::size_t>(dice_.below(static_cast<int>(nodes_.size()) - 1))) % nodes_.size();
    if (!runs(nodes_[successor]) || !advert_passes(old, successor)) continue;
    tell(old, fmt::format("hands over to {}", successor));
    hand_over(old, Yield{.successor = nodes_[successor].options.source});
    schedule({.at = now_ + milliseconds(1), .kind = Happening::Kind::kTake, .node = successor, .from = old});
    return;
  }
}

/// No new trouble; what is parted, dead or ill stays so. Pauses end.
void Simulation::calm_down() {
  tell(0, "calm");
  loss_percent_ = double_percent_ = 0;
  longest_delay_ = milliseconds(1);
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    Node& node = nodes_[index];
    if (node.instance && node.paused) happen({.at = now_, .kind = Happening::Kind::kResume, .node = index});
    // What changed while it could not be told.
    if (!node.instance) continue;
    for (std::uint8_t fault = 0; fault < 2; ++fault) {
      hand_over(index, FaultChanged{.fault = fault, .present = (node.faults >> fault & 1U) != 0});
    }
    hand_over(index, UnwellChanged{node.unwell});
    hand_over(index, WeightChanged{node.weight});
  }
}

void Simulation::check(bool settled) {
  for (std::size_t index = 0; index < nodes_.size() && broken_.empty(); ++index) {
    Node& node = nodes_[index];
    // No address without a role, longer than it takes to see that; a dead one's kernel ends it.
    const bool stray = node.powered && node.lease_until > now_ && !is_master(node);
    if (!stray)
      node.stray_since = kNever;
    else if (node.stray_since == kNever)
      node.stray_since = now_;
    const Duration allowed = node.instance ? milliseconds(100) : kLease + milliseconds(100);
    if (stray && now_ - node.stray_since > allowed) fail(fmt::format("node {}: an address without a master", index));
    check_component(index, settled);
  }
}

/// In calm: at most one master, and one where anybody can serve.
void Simulation::check_component(std::size_t index, bool settled) {
  if (!settled) return;
  // Each component is looked at by its first node. Without a link only adverts say who belongs together.
  const auto together = [&](std::size_t other) { return linked_ ? joined(index, other) : advert_passes(index, other); };
  for (std::size_t before = 0; before < index; ++before) {
    if (together(before)) return;
  }
  int masters = 0;
  bool able = false;
  for (std::size_t other = index; other < nodes_.size(); ++other) {
    const Node& node = nodes_[other];
    if (!together(other) || !node.instance) continue;
    masters += is_master(node) ? 1 : 0;
    able |= node.faults == 0;
  }
  const bool isolated = has_gateway_ && !gateway_in(nodes_[index].place);
  if (masters < 2)
    doubled_since_[index] = kNever;
  else if (doubled_since_[index] == kNever)
    doubled_since_[index] = now_;
  if (masters > 0 || !able || isolated)
    deserted_since_[index] = kNever;
  else if (deserted_since_[index] == kNever)
    deserted_since_[index] = now_;
  if (doubled_since_[index] != kNever && now_ - doubled_since_[index] > kOverlap) {
    fail(fmt::format("{} masters beside node {}", masters, index));
  }
  if (deserted_since_[index] != kNever && now_ - deserted_since_[index] > kOverlap) {
    fail(fmt::format("nobody is master beside node {}", index));
  }
}

void Simulation::fail(const std::string& what) {
  if (broken_.empty()) broken_ = fmt::format("at {} us: {}", now_.count() / 1000, what);
}

void Simulation::tell(std::size_t index, const std::string& what) {
  if (telling_) story_ += fmt::format("{:>10} us  node {}: {}\n", now_.count() / 1000, index, what);
}

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string story_of(std::uint64_t seed) {
  Simulation again(seed);
  again.tell_story();
  const std::string broken = again.run();
  return again.story() + broken;
}

TEST(VrrpSimulation, KeepsItsPromisesWhateverHappens) {
  constexpr std::uint64_t kSeeds = 10000;
  const std::uint64_t first = number_from("TANDEM_SIMULATION_FIRST", 1);
  const std::uint64_t count = number_from("TANDEM_SIMULATION_SEEDS", kSeeds);
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + count && failed < 3; ++seed) {
    const std::string broken = Simulation(seed).run();
    if (broken.empty()) continue;
    ++failed;
    ADD_FAILURE() << "seed " << seed << ": " << broken << "\nrepeat: TANDEM_SIMULATION_FIRST=" << seed
                  << " TANDEM_SIMULATION_SEEDS=1 control_vrrp_test --gtest_filter=VrrpSimulation.*\n"
                  << story_of(seed);
  }
}

TEST(VrrpSimulation, IsTheSameForTheSameSeed) { EXPECT_EQ(story_of(7), story_of(7)); }

}  // namespace

}  // namespace tandem::vrrp
