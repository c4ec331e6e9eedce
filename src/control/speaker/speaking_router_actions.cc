#include <algorithm>
#include <cerrno>

#include "control/speaker/ip_forms.h"
#include "control/speaker/speaking_router.h"

namespace tandem::speaker {

namespace {

// The kernel's lease on the loopback interface outlasts our own timer: it is there for the case that we are not.
constexpr std::chrono::seconds kShelfMargin{5};
// Answers on a local network come within this.
constexpr std::chrono::milliseconds kProbeLeast{5};
constexpr std::chrono::milliseconds kProbeMost{200};

}  // namespace

int SpeakingRouter::send_advert(std::uint8_t priority) {
  const vrrp::Options& options = settings_.options;
  const vrrp::Advert advert{.version = options.version,
                            .vrid = options.vrid,
                            .priority = priority,
                            .interval = options.interval,
                            .addresses = options.addresses,
                            .authentication = settings_.authentication,
                            .checksum = settings_.checksum};
  const bool v4 = options.family == vrrp::Family::kIpv4;
  const std::size_t header = v4 ? vrrp::kIpv4HeaderSize : 0;
  const std::uint16_t id = packet_id_.next();
  int first = 0;
  for (const net::IpAddress& to : destinations_) {
    const vrrp::Ip target = vrrp_ip(to);
    const std::size_t size = vrrp::encode(advert, options.source, target, std::span(packet_).subspan(header));
    if (size == 0) return EMSGSIZE;
    if (v4) {
      vrrp::encode_ipv4_header(
          {.source = options.source, .destination = target, .id = id, .ttl = socket_->settings().ttl}, size,
          std::span(packet_).first<vrrp::kIpv4HeaderSize>());
    }
    const int error = socket_->send(std::span(packet_).first(header + size), to);
    if (first == 0) first = error;
  }
  return first;
}

int SpeakingRouter::hold(Kernel& kernel, vrrp::Instant now) {
  // A master that puts an address back does not bring those back that it let go.
  const bool again = memory.holding && !memory.shelved;
  const int error = again ? addresses_->renew(kernel.routes) : addresses_->hold(kernel.routes);
  memory.holding = true;
  memory.lapsed = false;
  const address::Lease& lease = addresses_->lease();
  memory.renew_at = lease.valid.count() == 0 ? vrrp::kNever : now + lease.renew;
  // Back on their own interface: nobody needs the shelf.
  if (memory.shelved) unshelve(kernel);
  return error;
}

int SpeakingRouter::shelve(Kernel& kernel) {
  // First the silence: an address on the loopback interface is answered for on every interface. Without it there would
  // be two owners, which is worse than lost connections.
  if (const int error = quiet_->begin(kernel.netfilter); error != 0) return error;
  memory.shelved = true;
  memory.shelf_until = vrrp::kNever;
  return addresses_->shelve(kernel.routes, drain_ + kShelfMargin);
}

void SpeakingRouter::unshelve(Kernel& kernel) {
  addresses_->unshelve(kernel.routes);
  quiet_->end(kernel.netfilter);
  memory.shelved = false;
  memory.shelf_until = vrrp::kNever;
}

int SpeakingRouter::release(Kernel& kernel, bool drain, vrrp::Instant now) {
  announcer_->stop();
  if (memory.passing_on) end_passing_on(kernel);
  if (drain && memory.holding && !memory.shelved) shelve(kernel);
  int removed = 0;
  const int error = addresses_->release(kernel.routes, &removed);
  memory.own_removals += removed;
  memory.holding = false;
  memory.lapsed = false;
  memory.renew_at = vrrp::kNever;
  if (memory.shelved) {
    if (drain)
      memory.shelf_until = now + drain_;
    else
      unshelve(kernel);
  }
  return error;
}

void SpeakingRouter::announce(Kernel& kernel, unsigned rounds, vrrp::Instant now) {
  announcer_->start(rounds, now);
  announcer_->send_due(kernel.frames, now);
}

void SpeakingRouter::probe(Kernel& kernel, vrrp::Instant now) {
  for (const Question& one : questions_) kernel.frames.send(one.link, one.frame);
  const vrrp::Duration patience = settings_.options.interval / 2;
  memory.probe_until = now + std::clamp<vrrp::Duration>(patience, kProbeLeast, kProbeMost);
  memory.witness.arp = vrrp::Witness::Arp::kUnknown;
}

int SpeakingRouter::begin_passing_on(Kernel& kernel, const vrrp::Ip& previous, vrrp::Instant now) {
  const net::IpAddress neighbour = net_ip(previous);
  // Beyond a router there is no neighbour to hand segments to.
  if (!address::same_subnet(neighbour, net_ip(settings_.options.source), source_prefix_)) return EHOSTUNREACH;
  const int error = pass_on_->begin(kernel.netfilter, neighbour);
  memory.passing_on = error == 0;
  memory.pass_on_until = error == 0 ? now + drain_ : vrrp::kNever;
  return error;
}

int SpeakingRouter::end_passing_on(Kernel& kernel) {
  memory.passing_on = false;
  memory.pass_on_until = vrrp::kNever;
  return pass_on_->end(kernel.netfilter);
}

bool SpeakingRouter::lease_ran_out(vrrp::Instant now) const {
  const address::Lease& lease = addresses_->lease();
  return memory.renew_at != vrrp::kNever && now >= memory.renew_at - lease.renew + lease.valid;
}

void SpeakingRouter::remove_left_overs(Kernel& kernel) {
  memory.own_removals += addresses_->remove_left_overs(kernel.routes);
  // Where the kernel has no nf_tables there are no left-overs either; a switch-over says so when it is asked for.
  quiet_->end(kernel.netfilter);
  pass_on_->end(kernel.netfilter);
}

void SpeakingRouter::prepare_switch_over(Kernel& kernel) {
  int error = quiet_->begin(kernel.netfilter);
  quiet_->end(kernel.netfilter);
  const int passing = pass_on_->begin(kernel.netfilter, net_ip(settings_.options.source));
  pass_on_->end(kernel.netfilter);
  if (error == 0) error = passing;
  memory.switch_over_error = error;
}

int SpeakingRouter::work(Kernel& kernel, vrrp::Instant now, bool fresh) {
  announcer_->send_due(kernel.frames, now);
  if (memory.shelf_until <= now) unshelve(kernel);
  if (memory.pass_on_until <= now) end_passing_on(kernel);
  if (memory.renew_at > now) return 0;
  memory.renew_at = now + addresses_->lease().renew;
  if (!fresh) {
    memory.lapsed = true;
    return 0;
  }
  const int error = renew(kernel);
  // The kernel had let go of them in the meantime: others may have learned another owner.
  if (std::exchange(memory.lapsed, false)) announce(kernel, 1, now);
  return error;
}

vrrp::Instant SpeakingRouter::next_deadline() const {
  return std::min({memory.renew_at, memory.shelf_until, memory.pass_on_until, memory.probe_until, memory.conflict_until,
                   announcer_->due(), own_link_->due(), tracked_.due()});
}

}  // namespace tandem::speaker
