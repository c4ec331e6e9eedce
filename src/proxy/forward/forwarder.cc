#include "proxy/forward/forwarder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "engine/loop/per_worker.h"
#include "protocol/client/client.h"
#include "proxy/forward/hop_by_hop.h"
#include "proxy/forward/measure.h"

namespace tandem::forward {

namespace {

using base::ErrorKind;
using http::Exchange;
using http::HeaderId;
using http::Request;
using http::Response;

constexpr int kBadRequest = 400;
constexpr int kClientClosedRequest = 499;
constexpr int kInternalServerError = 500;
constexpr int kBadGateway = 502;
constexpr int kGatewayTimeout = 504;

/// What a failure looks like to the client (docs/errors.md).
int status_of(const base::Error& error) {
  if (error.side() == base::Side::kClient) {
    switch (error.kind()) {
      case ErrorKind::kProtocol:
        return kBadRequest;
      case ErrorKind::kTimeout:
        return kGatewayTimeout;
      default:
        return kClientClosedRequest;
    }
  }
  switch (error.kind()) {
    case ErrorKind::kTimeout:
      return kGatewayTimeout;
    case ErrorKind::kRefused:
    case ErrorKind::kUnreachable:
    case ErrorKind::kDns:
    case ErrorKind::kReset:
    case ErrorKind::kClosed:
    case ErrorKind::kLimit:
    case ErrorKind::kIo:
      return kBadGateway;
    default:
      return kInternalServerError;
  }
}

enum class Order : std::uint8_t { kAsSent, kSorted };

/// The names that Trailer announces, each once: for responses as they came, for requests as Go's client writes them.
std::string_view announced_trailers(const http::Headers& headers, Order order) {
  if (!headers.has(HeaderId::kTrailer)) return {};
  http::Arena& arena = headers.arena();
  std::vector<std::string_view> names;
  for (const http::HeaderField& field : headers) {
    if (field.id != HeaderId::kTrailer) continue;
    http::for_each_listed(field.value, [&names, &arena](std::string_view listed) {
      const std::string_view name = http::canonical_name(listed, arena);
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    });
  }
  if (order == Order::kSorted) std::ranges::sort(names);
  std::string_view joined;
  for (const std::string_view name : names) {
    joined = joined.empty() ? name : arena.concat({joined, order == Order::kSorted ? "," : ", ", name});
  }
  return joined;
}

/// RFC 6455's own spelling, which some servers insist on, instead of the canonical one.
void spell_websocket_fields(http::Headers& headers) {
  constexpr std::array<std::string_view, 5> kNames = {"Sec-WebSocket-Key", "Sec-WebSocket-Extensions",
                                                      "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol",
                                                      "Sec-WebSocket-Version"};
  for (http::HeaderField& field : headers) {
    for (const std::string_view name : kNames) {
      if (field.id == HeaderId::kOther && http::equals_ignoring_case(field.name, name)) field.name = name;
    }
  }
}

class Forwarder final : public http::Handler {
 public:
  Forwarder(ServerOptions options, client::Target target, std::shared_ptr<const client::Transport> transport)
      : options_(std::move(options)), target_(std::move(target)), transport_(std::move(transport)) {}

  loop::Task<Response> handle(Request request, Exchange& exchange) const override {
    begin_attempt(options_.measured, request, exchange);
    exchange.server_url = options_.url;
    exchange.origin_began = loop::Loop::current().now();
    exchange.origin_answered = false;
    exchange.origin_bytes = 0;
    if (exchange.observed.headers) exchange.note_headers(request.headers);
    const bool h2c = target_.scheme == "h2c" && !transport_->options().disable_http2;
    if (target_.scheme != "http" && target_.scheme != "https" && !h2c)
      co_return failure(kInternalServerError, exchange);
    const std::string_view upgrade = prepare(request, exchange);
    client::Pool*& pool = pools_.local();
    if (pool == nullptr) pool = &client::Pool::of(*transport_, target_);
    client::Client client(*transport_, target_, *pool);
    base::Result<Response> response = co_await client.send(request, exchange, exchange.link);
    if (!response) {
      const int status = status_of(response.error());
      Response failed = failure(status, exchange);
      failed.close = response.error().side() == base::Side::kClient;
      co_return failed;
    }
    exchange.origin_status = response->status;
    exchange.origin_answered = true;
    co_return finish(std::move(*response), upgrade, exchange);
  }

 private:
  static Response failure(int status, Exchange& exchange) {
    const std::string_view text = http::reason_phrase(status);
    exchange.origin_status = status;
    exchange.origin_bytes = text.size();
    return http::bare_response(status, text, exchange.arena);
  }

  /// Turns the client's request into the one for the server; returns the protocol that an upgrade asks for.
  std::string_view prepare(Request& request, Exchange& exchange) const {
    http::Arena& arena = exchange.arena;
    const auto te = request.headers.get(HeaderId::kTe);
    const bool wants_trailers = te && http::list_contains(*te, "trailers");
    const std::string_view trailer = announced_trailers(request.headers, Order::kSorted);
    const std::string_view upgrade = request.upgrade;
    remove_hop_by_hop(request.headers);
    if (wants_trailers) request.headers.add_view(HeaderId::kTe, "trailers");
    if (!trailer.empty() && !request.body.length()) request.headers.add_view(HeaderId::kTrailer, trailer);
    if (!upgrade.empty()) {
      request.headers.add_view(HeaderId::kConnection, "Upgrade");
      request.headers.add_view(HeaderId::kUpgrade, upgrade);
      if (http::list_contains(upgrade, "websocket")) spell_websocket_fields(request.headers);
    }
    // Go's client sends the first User-Agent, and none when that is empty.
    bool sends_agent = true;
    request.headers.remove_if([&sends_agent](const http::HeaderField& field) {
      if (field.id != HeaderId::kUserAgent) return false;
      return !std::exchange(sends_agent, false) || field.value.empty();
    });
    if (exchange.append_forwarded_for) append_forwarded_for(request, exchange);
    if (!options_.pass_host_header || request.host.empty()) request.host = target_.authority;
    if (options_.preserve_path && !target_.path.empty()) join_path(request, arena);
    if (request.query.find(';') != std::string_view::npos) {
      // Go's proxy parses and cleans such queries: servers that split at ';' and proxies that do not would disagree.
      char* const query = arena.allocate_text(request.query.size());
      std::ranges::replace_copy(request.query, query, ';', '&');
      request.query = {query, request.query.size()};
    }
    return upgrade;
  }

  static void append_forwarded_for(Request& request, const Exchange& exchange) {
    const std::string_view peer = exchange.connection.peer_ip_text;
    if (peer.empty()) return;
    const auto before = request.headers.get(HeaderId::kXForwardedFor);
    if (!before || before->empty()) {
      request.headers.set_view(HeaderId::kXForwardedFor, peer);
    } else {
      request.headers.set_view(HeaderId::kXForwardedFor, request.headers.arena().concat({*before, ", ", peer}));
    }
  }

  void join_path(Request& request, http::Arena& arena) const {
    std::string_view prefix = target_.path;
    std::string_view path = request.path;
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    if (path.starts_with('/')) path.remove_prefix(1);
    request.path = arena.concat({prefix, "/", path});
  }

  static Response finish(Response response, std::string_view upgrade, Exchange& exchange) {
    if (response.status == 101) {
      const auto protocol = response.headers.get(HeaderId::kUpgrade);
      const std::string_view connection = response.headers.get(HeaderId::kConnection).value_or("Upgrade");
      if (!http::equals_ignoring_case(protocol.value_or(""), upgrade)) return failure(kInternalServerError, exchange);
      remove_hop_by_hop(response.headers);
      response.headers.add_view(HeaderId::kConnection, connection);
      response.headers.add_view(HeaderId::kUpgrade, protocol.value_or(""));
      if (!response.tunnel->early.empty()) response.body = http::Body::of(response.tunnel->early);
      return response;
    }
    const std::string_view trailer = announced_trailers(response.headers, Order::kAsSent);
    remove_hop_by_hop(response.headers);
    if (!trailer.empty() && !response.body.length()) response.headers.add_view(HeaderId::kTrailer, trailer);
    // Sessions write their own; logs show the server's.
    if (exchange.observed.headers && response.announced_length) {
      response.headers.add("Content-Length", std::to_string(*response.announced_length));
    }
    return response;
  }

  ServerOptions options_;
  client::Target target_;
  std::shared_ptr<const client::Transport> transport_;
  loop::PerWorker<client::Pool*> pools_;
};

}  // namespace

base::Result<http::HandlerPtr> make_forwarder(const ServerOptions& options,
                                              std::shared_ptr<const client::Transport> transport) {
  base::Result<client::Target> target = client::Target::parse(options.url);
  if (!target) return std::move(target.error());
  if (target->scheme == "https") (void)transport->tls();  // authorities are read here, not by a worker
  return std::make_shared<const Forwarder>(options, std::move(*target), std::move(transport));
}

}  // namespace tandem::forward
