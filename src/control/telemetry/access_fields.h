#pragma once

// AccessFields: which fields of the access log are kept (Traefik: accessLog.fields), and what of the options the
// workers need. Built once from the static configuration; immutable.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/model/static_observability.h"
#include "engine/observe/access_log.h"

namespace tandem::telemetry {

/// The fields besides headers, in the order in which JSON shows them (that of their names).
enum class AccessField : std::uint8_t {
  kClientAddr,
  kClientHost,
  kClientPort,
  kClientUsername,
  kDownstreamContentSize,
  kDownstreamStatus,
  kDuration,
  kGzipRatio,
  kOriginContentSize,
  kOriginDuration,
  kOriginStatus,
  kOverhead,
  kRequestAddr,
  kRequestContentSize,
  kRequestCount,
  kRequestHost,
  kRequestMethod,
  kRequestPath,
  kRequestPort,
  kRequestProtocol,
  kRequestScheme,
  kRetryAttempts,
  kRouterName,
  kServiceAddr,
  kServiceName,
  kServiceUrl,
  kStartLocal,
  kStartUtc,
  kTlsCipher,
  kTlsClientSubject,
  kTlsVersion,
  kEntryPointName,
};
inline constexpr std::size_t kAccessFields = static_cast<std::size_t>(AccessField::kEntryPointName) + 1;
/// As users write it.
std::string_view name_of(AccessField field);

struct AccessFields {
  explicit AccessFields(const model::AccessLog& options);
  bool keeps(AccessField field) const { return kept[static_cast<std::size_t>(field)]; }

  std::array<bool, kAccessFields> kept{};
  bool keeps_query = true;
};

/// Filters and headers. What is wrong with the options is said in `problems`, and has no effect then, as in Traefik.
observe::AccessPlan access_plan(const model::AccessLog& options, std::vector<std::string>& problems);
/// Bytes of each worker's queue.
std::size_t access_queue_bytes(const model::AccessLog& options);

}  // namespace tandem::telemetry
