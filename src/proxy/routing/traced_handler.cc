#include "proxy/routing/traced_handler.h"

#include <utility>

namespace tandem::routing {
namespace {

using observe::SpanKind;

class TracedHandler final : public http::Handler {
 public:
  TracedHandler(observe::SpanHook& hook, SpanKind kind, std::string name, http::HandlerPtr next)
      : hook_(hook), kind_(kind), name_(std::move(name)), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const http::Observed& observed = exchange.observed;
    const bool wanted = observed.tracing && (kind_ == SpanKind::kEntryPoint || observed.detailed_traces);
    if (!wanted) return next_->handle(std::move(request), exchange);
    return handle_traced(std::move(request), exchange);
  }

 private:
  loop::Task<http::Response> handle_traced(http::Request request, http::Exchange& exchange) const {
    observe::ScopedSpan span(hook_, kind_, name_, exchange.span);
    http::Response response = co_await next_->handle(std::move(request), exchange);
    span.answered(response.status);
    // The entry point traces, but the router that took the request does not.
    if (!exchange.observed.tracing) span.unwanted();
    co_return response;
  }

  observe::SpanHook& hook_;
  SpanKind kind_;
  std::string name_;
  http::HandlerPtr next_;
};

}  // namespace

http::HandlerPtr traced(observe::SpanHook* hook, SpanKind kind, std::string_view name, http::HandlerPtr next) {
  if (hook == nullptr || next == nullptr) return next;
  return std::make_shared<const TracedHandler>(*hook, kind, std::string(name), std::move(next));
}

}  // namespace tandem::routing
