#include "app/api/listing.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tandem::api {

namespace {

std::string decode(std::string_view text) {
  http::Arena arena;
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return std::string(http::percent_decode(spaced, arena).value_or(spaced));
}

/// A number as Go's Atoi reads it; 0 when it is none.
std::int64_t number_of(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

/// The parameter, `otherwise` when it is missing; what is not positive becomes an error.
std::size_t positive(const Parameters& parameters, std::string_view name, std::size_t otherwise, std::string& error) {
  const std::string_view text = parameters.text(name);
  if (text.empty()) return otherwise;
  const std::int64_t value = number_of(text);
  if (value > 0) return static_cast<std::size_t>(value);
  error = fmt::format("invalid request: {}: {}", name, value);
  return otherwise;
}

}  // namespace

Parameters::Parameters(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = pair.find('=');
    if (pair.empty()) continue;
    values_.emplace_back(decode(pair.substr(0, equals)),
                         equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1)));
  }
}

std::optional<std::string_view> Parameters::get(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

PageOrError page_of(const Parameters& parameters, std::size_t total) {
  constexpr std::size_t kDefaultSize = 100;
  PageOrError out;
  const std::size_t number = positive(parameters, "page", 1, out.error);
  if (!out.error.empty()) return out;
  const std::size_t size = positive(parameters, "per_page", kDefaultSize, out.error);
  if (!out.error.empty()) return out;
  // Beyond any list, without overflow.
  const bool far = number - 1 > total;
  const std::size_t begin = far ? total + 1 : (number - 1) * std::min(size, total + 1);
  if (begin != 0 && begin >= total) {
    out.error = fmt::format("invalid request: page: {}, per_page: {}", number, size);
    return out;
  }
  out.page.begin = begin;
  out.page.end = std::min(begin + size, total);
  out.page.next = out.page.end < total ? number + 1 : 1;
  return out;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return http::equals_ignoring_case({&a, 1}, {&b, 1}); };
  return !std::ranges::search(text, part, same).empty() || part.empty();
}

}  // namespace tandem::api
