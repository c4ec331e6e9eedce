#include "app/supervised.h"

#include <linux/netlink.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config/format/json_fields.h"
#include "control/ha/ticket_sharing.h"
#include "control/ha/upstream_report.h"

#include "base/log.h"
#include "control/address/netlink.h"
#include "engine/tls/ticket_keys.h"

namespace tandem::app {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using format::text_in;
using format::whole_in;

constexpr int kPatience = 5000;  // milliseconds until the supervisor must have said the next thing

class HealthAnswer final : public http::Handler {
 public:
  HealthAnswer(http::HandlerPtr routers, std::string path) : routers_(std::move(routers)), path_(std::move(path)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    if (request.path != path_) return routers_->handle(std::move(request), exchange);
    exchange.observed = {};
    return http::ready(http::bare_response(200, "OK", exchange.arena));
  }

 private:
  http::HandlerPtr routers_;
  std::string path_;
};

/// Puts what one message hands over into its place.
Result<void> take(ha::Message message, Handed& into) {
  const std::string_view type = message.type();
  if (type == "listener") {
    into.sockets[std::string(text_in(message.body, "entryPoint"))] = std::move(message.descriptors);
    return {};
  }
  if (type == "addresses") {
    Result<std::vector<address::VirtualAddress>> addresses =
        speaker::addresses_of(message.body.if_contains("addresses"));
    if (!addresses) return std::move(addresses.error());
    into.addresses = std::move(*addresses);
    return {};
  }
  if (message.descriptors.size() == 1 && type == "file") {
    Result<std::string> text = ha::read_memory_file(message.descriptors[0]);
    if (!text) return std::move(text.error());
    into.file = StaticFile{.path = std::string(text_in(message.body, "path")), .text = std::move(*text)};
    return {};
  }
  if (message.descriptors.size() == 1 && type == "health") {
    Result<ha::SharedHealthPage> page = ha::SharedHealthPage::open(std::move(message.descriptors[0]));
    if (!page) return std::move(page.error());
    into.page = std::move(*page);
    into.health_path = text_in(message.body, "path");
    if (const auto workers = whole_in(message.body, "workers"); workers > 0) into.workers = workers;
    return {};
  }
  return Error(ErrorKind::kProtocol, fmt::format("the supervisor says \"{}\" at the start", type));
}

}  // namespace

Result<std::optional<Handed>> take_over_from_supervisor() {
  Result<std::optional<base::Fd>> channel = base::take_inherited_descriptor(kSupervisorVariable);
  if (!channel) return std::move(channel.error());
  if (!*channel) return std::optional<Handed>();
  ::prctl(PR_SET_NAME, "tandem");  // it was started as /proc/self/exe
  Handed handed;
  handed.supervisor = ::getppid();
  handed.channel = std::make_unique<ha::Channel>(std::move(**channel));
  for (;;) {
    Result<ha::Message> message = handed.channel->receive_now(kPatience);
    if (!message) return std::move(message.error()).wrapped("starting under a supervisor");
    if (message->type() == "begin") break;
    if (Result<void> taken = take(std::move(*message), handed); !taken) return std::move(taken.error());
  }
  return std::optional(std::move(handed));
}

void let_go_of_addresses(const Handed& handed) {
  Result<address::Netlink> netlink = address::Netlink::open(NETLINK_ROUTE);
  if (!netlink) return;
  address::VirtualAddresses addresses(handed.addresses, {}, address::kLoopback);
  int removed = 0;
  const int code = addresses.release(*netlink, &removed);
  if (code != 0) {
    base::log_error("The virtual addresses stay until their lease ends",
                    {{"error", addresses.error(code, "removing").text()}});
  }
  if (removed > 0) base::log_warn("The virtual addresses were taken away", {{"count", std::to_string(removed)}});
}

void PairStatus::set(std::shared_ptr<const boost::json::object> status) {
  const std::scoped_lock lock(mutex_);
  status_ = std::move(status);
}

std::shared_ptr<const boost::json::object> PairStatus::get() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

void tell_upstreams(ha::Channel& supervisor, const routing::UpstreamState& state) {
  (void)supervisor.send(ha::upstreams_message(
      {.services = state.services, .living = state.living, .dead = state.dead, .missing = state.missing}));
}

loop::Task<void> tell_ticket_keys(ha::Channel& supervisor) {
  constexpr auto kLookEvery = std::chrono::seconds(1);
  std::shared_ptr<const tls::TicketKeys::Set> told;
  for (;;) {
    auto now = tls::TicketKeys::instance().current();
    if (now != told) {
      // A worker may have begun a new key since; then this is told again.
      const Result<void> sent = supervisor.send(ha::ticket_keys_message({}, tls::TicketKeys::instance().export_text()));
      if (sent) told = std::move(now);
    }
    co_await loop::sleep_for(kLookEvery);
  }
}

void take_ticket_keys(const boost::json::object& message) {
  const std::string_view node = text_in(message, "node");
  const Result<std::size_t> taken = tls::TicketKeys::instance().import_text(ha::ticket_keys_in(message));
  if (!taken) {
    base::log_error("Session ticket keys cannot be taken", {{"node", node}, {"error", taken.error().text()}});
  } else if (*taken > 0) {
    base::log_info("Session ticket keys were taken", {{"node", node}, {"count", std::to_string(*taken)}});
  }
}

http::HandlerPtr make_health_answer(http::HandlerPtr routers, std::string path) {
  return std::make_shared<const HealthAnswer>(std::move(routers), std::move(path));
}

}  // namespace tandem::app
