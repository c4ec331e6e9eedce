#pragma once

// RequestSeries: what the workers' shards hold at one moment, added up and put into the order of a Prometheus page.
// Control thread; lives while a page is written.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/telemetry/prometheus_text.h"
#include "engine/observe/metrics.h"

namespace tandem::telemetry {

/// One metric of a page; pages list them by name.
struct Piece {
  std::string name;
  std::function<void(PrometheusText&)> write;
};

class RequestSeries {
 public:
  /// `metrics` outlives this object.
  explicit RequestSeries(const observe::Metrics& metrics);

  /// The metrics that have a series. They refer to this object.
  void add_pieces(std::vector<Piece>& into) const;
  /// About how long the pieces will be.
  std::size_t bytes() const;

 private:
  static constexpr std::size_t kScopes = 3;
  /// A series' place in the order of its labels, and where its numbers and labels are.
  struct Row {
    std::uint64_t order = 0;
    std::size_t values = 0;
    observe::Metrics::Labels labels{};
    std::size_t text = 0;
    std::size_t text_size = 0;
  };
  /// Label values, in the order of their names, to a count.
  using Counts = std::map<std::vector<std::string>, std::uint64_t>;
  struct Scope {
    std::vector<Row> rows;
    Counts tls;
    Counts labelled;
    Counts retries;
  };

  void read_worker(std::size_t worker);
  void read_counts(std::size_t worker);
  void add_labelled(std::size_t worker, const observe::CellKey& key, std::uint64_t count);
  void merge(std::vector<Row>& rows);
  void write_labels(Row& row, observe::MetricScope scope);
  std::uint64_t order_of(const observe::Metrics::Labels& labels, observe::MetricScope scope) const;
  void add_scope(observe::MetricScope scope, std::vector<Piece>& into) const;
  void write_durations(const Scope& scope, std::string_view name, PrometheusText& page) const;
  void write_numbers(const Scope& scope, std::string_view name, std::size_t word, PrometheusText& page) const;
  void write_requests(const Scope& scope, std::string_view name, PrometheusText& page) const;
  std::uint64_t count_of(const Row& row) const;
  std::string_view text_of(const Row& row) const { return std::string_view(texts_).substr(row.text, row.text_size); }

  const observe::Metrics& metrics_;
  std::vector<std::uint32_t> ranks_;      // by id: place among all names
  std::vector<std::string> name_labels_;  // by id: `router="a@file",service="s@file"`
  std::array<Scope, kScopes> scopes_;
  std::vector<std::uint64_t> values_;
  std::string texts_;
};

}  // namespace tandem::telemetry
