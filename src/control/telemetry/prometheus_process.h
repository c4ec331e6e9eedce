#pragma once

// What the kernel knows about this process, under the names of Prometheus's process collector. Any thread; reads /proc
// at each call.

#include <cstdint>
#include <optional>

namespace tandem::telemetry {

/// Absent: the kernel does not tell.
struct ProcessFacts {
  double cpu_seconds = 0;
  std::optional<std::uint64_t> open_fds;
  std::optional<double> max_fds;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<double> virtual_max_bytes;
  std::optional<double> start_time;  ///< Unix seconds
  std::optional<std::uint64_t> network_received;
  std::optional<std::uint64_t> network_sent;
};
ProcessFacts process_facts();

}  // namespace tandem::telemetry
