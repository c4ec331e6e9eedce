#include "control/telemetry/access_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "protocol/http/headers.h"

namespace tandem::telemetry {
namespace {

using observe::HeaderMode;

constexpr std::array<std::string_view, kAccessFields> kNames{
    "ClientAddr",       "ClientHost",    "ClientPort",  "ClientUsername",     "DownstreamContentSize",
    "DownstreamStatus", "Duration",      "GzipRatio",   "OriginContentSize",  "OriginDuration",
    "OriginStatus",     "Overhead",      "RequestAddr", "RequestContentSize", "RequestCount",
    "RequestHost",      "RequestMethod", "RequestPath", "RequestPort",        "RequestProtocol",
    "RequestScheme",    "RetryAttempts", "RouterName",  "ServiceAddr",        "ServiceName",
    "ServiceURL",       "StartLocal",    "StartUTC",    "TLSCipher",          "TLSClientSubject",
    "TLSVersion",       "entryPointName"};

bool kept_by(std::string_view mode, bool otherwise) {
  if (mode == "keep") return true;
  return mode == "drop" ? false : otherwise;
}

HeaderMode header_mode(std::string_view mode, HeaderMode otherwise) {
  if (mode == "keep") return HeaderMode::kKeep;
  if (mode == "redact") return HeaderMode::kRedact;
  return mode == "drop" ? HeaderMode::kDrop : otherwise;
}

/// "200" or "500-599".
std::optional<std::pair<int, int>> parse_range(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, '-');
  if (parts.size() > 2) return std::nullopt;
  std::array<int, 2> ends{};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string_view part = base::trimmed(parts[std::min(i, parts.size() - 1)]);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), ends[i]);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
  }
  return std::pair(ends[0], ends[1]);
}

void add_filters(const model::AccessLogFilters& filters, observe::AccessPlan& plan,
                 std::vector<std::string>& problems) {
  for (const std::string& text : filters.statusCodes) {
    if (const auto range = parse_range(text)) {
      plan.statuses.push_back(*range);
    } else {
      problems.push_back(fmt::format("accessLog.filters.statusCodes: \"{}\" is no status and no range", text));
    }
  }
  // One wrong range makes the whole filter void: nothing is kept out that the others would have let in.
  if (!problems.empty()) plan.statuses.clear();
  plan.retried = filters.retryAttempts;
  plan.longer_than_ns = filters.minDuration.value.count();
}

}  // namespace

std::string_view name_of(AccessField field) { return kNames[static_cast<std::size_t>(field)]; }

AccessFields::AccessFields(const model::AccessLog& options) {
  const model::AccessLogFields fields = options.fields.value_or(model::AccessLogFields{});
  const bool by_default = kept_by(fields.defaultMode, true);
  kept.fill(by_default);
  for (const auto& [name, mode] : fields.names) {
    for (std::size_t i = 0; i < kAccessFields; ++i) {
      if (base::equal_ignoring_case(name, kNames[i])) kept[i] = kept_by(mode, by_default);
    }
  }
  keeps_query = kept_by(fields.queryParameters.defaultMode, true);
}

observe::AccessPlan access_plan(const model::AccessLog& options, std::vector<std::string>& problems) {
  observe::AccessPlan plan;
  if (options.filters) add_filters(*options.filters, plan, problems);
  const model::AccessLogFields fields = options.fields.value_or(model::AccessLogFields{});
  plan.headers = header_mode(fields.headers.defaultMode, HeaderMode::kDrop);
  for (const auto& [name, mode] : fields.headers.names) {
    std::string canonical = name;
    http::canonicalize(canonical);
    plan.named_headers.emplace_back(std::move(canonical), header_mode(mode, plan.headers));
  }
  return plan;
}

std::size_t access_queue_bytes(const model::AccessLog& options) {
  constexpr std::size_t kLeast = std::size_t{1} << 22;
  constexpr std::size_t kMost = std::size_t{1} << 28;
  constexpr std::size_t kUsualLine = 1024;
  if (options.bufferingSize <= 0) return kLeast;
  const auto lines = static_cast<std::size_t>(options.bufferingSize);
  return std::clamp(std::min(lines, kMost) * kUsualLine, kLeast, kMost);
}

}  // namespace tandem::telemetry
