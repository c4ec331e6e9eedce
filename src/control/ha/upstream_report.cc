#include "control/ha/upstream_report.h"

#include <fmt/ranges.h>

#include <boost/json/array.hpp>

#include "config/format/json_fields.h"

namespace tandem::ha {
namespace {

using boost::json::array;
using boost::json::object;
using format::list_in;
using format::whole_in;

constexpr std::size_t kMostNames = 5;  // people look elsewhere for more, and a message has its limits

array names_json(const std::vector<std::string>& names) { return array(names.begin(), names.end()); }

std::vector<std::string> names_in(const object& from, std::string_view key) {
  std::vector<std::string> names;
  for (const boost::json::value& each : list_in(from, key)) {
    if (each.is_string()) names.emplace_back(each.get_string());
  }
  return names;
}

}  // namespace

object upstreams_message(UpstreamReport report) {
  for (auto* const names : {&report.dead, &report.missing}) names->resize(std::min(names->size(), kMostNames));
  return {{"type", "upstreams"},
          {"services", report.services},
          {"living", report.living},
          {"dead", names_json(report.dead)},
          {"missing", names_json(report.missing)}};
}

UpstreamReport upstreams_in(const object& message) {
  return {.services = whole_in(message, "services"),
          .living = whole_in(message, "living"),
          .dead = names_in(message, "dead"),
          .missing = names_in(message, "missing")};
}

std::string upstream_shortage(const UpstreamReport& report, std::int64_t quorum) {
  const auto required = static_cast<std::uint64_t>(std::max<std::int64_t>(quorum, 0));
  if (report.living >= required) return {};
  std::string text = report.services == 0 ? std::string("no upstream service has servers")
                                          : fmt::format("{} of {} upstream services {} a living server", report.living,
                                                        report.services, report.living == 1 ? "has" : "have");
  text += fmt::format(", {} {} required", required, required == 1 ? "is" : "are");
  if (!report.dead.empty()) text += fmt::format("; dead: {}", fmt::join(report.dead, ", "));
  if (!report.missing.empty()) text += fmt::format("; not configured: {}", fmt::join(report.missing, ", "));
  const bool all_named = report.living + report.dead.size() + report.missing.size() >= report.services;
  return all_named ? text : text + ", and more";
}

object upstreams_status(const std::optional<UpstreamReport>& report, const model::TrackedUpstreams& options) {
  object status{{"required", options.quorum}};
  if (!report) return status;
  status["services"] = report->services;
  status["living"] = report->living;
  status["dead"] = names_json(report->dead);
  status["missing"] = names_json(report->missing);
  status["reason"] = upstream_shortage(*report, options.quorum);
  return status;
}

}  // namespace tandem::ha
