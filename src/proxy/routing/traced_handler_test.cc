#include "proxy/routing/traced_handler.h"

#include <gmock/gmock.h>

#include "proxy/routing/fixture.h"

namespace tandem::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Keeps what it is told; one at a time is enough for a test.
class Recording final : public observe::SpanHook {
 public:
  observe::SpanId begin(const observe::SpanStart& start) override {
    spans.push_back(std::to_string(start.parent) + " > " + std::string(start.name));
    return spans.size();
  }
  void end(observe::SpanId span, int status) override { spans[span - 1] += " " + std::to_string(status); }
  void drop(observe::SpanId span) override { spans[span - 1] += " dropped"; }
  std::vector<std::string> spans;
};

/// A router with a middleware; what traces its requests.
class Traced : public ::testing::Test {
 protected:
  Traced() {
    configured_.spans = &hook_;
    configured_.static_configuration().tracing.emplace();
    configured_.middleware("add").addPrefix.emplace().prefix = "/x";
    configured_.service("pool").weighted.emplace().services.emplace_back().name = "a@internal";
  }
  void ask(bool by_entry_point, std::optional<bool> by_router, const char* verbosity, const char* path = "/") {
    model::HttpRouter& router = configured_.router("r", "Path(`/`)", "pool");
    router.middlewares = {"add"};
    router.observability.emplace();
    router.observability->tracing = by_router;
    router.observability->traceVerbosity = verbosity;
    configured_.build();
    match::Asked asked("test", path);
    asked.exchange.observed.tracing = by_entry_point;
    answer(configured_.snapshot()->handler("web", Security::kCleartext), asked);
  }
  Recording hook_;
  Configured configured_;
};

TEST_F(Traced, DetailedTracesShowTheWholeWay) {
  ask(true, true, "detailed");
  EXPECT_THAT(hook_.spans, ElementsAre("0 > web 200", "1 > r@file 200", "2 > add@file 200", "3 > pool@file 200"));
}

TEST_F(Traced, MinimalTracesShowTheEntryPoint) {
  ask(true, true, "minimal");
  EXPECT_THAT(hook_.spans, ElementsAre("0 > web 200"));
}

TEST_F(Traced, WhatNoRouterTakesIsTheEntryPoints) {
  ask(true, true, "detailed", "/nowhere");
  EXPECT_THAT(hook_.spans, ElementsAre("0 > web 404"));
}

TEST_F(Traced, ARouterThatDoesNotTraceTakesTheSpanBack) {
  ask(true, false, "detailed");
  EXPECT_THAT(hook_.spans, ElementsAre("0 > web dropped"));
}

TEST_F(Traced, NobodyIsToldWhenTracingIsOff) {
  ask(false, false, "detailed");
  EXPECT_THAT(hook_.spans, IsEmpty());
}

TEST_F(Traced, WithoutAHookChainsAreAsTheyWere) {
  configured_.spans = nullptr;
  ask(true, true, "detailed");
  EXPECT_THAT(hook_.spans, IsEmpty());
  const http::HandlerPtr handler = std::make_shared<const match::Named>("x");
  EXPECT_EQ(traced(nullptr, observe::SpanKind::kRouter, "r", handler), handler);
}

}  // namespace
}  // namespace tandem::routing
