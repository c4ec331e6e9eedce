#pragma once

// What the middlewares' tests share: a next handler that keeps the request it got, and a fixture that sends requests
// through a middleware. One thread; tests only.

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "engine/loop/scope.h"
#include "proxy/middleware/all.h"

namespace tandem::middleware {

class FakeNext : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    ++calls;
    seen = std::move(request);
    http::Response response(200, exchange.arena);
    response.body = http::Body::of("next");
    if (answer) answer(response);
    return http::ready(std::move(response));
  }

  mutable int calls = 0;
  mutable http::Request seen;
  std::function<void(http::Response&)> answer;  ///< changes the response before it goes out
};

class MiddlewareTest : public testing::Test {
 protected:
  /// Builds the middleware around next_ and keeps it for send(); gives the error's text, or nothing.
  std::string build_it(const model::HttpMiddleware& options) {
    BuildContext context;
    context.qualified_name = "test@file";
    context.next = next_;
    auto built = build(options, context);
    if (!built) return built.error().text();
    handler_ = std::move(*built);
    return {};
  }

  http::Request request(std::string_view path = "/", std::string_view host = "test.local") {
    http::Request request;
    request.method = "GET";
    request.host = host;
    request.path = path;
    request.headers = http::Headers(exchange_.arena);
    return request;
  }

  http::Response send(http::Request request) {
    std::optional<http::Response> response;
    loop::Scope scope;
    scope.spawn(store(handler_->handle(std::move(request), exchange_), response));
    while (!response) loop_.run_once(loop::kNever);
    return std::move(*response);
  }
  http::Response get(std::string_view path) { return send(request(path)); }

  static std::string header(const http::Headers& headers, std::string_view name) {
    std::string out;
    for (const http::HeaderField& field : headers) {
      if (!http::equals_ignoring_case(field.name, name)) continue;
      out += out.empty() ? "" : " | ";
      out += field.value;
    }
    return out;
  }

  loop::Loop loop_;
  http::Connection connection_;
  http::Exchange exchange_{connection_, nullptr};
  std::shared_ptr<FakeNext> next_ = std::make_shared<FakeNext>();
  http::HandlerPtr handler_;

 private:
  static loop::Task<void> store(loop::Task<http::Response> task, std::optional<http::Response>& into) {
    into = co_await std::move(task);
  }
};

}  // namespace tandem::middleware
