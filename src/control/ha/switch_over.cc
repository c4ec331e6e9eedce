#include "control/ha/switch_over.h"

#include "base/log.h"
#include "config/format/json_fields.h"
#include "control/ha/witness.h"
#include "control/speaker/ip_forms.h"

namespace tandem::ha {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::object;
using format::flag_in;
using format::number_in;
using format::text_in;
using std::chrono::milliseconds;

/// A node that is asked for its part answers within this, or the move is off.
constexpr auto kAnswerWithin = milliseconds(500);
/// The new master is heard within this, or the old one goes on.
constexpr auto kMoveWithin = std::chrono::seconds(1);

/// What the old owner says about the move.
vrrp::Take take_from(const vrrp::Ip& predecessor, const object& said) {
  return {.predecessor = predecessor, .limit = kMoveWithin, .forward = !flag_in(said, "endsConnections")};
}

}  // namespace

bool SwitchOver::is_master() const {
  const speaker::Snapshot snapshot = speaker_.snapshot();
  for (std::size_t i = 0; i < snapshot.router_count; ++i) {
    if (snapshot.routers[i].status.state == vrrp::State::kMaster) return true;
  }
  return false;
}

loop::Task<Result<void>> SwitchOver::give_all() {
  std::string failures;
  for (std::size_t i = 0; i < speaker_.settings().routers.size(); ++i) {
    const speaker::Snapshot snapshot = speaker_.snapshot();
    if (snapshot.routers[i].status.state != vrrp::State::kMaster) continue;
    const Result<void> given = co_await give(static_cast<int>(i));
    if (!given) failures += (failures.empty() ? "" : "; ") + given.error().text();
  }
  if (!failures.empty()) co_return Error(ErrorKind::kRefused, failures);
  co_return Result<void>();
}

loop::Task<Result<void>> SwitchOver::give(int router) {
  const speaker::RouterSettings& settings = speaker_.settings().routers[static_cast<std::size_t>(router)];
  std::string why;
  const std::uint8_t priority = speaker_.snapshot().routers[static_cast<std::size_t>(router)].status.priority;
  const std::string successor = successor_for(link_.peers(), settings, priority, why);
  if (successor.empty()) {
    co_return Error(ErrorKind::kRefused, settings.name + ": no other node can take over: " + why);
  }
  std::optional<vrrp::Ip> source;
  for (const peer::PeerLink::Peer& peer : link_.peers()) {
    if (peer.name != successor || !peer.status) continue;
    const object* const instance = instance_in(*peer.status, settings);
    if (instance != nullptr) source = speaker::ip_of(text_in(*instance, "sourceAddress"));
  }
  if (!source) co_return Error(ErrorKind::kProtocol, successor + " does not say where its adverts come from");
  (void)speaker_.post({.router = router, .event = vrrp::Yield{.successor = *source, .limit = kMoveWithin}});
  object request = about(router, "take");
  request["predecessor"] = speaker::text_of(settings.options.source);
  request["endsConnections"] = !speaker_.settings().forward_connections;
  const Result<object> answer =
      co_await link_.ask(successor, std::move(request), loop::Loop::current().now() + kAnswerWithin);
  if (!answer) co_return Error(answer.error()).wrapped(settings.name + ": " + successor + " did not take over");
  if (const std::string_view refusal = text_in(*answer, "error"); !refusal.empty()) {
    co_return Error(ErrorKind::kRefused, fmt::format("{}: {} refuses: {}", settings.name, successor, refusal));
  }
  const loop::TimePoint deadline = loop::Loop::current().now() + kMoveWithin;
  while (loop::Loop::current().now() < deadline) {
    const speaker::Snapshot snapshot = speaker_.snapshot();
    const vrrp::State state = snapshot.routers[static_cast<std::size_t>(router)].status.state;
    if (state != vrrp::State::kMaster && state != vrrp::State::kYielding) co_return Result<void>();
    co_await loop::sleep_for(milliseconds(2));
  }
  co_return Error(ErrorKind::kTimeout, fmt::format("{}: {} was not heard as master", settings.name, successor));
}

loop::Task<Result<void>> SwitchOver::take_all() {
  std::string failures;
  for (const peer::PeerLink::Peer& peer : link_.peers()) {
    if (peer.state != peer::PeerLink::LinkState::kUp) continue;
    object request;
    request["type"] = "give";
    const loop::TimePoint deadline = loop::Loop::current().now() + kAnswerWithin + 2 * kMoveWithin;
    const Result<object> answer = co_await link_.ask(peer.name, std::move(request), deadline);
    const std::string failure = answer ? std::string(text_in(*answer, "error")) : answer.error().text();
    if (failure.empty()) co_return Result<void>();
    failures += (failures.empty() ? "" : "; ") + peer.name + ": " + failure;
  }
  co_return Error(ErrorKind::kRefused, failures.empty() ? "the link to the other node is down" : failures);
}

void SwitchOver::ask_back(int router) { tasks_.spawn(take_back(router)); }

loop::Task<void> SwitchOver::take_back(int router) {
  const speaker::RouterSettings& settings = speaker_.settings().routers[static_cast<std::size_t>(router)];
  for (const peer::PeerLink::Peer& peer : link_.peers()) {
    const object* const instance =
        peer.state == peer::PeerLink::LinkState::kUp && peer.status ? instance_in(*peer.status, settings) : nullptr;
    if (instance == nullptr || text_in(*instance, "state") != "MASTER") continue;
    object request = about(router, "yield");
    request["successor"] = speaker::text_of(settings.options.source);
    const Result<object> answer =
        co_await link_.ask(peer.name, std::move(request), loop::Loop::current().now() + kAnswerWithin);
    const auto predecessor = answer ? speaker::ip_of(text_in(*answer, "predecessor")) : std::nullopt;
    if (predecessor) {
      (void)speaker_.post({.router = router, .event = take_from(*predecessor, *answer)});
    } else {
      base::log_warn("The other node does not give the addresses back",
                     {{"instance", settings.name},
                      {"node", peer.name},
                      {"error", answer ? text_in(*answer, "error") : std::string_view(answer.error().message())}});
    }
    co_return;
  }
}

loop::Task<object> SwitchOver::answer(object request, peer::PeerLink::Peer from) {
  const std::string_view type = text_in(request, "type");
  if (type == "give") {
    if (!is_master()) co_return object{{"error", "it is not master"}};
    base::log_info("Another node asks for the virtual addresses", {{"node", from.name}});
    const Result<void> given = co_await give_all();
    if (!given) co_return object{{"error", given.error().text()}};
    co_return object{{"ok", true}};
  }
  const int router = router_of(request);
  if (router < 0) co_return object{{"error", "it has no such virtual router"}};
  const auto& settings = speaker_.settings().routers[static_cast<std::size_t>(router)];
  const vrrp::State state = speaker_.snapshot().routers[static_cast<std::size_t>(router)].status.state;
  if (type == "take") {
    const auto predecessor = speaker::ip_of(text_in(request, "predecessor"));
    if (state != vrrp::State::kBackup || !predecessor) {
      co_return object{{"error", fmt::format("its state is {}", vrrp::name_of(state))}};
    }
    (void)speaker_.post({.router = router, .event = take_from(*predecessor, request)});
    co_return object{{"ok", true}};
  }
  if (type == "yield") {
    const auto successor = speaker::ip_of(text_in(request, "successor"));
    if (state != vrrp::State::kMaster || !successor) {
      co_return object{{"error", fmt::format("its state is {}", vrrp::name_of(state))}};
    }
    (void)speaker_.post({.router = router, .event = vrrp::Yield{.successor = *successor, .limit = kMoveWithin}});
    co_return object{{"ok", true},
                     {"predecessor", speaker::text_of(settings.options.source)},
                     {"endsConnections", !speaker_.settings().forward_connections}};
  }
  co_return object{{"error", fmt::format("unknown request \"{}\"", type)}};
}

int SwitchOver::router_of(const object& request) const {
  const bool v4 = number_in(request, "family") != 6;
  const auto& routers = speaker_.settings().routers;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    const bool same_family = (routers[i].options.family == vrrp::Family::kIpv4) == v4;
    if (same_family && number_in(request, "virtualRouterID") == routers[i].options.vrid) return static_cast<int>(i);
  }
  return -1;
}

object SwitchOver::about(int router, std::string_view type) const {
  const vrrp::Options& options = speaker_.settings().routers[static_cast<std::size_t>(router)].options;
  return {{"type", type}, {"virtualRouterID", options.vrid}, {"family", options.family == vrrp::Family::kIpv4 ? 4 : 6}};
}

}  // namespace tandem::ha
