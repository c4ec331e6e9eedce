#pragma once

// PrometheusText: a page in Prometheus's text format 0.0.4, written as the Go library writes it: numbers, escapes,
// layout. One thread; a plain value.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::telemetry {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

class PrometheusText {
 public:
  /// The two lines before the series of a metric.
  void head(std::string_view name, std::string_view help, MetricType type);
  /// `before` and `after` are complete parts of a line: `name{a="b"` and `} `.
  void line(std::string_view before, std::string_view after, std::uint64_t value);
  void line(std::string_view before, std::string_view after, double value);
  void line(std::string_view before, std::string_view labels, std::string_view after, std::uint64_t value);
  void line(std::string_view before, std::string_view labels, std::string_view after, double value);

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  std::string take() { return std::move(out_); }

 private:
  void append_line(std::array<std::string_view, 4> parts);

  std::string out_;
};

/// Adds `name="value"`, after a comma when there is something before. What is not UTF-8 becomes U+FFFD.
void append_label(std::string& out, std::string_view name, std::string_view value);
/// Go's strconv.FormatFloat(value, 'g', -1, 64): "5", "0.3", "1e+06", "+Inf".
void append_number(std::string& out, double value);
void append_number(std::string& out, std::uint64_t value);
std::string number_text(double value);

}  // namespace tandem::telemetry
