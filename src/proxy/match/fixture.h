#pragma once

// For tests of rules and of what finds routes by them: requests without a connection, handlers that say who they are.
// One thread.

#include <gtest/gtest.h>

#include <coroutine>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/http/handler.h"
#include "proxy/match/predicate.h"
#include "proxy/match/routing_path.h"

namespace tandem::match {

/// One request with its exchange.
class Asked {
 public:
  explicit Asked(std::string_view host, std::string_view path, std::string_view method = "GET",
                 std::string_view peer = "127.0.0.1")
      : connection_(connection_from(peer)), exchange(connection_, nullptr) {
    request.method = exchange.arena.copy(method);
    request.headers = http::Headers(exchange.arena);
    const std::size_t question = path.find('?');
    request.path = exchange.arena.copy(path.substr(0, question));
    request.has_query = question != std::string_view::npos;
    if (request.has_query) request.query = exchange.arena.copy(path.substr(question + 1));
    exchange.canonical_host = exchange.arena.copy(host);
    exchange.routing_path = routing_path(request.path, exchange.arena).value_or("");
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

 private:
  static http::Connection connection_from(std::string_view peer) {
    http::Connection connection;
    if (const auto ip = net::IpAddress::parse(peer)) connection.peer = net::Address(*ip, 4711);
    return connection;
  }
  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  http::Connection connection_;

 public:
  http::Exchange exchange;
  http::Request request;
};

inline bool rule_holds(const Predicate& rule, Asked& asked) {
  MatchInput input(asked.request, asked.exchange);
  return rule.holds(input);
}

/// Answers 200 and leaves its name in the field X-By.
class Named final : public http::Handler {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  loop::Task<http::Response> handle(http::Request, http::Exchange& exchange) const override {
    http::Response response(200, exchange.arena);
    response.headers.add("X-By", name_);
    return http::ready(std::move(response));
  }

 private:
  std::string name_;
};

/// "by" of the handler that answered, or the status.
inline std::string answer(const http::HandlerPtr& handler, Asked& asked) {
  loop::Task<http::Response> task = handler->handle(std::move(asked.request), asked.exchange);
  task.start(std::noop_coroutine());
  if (!task.done()) return "unfinished";
  const http::Response response = task.take();
  const auto by = response.headers.get("X-By");
  return by ? std::string(*by) : std::to_string(response.status);
}

}  // namespace tandem::match
