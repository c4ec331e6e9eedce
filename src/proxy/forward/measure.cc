#include "proxy/forward/measure.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tandem::forward {
namespace {

constexpr std::size_t kMostHeaderLabels = 32;

std::uint32_t label_set(observe::Metrics& metrics, const http::Exchange& exchange) {
  const auto& labels = metrics.options().header_labels;
  std::array<std::string_view, kMostHeaderLabels> values;
  const std::size_t count = std::min(labels.size(), values.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& fields = exchange.received->headers;
    const auto found = std::ranges::find_if(fields, [&name = labels[i].header](const http::HeaderField& field) {
      return http::equals_ignoring_case(field.name, name);
    });
    if (found != fields.end()) values[i] = found->value;
  }
  return metrics.label_set({values.data(), count});
}

}  // namespace

observe::Measured common_measures(observe::Metrics& metrics, const http::Exchange& exchange) {
  observe::Measured measured;
  if (exchange.received != nullptr) {
    measured.method = observe::metric_method(exchange.received->method);
    measured.protocol = exchange.received->protocol;
    if (!metrics.options().header_labels.empty()) measured.labels = label_set(metrics, exchange);
  }
  if (const http::TlsFacts* tls = exchange.connection.tls) measured.tls = metrics.tls_set(tls->version, tls->cipher);
  return measured;
}

std::uint16_t metric_code(const http::Exchange& exchange, int status, const http::Headers* headers) {
  constexpr int kSwitchingProtocols = 101;
  if (status == kSwitchingProtocols) return 0;
  const bool grpc = exchange.received != nullptr && exchange.received->protocol == observe::MetricProtocol::kGrpc;
  if (!grpc) return static_cast<std::uint16_t>(status);
  constexpr std::uint16_t kUnknown = 2;
  const auto text = headers != nullptr ? headers->get("Grpc-Status") : std::nullopt;
  std::uint16_t code = kUnknown;
  if (!text) return kUnknown;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), code);
  return error == std::errc() && end == text->data() + text->size() ? code : kUnknown;
}

void begin_attempt(const observe::ServiceMetrics& service, const http::Request& request, http::Exchange& exchange) {
  if (service.metrics == nullptr || !exchange.observed.metrics) return;
  observe::RequestMetrics& state = exchange.metrics;
  if (state.service != 0 && exchange.origin_status != 0) {
    observe::Measured measured = common_measures(*service.metrics, exchange);
    measured.code = metric_code(exchange, exchange.origin_status, nullptr);
    measured.request_bytes = exchange.origin_answered ? state.offered : 0;
    measured.response_bytes = exchange.origin_bytes;
    measured.duration = loop::Loop::current().exact_now() - exchange.origin_began;
    service.metrics->record(state.service, measured);
  }
  if (exchange.retries != state.counted_retries) service.metrics->record_retry(service.id);
  state.counted_retries = exchange.retries;
  state.service = service.id;
  state.offered = request.body.length().value_or(0);
}

}  // namespace tandem::forward
