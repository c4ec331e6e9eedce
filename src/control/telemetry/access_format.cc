#include "control/telemetry/access_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "control/telemetry/access_common.h"
#include "control/telemetry/access_json.h"

namespace tandem::telemetry {

using observe::AccessRecord;
using observe::AccessText;

std::string_view AccessFormat::path_of(const AccessRecord& record) {
  if (!record.numbers.has_query || !fields_.keeps_query) return record[AccessText::kPath];
  path_.assign(record[AccessText::kPath]);
  path_ += '?';
  const auto query = static_cast<std::ptrdiff_t>(path_.size());
  path_ += record[AccessText::kQuery];
  // Everything behind the entry point reads ';' as '&'.
  std::replace(path_.begin() + query, path_.end(), ';', '&');
  return path_;
}

std::string_view AccessFormat::client_host_of(const AccessRecord& record) {
  const std::string_view forwarded_for = record[AccessText::kForwardedFor];
  return forwarded_for.empty() ? record[AccessText::kClientIp] : forwarded_for;
}

std::string_view AccessFormat::protocol_of(const AccessRecord& record) {
  constexpr std::array<std::string_view, 4> kProtocols{"HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"};
  return kProtocols[std::min<std::size_t>(record.numbers.version, kProtocols.size() - 1)];
}

std::unique_ptr<AccessFormat> make_access_format(const model::AccessLog& options, std::vector<std::string>& problems) {
  const AccessFields fields(options);
  if (options.format == "json") return std::make_unique<AccessJson>(fields);
  const bool generic = options.format == "genericCLF";
  if (!generic && options.format != "common") {
    problems.push_back(fmt::format("unsupported access log format: \"{}\", using common instead", options.format));
  }
  return std::make_unique<AccessCommon>(fields, generic);
}

}  // namespace tandem::telemetry
