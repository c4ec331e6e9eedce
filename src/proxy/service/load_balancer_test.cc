#include "proxy/service/load_balancer.h"

#include <gtest/gtest.h>

#include "engine/loop/scope.h"
#include "proxy/service/weighted.h"

namespace tandem::service {
namespace {

/// Answers 200 with its own name.
class Named : public http::Handler {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Response response(200, exchange.arena);
    response.body = http::Body::of(exchange.arena.concat({name_, request.path}));
    return http::ready(std::move(response));
  }

 private:
  std::string name_;
};

loop::Task<void> store(loop::Task<http::Response> task, std::optional<http::Response>& into) {
  into = co_await std::move(task);
}

class Balancers : public testing::Test {
 protected:
  http::Response ask(const http::HandlerPtr& handler, std::string_view path = "/") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.headers = http::Headers(exchange_.arena);
    std::optional<http::Response> response;
    loop::Scope scope;
    scope.spawn(store(handler->handle(std::move(request), exchange_), response));
    return std::move(*response);
  }
  std::string ask_times(const http::HandlerPtr& handler, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += ask(handler, "!").body.bytes().front();
    return out;
  }
  static base::Result<BuiltService> build(const model::LoadBalancer& options) {
    return build_load_balancer(options, "svc@file", [](const forward::ServerOptions& server) {
      return base::Result<http::HandlerPtr>(std::make_shared<Named>(server.url));
    });
  }

  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  http::Connection connection_;
  http::Exchange exchange_{connection_, nullptr};
};

model::HttpServer server(std::string url, std::optional<std::int64_t> weight = {}) {
  model::HttpServer out;
  out.url = std::move(url);
  out.weight = weight;
  return out;
}

TEST_F(Balancers, OneServerGetsEverything) {
  model::LoadBalancer options;
  options.servers = {server("a")};
  const auto built = build(options);
  ASSERT_TRUE(built);
  EXPECT_EQ(ask(built->handler, "/x").body.bytes(), "a/x");
  EXPECT_EQ(exchange_.service_name, "svc@file");
  EXPECT_EQ(exchange_.server_url, "a");
  EXPECT_EQ(built->server_status, (std::map<std::string, std::string>{{"a", "UP"}}));
}

TEST_F(Balancers, EmptyPathBecomesASlash) {
  model::LoadBalancer options;
  options.servers = {server("a")};
  EXPECT_EQ(ask(build(options)->handler, "").body.bytes(), "a/");
}

TEST_F(Balancers, ServersShareByWeight) {
  model::LoadBalancer options;
  options.servers = {server("a", 3), server("b")};
  const auto built = build(options);
  ASSERT_TRUE(built);
  const std::string order = ask_times(built->handler, 8);
  EXPECT_EQ(std::ranges::count(order, 'a'), 6) << order;
  EXPECT_EQ(order.substr(0, 2), "aa");
  EXPECT_EQ(order.substr(4, 2), "aa");
}

TEST_F(Balancers, ServersWithoutWeightGetNothing) {
  model::LoadBalancer options;
  options.servers = {server("a", 0), server("b"), server("c", -3)};
  const auto built = build(options);
  ASSERT_TRUE(built);
  EXPECT_EQ(ask_times(built->handler, 3), "bbb");
  EXPECT_EQ(built->server_status.size(), 3U);
}

TEST_F(Balancers, ServiceWithoutServersAnswers503) {
  const auto built = build({});
  ASSERT_TRUE(built);
  const http::Response response = ask(built->handler);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body.bytes(), "no available server\n");
  EXPECT_EQ(exchange_.service_name, "svc@file");
}

TEST_F(Balancers, UnknownStrategyIsAnError) {
  model::LoadBalancer options;
  options.strategy = "random";
  EXPECT_EQ(build(options).error().message(), "unsupported load-balancer strategy \"random\"");
  options.strategy = "p2c";
  EXPECT_EQ(build(options).error().message(), "strategy \"p2c\" is not built yet");
  options.strategy = "";
  EXPECT_TRUE(build(options));
}

TEST_F(Balancers, BadServerUrlIsAnError) {
  model::LoadBalancer options;
  options.servers = {server("a")};
  const auto built = build_load_balancer(options, "svc@file", [](const forward::ServerOptions&) {
    return base::Result<http::HandlerPtr>(base::Error(base::ErrorKind::kInvalid, "bad"));
  });
  EXPECT_EQ(built.error().message(), "bad");
}

TEST_F(Balancers, WeightedServicesShareByWeight) {
  const auto built =
      build_weighted({}, {{std::make_shared<Named>("a"), 9}, {std::make_shared<Named>("b"), 1}, {nullptr, 0}});
  ASSERT_TRUE(built);
  EXPECT_EQ(ask_times(*built, 10), "aaaaaaaaab");
}

TEST_F(Balancers, WeightedWithOneServiceLeftIsThatService) {
  const auto only = std::make_shared<Named>("a");
  EXPECT_EQ(*build_weighted({}, {{only, 1}, {nullptr, 0}}), only);
}

TEST_F(Balancers, WeightedWithoutServicesAnswers503) {
  const auto built = build_weighted({}, {});
  ASSERT_TRUE(built);
  EXPECT_EQ(ask(*built).status, 503);
}

}  // namespace
}  // namespace tandem::service
