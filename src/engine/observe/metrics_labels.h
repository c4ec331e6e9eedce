#pragma once

// The labels of requests whose values come from a short list, as small numbers. Any thread; plain values.

#include <cstdint>
#include <string_view>

namespace tandem::observe {

/// An entry point, router or service that is measured; 0: none. A number is never used twice.
using MetricId = std::uint32_t;

// Alphabetical, as pages list them.
enum class MetricMethod : std::uint8_t {
  kConnect,
  kDelete,
  kExtension,
  kGet,
  kHead,
  kNotUtf8,
  kOptions,
  kPatch,
  kPost,
  kPri,
  kPut,
  kTrace
};
MetricMethod metric_method(std::string_view method);
std::string_view text_of(MetricMethod method);

enum class MetricProtocol : std::uint8_t { kGrpc, kGrpcWeb, kHttp, kSse, kWebsocket };
std::string_view text_of(MetricProtocol protocol);

}  // namespace tandem::observe
