#include "control/telemetry/prometheus_requests.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::telemetry {
namespace {

using observe::CellKey;
using observe::MetricIds;
using observe::Metrics;
using observe::MetricScope;

/// Names and help texts of Traefik's metrics of one scope.
struct ScopeTexts {
  std::string_view prefix;
  std::string_view durations;
  std::string_view request_bytes;
  std::string_view tls;
  std::string_view requests;
  std::string_view response_bytes;
};

constexpr std::array<ScopeTexts, 3> kTexts{
    ScopeTexts{
        .prefix = "traefik_entrypoint",
        .durations = "How long it took to process the request on an entrypoint, partitioned by status code, protocol, "
                     "and method.",
        .request_bytes = "The total size of requests in bytes handled by an entrypoint, partitioned by status code, "
                         "protocol, and method.",
        .tls = "How many HTTP requests with TLS processed on an entrypoint, partitioned by TLS Version and TLS cipher "
               "Used.",
        .requests = "How many HTTP requests processed on an entrypoint, partitioned by status code, protocol, and "
                    "method.",
        .response_bytes = "The total size of responses in bytes handled by an entrypoint, partitioned by status code, "
                          "protocol, and method."},
    ScopeTexts{
        .prefix = "traefik_router",
        .durations = "How long it took to process the request on a router, partitioned by service, status code, "
                     "protocol, and method.",
        .request_bytes = "The total size of requests in bytes handled by a router, partitioned by status code, "
                         "protocol, and method.",
        .tls = "How many HTTP requests with TLS are processed on a router, partitioned by service, TLS Version, and "
               "TLS cipher Used.",
        .requests = "How many HTTP requests are processed on a router, partitioned by service, status code, protocol, "
                    "and method.",
        .response_bytes = "The total size of responses in bytes handled by a router, partitioned by status code, "
                          "protocol, and method."},
    ScopeTexts{
        .prefix = "traefik_service",
        .durations = "How long it took to process the request on a service, partitioned by status code, protocol, and "
                     "method.",
        .request_bytes = "The total size of requests in bytes received by a service, partitioned by status code, "
                         "protocol, and method.",
        .tls = "How many HTTP requests with TLS processed on a service, partitioned by TLS version and TLS cipher.",
        .requests = "How many HTTP requests processed on a service, partitioned by status code, protocol, and method.",
        .response_bytes = "The total size of responses in bytes returned by a service, partitioned by status code, "
                          "protocol, and method."}};
constexpr std::string_view kRetriesHelp = "How many request retries happened on a service.";

constexpr std::size_t index_of(MetricScope scope) { return static_cast<std::size_t>(scope); }

/// Labels by name, with the values of one object.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

Labels name_labels(const MetricIds::Named& named) {
  switch (named.scope) {
    case MetricScope::kEntryPoint:
      return {{"entrypoint", named.name}};
    case MetricScope::kRouter:
      return {{"router", named.name}, {"service", named.service}};
    case MetricScope::kService:
      return {{"service", named.name}};
  }
  return {};
}

/// Both names and values, in the order of the names: what tells a series apart and is its text.
std::vector<std::string> flat(Labels labels) {
  std::ranges::sort(labels, {}, &Labels::value_type::first);
  std::vector<std::string> result;
  for (auto& [name, value] : labels) {
    result.emplace_back(name);
    result.push_back(std::move(value));
  }
  return result;
}

void write_counts(const std::map<std::vector<std::string>, std::uint64_t>& counts, std::string_view name,
                  PrometheusText& page) {
  const std::string before = fmt::format("{}{{", name);
  for (const auto& [labels, count] : counts) {
    std::string text;
    for (std::size_t i = 0; i + 1 < labels.size(); i += 2) append_label(text, labels[i], labels[i + 1]);
    page.line(before, text, "} ", count);
  }
}

/// Codes are compared as texts: "1000" stands before "200".
std::uint64_t code_order(std::uint16_t code) {
  std::uint64_t order = 0;
  const std::string text = std::to_string(code);
  for (std::size_t i = 0; i < 4; ++i) {
    order = order << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  }
  return order;
}

}  // namespace

RequestSeries::RequestSeries(const Metrics& metrics) : metrics_(metrics) {
  const std::vector<const MetricIds::Named*> names = metrics.ids().all();
  for (const MetricIds::Named* named : names) {
    if (named->id >= ranks_.size()) {
      ranks_.resize(named->id + 1);
      name_labels_.resize(named->id + 1);
    }
  }
  for (std::uint32_t rank = 0; rank < names.size(); ++rank) {
    const MetricIds::Named& named = *names[rank];
    ranks_[named.id] = rank;
    for (const auto& [name, value] : name_labels(named)) append_label(name_labels_[named.id], name, value);
  }
  for (std::size_t worker = 0; worker < metrics.workers(); ++worker) {
    read_worker(worker);
    read_counts(worker);
  }
  for (std::size_t i = 0; i < kScopes; ++i) {
    merge(scopes_[i].rows);
    for (Row& row : scopes_[i].rows) write_labels(row, static_cast<MetricScope>(i));
  }
}

void RequestSeries::read_worker(std::size_t worker) {
  metrics_.read_requests(worker, [this](const CellKey& key, const std::uint64_t* words) {
    const Metrics::Labels labels = Metrics::labels_of(key);
    const MetricIds::Named* named = metrics_.ids().find(labels.id);
    if (named == nullptr) return;
    Row row;
    row.order = order_of(labels, named->scope);
    row.values = values_.size();
    row.labels = labels;
    values_.insert(values_.end(), words, words + metrics_.words());
    scopes_[index_of(named->scope)].rows.push_back(row);
  });
}

void RequestSeries::read_counts(std::size_t worker) {
  metrics_.read_tls(worker, [this, worker](const CellKey& key, const std::uint64_t* count) {
    const MetricIds::Named* named = metrics_.ids().find(Metrics::labels_of(key).id);
    if (named == nullptr) return;
    const observe::TlsLabels& tls = metrics_.tls_labels(worker, static_cast<std::uint32_t>(key.detail));
    Labels labels = name_labels(*named);
    labels.emplace_back("tls_version", tls.version);
    labels.emplace_back("tls_cipher", tls.cipher);
    scopes_[index_of(named->scope)].tls[flat(std::move(labels))] += *count;
  });
  metrics_.read_labelled(
      worker, [this, worker](const CellKey& key, const std::uint64_t* count) { add_labelled(worker, key, *count); });
  metrics_.read_retries(worker, [this](const CellKey& key, const std::uint64_t* count) {
    const MetricIds::Named* named = metrics_.ids().find(Metrics::labels_of(key).id);
    if (named == nullptr) return;
    scopes_[index_of(named->scope)].retries[flat(name_labels(*named))] += *count;
  });
}

void RequestSeries::add_labelled(std::size_t worker, const CellKey& key, std::uint64_t count) {
  const Metrics::Labels request = Metrics::labels_of(key);
  const MetricIds::Named* named = metrics_.ids().find(request.id);
  if (named == nullptr) return;
  Labels labels = name_labels(*named);
  labels.emplace_back("code", std::to_string(request.code));
  labels.emplace_back("method", observe::text_of(request.method));
  labels.emplace_back("protocol", observe::text_of(request.protocol));
  const auto& values = metrics_.label_values(worker, static_cast<std::uint32_t>(key.detail));
  const auto& headers = metrics_.options().header_labels;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    labels.emplace_back(headers[i].label, i < values.size() ? values[i] : std::string());
  }
  scopes_[index_of(named->scope)].labelled[flat(std::move(labels))] += count;
}

std::uint64_t RequestSeries::order_of(const Metrics::Labels& labels, MetricScope scope) const {
  // Values by the order of their labels' names: code, entrypoint, method, protocol, router, service.
  const std::uint64_t kind =
      static_cast<std::uint64_t>(labels.method) << 4 | static_cast<std::uint64_t>(labels.protocol);
  const std::uint64_t rank = ranks_[labels.id];
  const std::uint64_t rest = scope == MetricScope::kEntryPoint ? rank << 8 | kind : kind << 24 | rank;
  return code_order(labels.code) << 32 | rest;
}

void RequestSeries::merge(std::vector<Row>& rows) {
  std::ranges::sort(rows, {}, &Row::order);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && rows[kept - 1].order == rows[i].order) {
      for (std::size_t w = 0; w < metrics_.words(); ++w) {
        values_[rows[kept - 1].values + w] += values_[rows[i].values + w];
      }
    } else {
      rows[kept++] = rows[i];
    }
  }
  rows.resize(kept);
}

void RequestSeries::write_labels(Row& row, MetricScope scope) {
  row.text = texts_.size();
  const auto add = [this](std::string_view before, std::string_view value) {
    texts_.append(before).append(value).push_back('"');
  };
  const std::string& names = name_labels_[row.labels.id];
  texts_.append("code=\"");
  append_number(texts_, std::uint64_t{row.labels.code});
  texts_.push_back('"');
  if (scope == MetricScope::kEntryPoint) texts_.append(",").append(names);
  add(",method=\"", observe::text_of(row.labels.method));
  add(",protocol=\"", observe::text_of(row.labels.protocol));
  if (scope != MetricScope::kEntryPoint) texts_.append(",").append(names);
  row.text_size = texts_.size() - row.text;
}

std::uint64_t RequestSeries::count_of(const Row& row) const {
  std::uint64_t count = 0;
  for (std::size_t w = Metrics::kFirstBucket; w < metrics_.words(); ++w) count += values_[row.values + w];
  return count;
}

std::size_t RequestSeries::bytes() const {
  constexpr std::size_t kNameAndNumber = 80;
  const std::size_t lines = metrics_.words() - Metrics::kFirstBucket + 5;
  std::size_t rows = 0;
  for (const Scope& scope : scopes_) rows += scope.rows.size();
  return lines * (texts_.size() + rows * kNameAndNumber);
}

void RequestSeries::write_durations(const Scope& scope, std::string_view name, PrometheusText& page) const {
  const std::string bucket = fmt::format("{}_bucket{{", name);
  const std::string sum = fmt::format("{}_sum{{", name);
  const std::string count = fmt::format("{}_count{{", name);
  std::vector<std::string> bounds;
  for (const double bound : metrics_.options().buckets) {
    bounds.push_back(fmt::format(",le=\"{}\"}} ", number_text(bound)));
  }
  bounds.emplace_back(",le=\"+Inf\"} ");
  for (const Row& row : scope.rows) {
    const std::uint64_t* const values = &values_[row.values];
    const std::string_view labels = text_of(row);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      total += values[Metrics::kFirstBucket + i];
      page.line(bucket, labels, bounds[i], total);
    }
    page.line(sum, labels, "} ", static_cast<double>(values[Metrics::kNanoseconds]) / 1e9);
    page.line(count, labels, "} ", total);
  }
}

void RequestSeries::write_numbers(const Scope& scope, std::string_view name, std::size_t word,
                                  PrometheusText& page) const {
  const std::string before = fmt::format("{}{{", name);
  for (const Row& row : scope.rows) page.line(before, text_of(row), "} ", values_[row.values + word]);
}

void RequestSeries::write_requests(const Scope& scope, std::string_view name, PrometheusText& page) const {
  if (!metrics_.options().header_labels.empty()) return write_counts(scope.labelled, name, page);
  const std::string before = fmt::format("{}{{", name);
  for (const Row& row : scope.rows) page.line(before, text_of(row), "} ", count_of(row));
}

void RequestSeries::add_scope(MetricScope which, std::vector<Piece>& into) const {
  const Scope& scope = scopes_[index_of(which)];
  const ScopeTexts& texts = kTexts[index_of(which)];
  const auto add = [&](std::string_view suffix, std::string_view help, MetricType type, auto write) {
    std::string name = fmt::format("{}_{}", texts.prefix, suffix);
    into.push_back({.name = name, .write = [name, help, type, write](PrometheusText& page) {
                      page.head(name, help, type);
                      write(name, page);
                    }});
  };
  using enum MetricType;
  const auto counts = [](const Counts& of) {
    return [&of](std::string_view name, PrometheusText& page) { write_counts(of, name, page); };
  };
  if (!scope.tls.empty()) add("requests_tls_total", texts.tls, kCounter, counts(scope.tls));
  if (!scope.retries.empty()) add("retries_total", kRetriesHelp, kCounter, counts(scope.retries));
  if (scope.rows.empty()) return;
  const auto numbers = [this, &scope](std::size_t word) {
    return
        [this, &scope, word](std::string_view name, PrometheusText& page) { write_numbers(scope, name, word, page); };
  };
  add("request_duration_seconds", texts.durations, kHistogram,
      [this, &scope](std::string_view name, PrometheusText& page) { write_durations(scope, name, page); });
  add("requests_bytes_total", texts.request_bytes, kCounter, numbers(Metrics::kRequestBytes));
  add("responses_bytes_total", texts.response_bytes, kCounter, numbers(Metrics::kResponseBytes));
  add("requests_total", texts.requests, kCounter,
      [this, &scope](std::string_view name, PrometheusText& page) { write_requests(scope, name, page); });
}

void RequestSeries::add_pieces(std::vector<Piece>& into) const {
  for (const MetricScope scope : {MetricScope::kEntryPoint, MetricScope::kRouter, MetricScope::kService}) {
    add_scope(scope, into);
  }
}

}  // namespace tandem::telemetry
