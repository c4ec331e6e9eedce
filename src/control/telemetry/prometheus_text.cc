#include "control/telemetry/prometheus_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace tandem::telemetry {
namespace {

// From here on Go writes an exponent.
constexpr std::uint64_t kPlain = 1'000'000;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string_view text_of(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '"') {
      out.append("\\\"");
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out.push_back(',');
  out.append(name).append("=\"");
  for (;;) {
    const std::size_t bad = base::find_invalid_utf8(value);
    append_escaped(out, value.substr(0, bad));
    if (bad == std::string_view::npos) break;
    out.append(kReplacement);
    value.remove_prefix(bad + 1);
  }
  out.push_back('"');
}

void append_number(std::string& out, std::uint64_t value) {
  if (value >= kPlain) return append_number(out, static_cast<double>(value));
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
    return;
  }
  const double size = std::abs(value);
  const bool exponent = size != 0 && (size < 1e-4 || size >= 1e6);
  std::array<char, 64> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 exponent ? std::chars_format::scientific : std::chars_format::fixed)
                       .ptr;
  out.append(digits.data(), end);
}

std::string number_text(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

void PrometheusText::head(std::string_view name, std::string_view help, MetricType type) {
  out_.append("# HELP ").append(name).append(" ").append(help);
  out_.append("\n# TYPE ").append(name).append(" ").append(text_of(type)).append("\n");
}

void PrometheusText::line(std::string_view before, std::string_view after, std::uint64_t value) {
  line(before, {}, after, value);
}

void PrometheusText::line(std::string_view before, std::string_view after, double value) {
  line(before, {}, after, value);
}

void PrometheusText::line(std::string_view before, std::string_view labels, std::string_view after,
                          std::uint64_t value) {
  if (value >= kPlain) return line(before, labels, after, static_cast<double>(value));
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  append_line({before, labels, after, {digits.data(), end}});
}

void PrometheusText::line(std::string_view before, std::string_view labels, std::string_view after, double value) {
  append_line({before, labels, after, number_text(value)});
}

void PrometheusText::append_line(std::array<std::string_view, 4> parts) {
  // Pages have a hundred thousand lines: their length is looked after once for each.
  std::size_t size = out_.size() + 1;
  for (const std::string_view part : parts) size += part.size();
  out_.resize_and_overwrite(size, [&parts, at = out_.size(), size](char* text, std::size_t) {
    char* end = text + at;
    for (const std::string_view part : parts) {
      if (!part.empty()) std::memcpy(end, part.data(), part.size());
      end += part.size();
    }
    *end = '\n';
    return size;
  });
}

}  // namespace tandem::telemetry
