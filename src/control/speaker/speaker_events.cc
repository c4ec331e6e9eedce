#include <net/if.h>
#include <unistd.h>

#include <algorithm>

#include "control/speaker/ip_forms.h"
#include "control/speaker/speaker_state.h"

namespace tandem::speaker {

void Speaker::State::read_links() {
  address::LinkEvent event;
  while (monitor.next(event)) take_link_event(event);
}

void Speaker::State::take_link_event(const address::LinkEvent& event) {
  using Kind = address::LinkEvent::Kind;
  if (event.kind == Kind::kAddressRemoved) take_removed_address(event);
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    if (event.kind == Kind::kLost) {
      // Nobody knows what was missed; our addresses at least are put back.
      router.memory.own_removals = 0;
      if (router.memory.holding && lease_fresh()) note_error(i, router.renew(kernel));
      continue;
    }
    if (event.kind == Kind::kAddressAdded || event.kind == Kind::kAddressRemoved) {
      const bool source = event.index == router.link() && vrrp_ip(event.address) == router.settings().options.source;
      if (source) set_fault(i, kSourceFault, event.kind == Kind::kAddressRemoved);
      continue;
    }
    const bool there = event.kind == Kind::kLink;
    if (event.index == router.link()) {
      if (there) router.set_mac(event.index, event.mac);
      router.own_link().note(there && event.running, now);
    }
    if (there)
      router.tracked().note(event.index, event.name.data(), event.running, now);
    else
      router.tracked().note_gone(event.index, now);
    judge_links(i);
  }
}

/// Somebody took an address of ours: unless that was ourselves, it is put back at once.
void Speaker::State::take_removed_address(const address::LinkEvent& event) {
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    if (!router.addresses().contains(event.index, event.address)) continue;
    SpeakingRouter::Memory& memory = router.memory;
    if (memory.own_removals > 0) {
      --memory.own_removals;
      continue;
    }
    // Without a living data plane the kernel is meant to let go of it.
    if (!memory.holding || memory.lapsed || !lease_fresh()) continue;
    Report out;
    out.kind = Report::Kind::kAddressesRemoved;
    out.router = static_cast<int>(i);
    out.address = event.address;
    // The end of its lease is nobody's will: then it is put back like the others.
    out.let_go = !router.lease_ran_out(now) && router.addresses().let_go_untracked(event.index, event.address);
    push(out);
    if (out.let_go) continue;
    note_error(i, router.renew(kernel));
    router.announce(kernel, 1, now);
    feed(i, vrrp::AddressRemoved{});
  }
}

void Speaker::State::read_commands() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake.get(), &count, sizeof count);
  Command command;
  while (mailbox.pop(command)) take_command(command);
}

void Speaker::State::take_command(const Command& command) {
  const vrrp::Event& event = command.event;
  const bool whole_group = std::holds_alternative<vrrp::Yield>(event) || std::holds_alternative<vrrp::Take>(event) ||
                           std::holds_alternative<vrrp::MaintenanceChanged>(event) ||
                           std::holds_alternative<vrrp::Stop>(event);
  if (std::holds_alternative<vrrp::Stop>(event)) stopping = true;
  const bool all = command.router == Command::kAll || stopping;
  if (!all && static_cast<std::size_t>(command.router) >= plan->routers.size()) return;
  const auto* take = std::get_if<vrrp::Take>(&event);
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    const bool meant = all || i == static_cast<std::size_t>(command.router);
    SpeakingRouter& router = *plan->routers[i];
    const bool sibling = !all && router.group == plan->routers[static_cast<std::size_t>(command.router)]->group;
    if (whole_group && (meant || sibling)) {
      if (const auto* maintenance = std::get_if<vrrp::MaintenanceChanged>(&event)) {
        router.memory.maintenance = maintenance->on;
      }
      // Before the address comes: its first segment may belong to a connection of the previous owner.
      const bool forward = take != nullptr && take->forward && plan->settings.forward_connections;
      if (forward && take->predecessor.family == router.settings().options.family) {
        const int code = router.begin_passing_on(kernel, take->predecessor, now);
        if (code != 0) report(Report::Kind::kAddressesFailed, i, {}, code);
      }
    }
    if (!whole_group && meant) apply(i, event);
  }
  if (!whole_group) return;
  for (std::size_t i = 0; i < plan->groups.size(); ++i) {
    if (all || plan->routers[static_cast<std::size_t>(command.router)]->group == i) feed_group(i, event);
  }
  if (take == nullptr) return;
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    if (router.memory.passing_on && !router.memory.holding) router.end_passing_on(kernel);
  }
}

void Speaker::State::swap_plan(Plan* next) {
  forget_plan();
  std::unique_ptr<Plan> old(next);
  for (std::size_t i = 0; i < plan->routers.size(); ++i) let_go_unless_in(*old, i);
  std::swap(plan, old);
  const Snapshot seen = snapshot;
  snapshot = Snapshot{};
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    const SpeakingRouter* before = old->by_name(router.settings().name);
    if (before == nullptr) continue;
    router.memory = before->memory;
    router.memory.faults = 0;
    router.continue_links(*before, now);
    for (std::size_t j = 0; j < old->routers.size(); ++j) {
      if (old->routers[j].get() == before) snapshot.routers[i] = seen.routers[j];
    }
    if (router.memory.holding) plan->given_up[i]->release(kernel.routes);
  }
  register_plan();
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    continue_from(i, *old);
    report(Report::Kind::kReloaded, i);
  }
  retired_plan.store(old.release());
}

void Speaker::State::let_go_unless_in(Plan& next, std::size_t router) {
  if (next.by_name(plan->routers[router]->settings().name) != nullptr) return;
  feed(router, vrrp::Stop{});
  plan->routers[router]->release(kernel, false, now);
}

/// The router of the same name in `old` was what it was; this one is told the same.
void Speaker::State::continue_from(std::size_t router, Plan& old) {
  const SpeakingRouter* before = old.by_name(plan->routers[router]->settings().name);
  if (before == nullptr) {
    feed(router, vrrp::Start{});
    return;
  }
  const SpeakingRouter::Memory& memory = before->memory;
  feed_weight(router);
  feed(router, vrrp::UnwellChanged{.unwell = memory.unwell});
  if (memory.ready) feed(router, vrrp::ReadyChanged{.ready = *memory.ready});
  if (memory.maintenance) feed(router, vrrp::MaintenanceChanged{.on = true});
  for (std::uint8_t fault = 0; fault < kInterfaceFault; ++fault) {
    if ((memory.faults >> fault & 1U) != 0) set_fault(router, fault, true);
  }
  feed_witness(router);
  const vrrp::Instance& instance = old.groups[before->group].group.member(before->member);
  if (instance.holds_addresses())
    feed(router, vrrp::Resume{.last_advert = instance.last_advert()});
  else
    feed(router, vrrp::Start{});
}

void Speaker::State::publish() {
  snapshot.router_count = static_cast<std::uint8_t>(plan->routers.size());
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    const vrrp::Instance& instance = plan->instance(i);
    const SpeakingRouter::Memory& memory = plan->routers[i]->memory;
    RouterSnapshot& out = snapshot.routers[i];
    out.status = instance.status();
    out.statistics = instance.statistics();
    out.holding = memory.holding && !memory.lapsed;
    out.shelved = memory.shelved;
    out.passing_on = memory.passing_on;
    out.conflict = memory.conflict;
    out.last_error = memory.last_error;
    out.switch_over_error = memory.switch_over_error;
    out.last_advert = instance.last_advert();
  }
  snapshot.lateness = lateness;
  snapshot.gateway = gateway.state;
  snapshot.realtime = realtime;
  snapshot.memory_locked = memory_locked;
  snapshot.lease_fresh = lease_fresh();
  snapshot.reports_lost = reports_lost;
  snapshot.at = now;
  published.write(snapshot);
}

}  // namespace tandem::speaker
