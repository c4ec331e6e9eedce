#include "engine/observe/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tandem::observe {
namespace {

constexpr std::array<std::string_view, 12> kMethods{
    "CONNECT", "DELETE", "EXTENSION_METHOD", "GET", "HEAD", "NON_UTF8_HTTP_METHOD", "OPTIONS", "PATCH", "POST", "PRI",
    "PUT",     "TRACE"};
constexpr std::array<std::string_view, 5> kProtocols{"grpc", "grpc-web", "http", "sse", "websocket"};

// Header values come from clients, who could fill the memory with them.
constexpr std::size_t kMostLabelSets = 10'000;
constexpr std::uint32_t kOtherSet = 1;

// Pages list codes as text; this many digits are compared.
constexpr std::uint16_t kHighestCode = 9999;

}  // namespace

MetricMethod metric_method(std::string_view method) {
  if (method == "GET") return MetricMethod::kGet;
  const bool ascii = std::ranges::all_of(method, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) return MetricMethod::kNotUtf8;
  const auto found = std::ranges::find(kMethods, method);
  const auto at = static_cast<MetricMethod>(found - kMethods.begin());
  const bool known = found != kMethods.end() && at != MetricMethod::kNotUtf8;
  return known ? at : MetricMethod::kExtension;
}

std::string_view text_of(MetricMethod method) { return kMethods[static_cast<std::size_t>(method)]; }
std::string_view text_of(MetricProtocol protocol) { return kProtocols[static_cast<std::size_t>(protocol)]; }

Metrics::Metrics(MetricsOptions options, std::size_t workers) : options_(std::move(options)) {
  for (const double seconds : options_.buckets) {
    bounds_.push_back(static_cast<std::uint64_t>(std::llround(std::max(0.0, seconds) * 1e9)));
  }
  for (std::size_t i = 0; i < workers; ++i) {
    shards_.push_back(std::make_unique<Shard>(words()));
    Shard& shard = *shards_.back();
    // Numbers 0 (none) and kOtherSet.
    for (const std::string_view value : {"", "(other)"}) {
      shard.sets.next()->assign(options_.header_labels.size(), std::string(value));
      shard.sets.publish();
    }
    shard.tls_sets.next();
    shard.tls_sets.publish();
  }
}

void Metrics::record(MetricId id, const Measured& request) {
  if (id == 0) return;
  Shard& shard = local();
  const std::uint64_t owner = std::uint64_t{id} << 32;
  const std::uint64_t labels = owner | (std::uint64_t{std::min(request.code, kHighestCode)} << 16) |
                               (static_cast<std::uint64_t>(request.method) << 8) |
                               static_cast<std::uint64_t>(request.protocol);
  CellTable::Word* const words = shard.requests.get({labels, 0}, ids_);
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, request.duration.count()));
  if (request.request_bytes != 0) CellTable::add_to(words[kRequestBytes], request.request_bytes);
  CellTable::add_to(words[kResponseBytes], request.response_bytes);
  CellTable::add_to(words[kNanoseconds], nanoseconds);
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && nanoseconds > bounds_[bucket]) ++bucket;
  CellTable::add_to(words[kFirstBucket + bucket], 1);
  if (request.tls != 0) CellTable::add_to(*shard.tls.get({owner, request.tls}, ids_), 1);
  if (request.labels != 0) CellTable::add_to(*shard.labelled.get({labels, request.labels}, ids_), 1);
}

void Metrics::record_retry(MetricId service) {
  if (service != 0) CellTable::add_to(*local().retries.get({std::uint64_t{service} << 32, 0}, ids_), 1);
}

std::uint32_t Metrics::label_set(std::span<const std::string_view> values) {
  Shard& shard = local();
  std::string joined;
  for (const std::string_view value : values) joined.append(value).push_back('\0');  // no field value holds a NUL
  const auto known = shard.set_numbers.find(joined);
  if (known != shard.set_numbers.end()) return known->second;
  if (shard.sets.size() >= kMostLabelSets) return kOtherSet;
  const auto number = static_cast<std::uint32_t>(shard.sets.size());
  shard.sets.next()->assign(values.begin(), values.end());
  shard.sets.publish();
  shard.set_numbers.emplace(std::move(joined), number);
  return number;
}

std::uint32_t Metrics::tls_set(std::string_view version, std::string_view cipher) {
  // Servers agree on a handful of combinations.
  auto& sets = local().tls_sets;
  for (std::size_t i = 1; i < sets.size(); ++i) {
    if (sets.at(i)->cipher == cipher && sets.at(i)->version == version) return static_cast<std::uint32_t>(i);
  }
  *sets.next() = {.version = std::string(version), .cipher = std::string(cipher)};
  sets.publish();
  return static_cast<std::uint32_t>(sets.size() - 1);
}

std::size_t Metrics::cells() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->requests.size();
  return count;
}

}  // namespace tandem::observe
