#include <unistd.h>

#include <ctime>

#include "control/speaker/speaker_state.h"

namespace tandem::speaker {

void Speaker::State::feed(std::size_t router, const vrrp::Event& event) {
  SpeakingRouter& one = *plan->routers[router];
  plan->groups[one.group].group.handle(one.member, event, now, actions);
  carry_out(one.group);
}

void Speaker::State::feed_group(std::size_t group, const vrrp::Event& event) {
  plan->groups[group].group.handle_all(event, now, actions);
  carry_out(group);
}

void Speaker::State::feed_witness(std::size_t router) {
  vrrp::WitnessChanged event{.witness = plan->routers[router]->memory.witness};
  event.witness.gateway = gateway.state;
  feed(router, event);
}

void Speaker::State::set_fault(std::size_t router, std::uint8_t fault, bool present) {
  std::uint64_t& faults = plan->routers[router]->memory.faults;
  const std::uint64_t bit = std::uint64_t{1} << fault;
  if (((faults & bit) != 0) == present) return;
  faults ^= bit;
  feed(router, vrrp::FaultChanged{.fault = fault, .present = present});
}

/// The only place where weights of the health side and of interfaces come together.
void Speaker::State::feed_weight(std::size_t router) {
  const SpeakingRouter::Memory& memory = plan->routers[router]->memory;
  feed(router, vrrp::WeightChanged{.total = memory.weight + memory.link_weight});
}

/// What the interfaces of a router mean to it now.
void Speaker::State::judge_links(std::size_t router) {
  SpeakingRouter& one = *plan->routers[router];
  if (!one.settings().ignore_interface) set_fault(router, kInterfaceFault, !one.own_link().up());
  const hooks::WatchedLinks::Effect effect = one.tracked().effect();
  set_fault(router, kTrackedInterfaceFault, effect.fault);
  if (one.memory.link_weight != effect.weight) {
    one.memory.link_weight = effect.weight;
    feed_weight(router);
  }
  while (const auto change = one.tracked().next_change()) {
    Report out;
    out.kind = Report::Kind::kTrackedInterface;
    out.router = static_cast<int>(router);
    out.code = static_cast<int>(change->link);
    out.up = change->up;
    push(out);
  }
}

/// A command to one router: remembered for a reload, completed with what only this thread knows.
void Speaker::State::apply(std::size_t router, const vrrp::Event& event) {
  SpeakingRouter::Memory& memory = plan->routers[router]->memory;
  if (const auto* fault = std::get_if<vrrp::FaultChanged>(&event)) {
    if (fault->fault < kInterfaceFault) set_fault(router, fault->fault, fault->present);
    return;
  }
  if (const auto* changed = std::get_if<vrrp::WitnessChanged>(&event)) {
    const auto arp = memory.witness.arp;
    memory.witness = changed->witness;
    memory.witness.arp = arp;
    feed_witness(router);
    return;
  }
  if (const auto* weight = std::get_if<vrrp::WeightChanged>(&event)) {
    memory.weight = weight->total;
    feed_weight(router);
    return;
  }
  if (const auto* unwell = std::get_if<vrrp::UnwellChanged>(&event)) memory.unwell = unwell->unwell;
  if (const auto* ready = std::get_if<vrrp::ReadyChanged>(&event)) memory.ready = ready->ready;
  feed(router, event);
}

void Speaker::State::carry_out(std::size_t group) {
  for (const vrrp::Action& action : actions) carry_out(plan->groups[group].routers[action.member], action);
  actions.clear();
}

void Speaker::State::carry_out(std::size_t router, const vrrp::Action& action) {
  using Kind = vrrp::Action::Kind;
  SpeakingRouter& one = *plan->routers[router];
  switch (action.kind) {
    case Kind::kSendAdvert: {
      const int code = one.send_advert(action.priority);
      if (code != 0 && !one.memory.send_failing) report(Report::Kind::kSendFailed, router, action, code);
      one.memory.send_failing = code != 0;
      break;
    }
    case Kind::kAddAddresses:
      note_error(router, one.hold(kernel, now));
      break;
    case Kind::kShelveAddresses:
      note_error(router, one.shelve(kernel));
      break;
    case Kind::kRemoveAddresses:
      note_error(router, one.release(kernel, action.drain && plan->settings.forward_connections, now));
      break;
    case Kind::kAnnounce:
      one.announce(kernel, action.count, now);
      break;
    case Kind::kAnnounceSource:
      one.announce_source(kernel);
      break;
    case Kind::kProbeAddresses:
      one.probe(kernel, now);
      if (one.has_gateway()) one.ask_gateway(kernel);
      break;
    case Kind::kAskForTakeover:
      report(Report::Kind::kAskForTakeover, router, action);
      break;
    case Kind::kTransition:
      report(Report::Kind::kTransition, router, action);
      break;
    case Kind::kReport:
      report(Report::Kind::kProblem, router, action);
      break;
  }
}

void Speaker::State::note_error(std::size_t router, int code) {
  SpeakingRouter::Memory& memory = plan->routers[router]->memory;
  if (code != 0 && memory.last_error != code) report(Report::Kind::kAddressesFailed, router, {}, code);
  memory.last_error = code;
}

void Speaker::State::report(Report::Kind kind, std::size_t router, const vrrp::Action& action, int code) {
  Report out;
  out.kind = kind;
  out.router = static_cast<int>(router);
  out.action = action;
  out.code = code;
  push(out);
}

void Speaker::State::push(const Report& report) {
  Report out = report;
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  out.at = now;
  out.wall_time = wall.tv_sec * 1'000'000'000LL + wall.tv_nsec;
  if (out.kind == Report::Kind::kTransition) {
    snapshot.routers[static_cast<std::size_t>(out.router)].last_transition_wall = out.wall_time;
  }
  if (!reports.push(out)) {
    ++reports_lost;
    return;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(report_ready.get(), &one, sizeof one);
}

bool Speaker::State::lease_fresh() const { return now.count() <= alive_until.load(std::memory_order_relaxed); }

}  // namespace tandem::speaker
