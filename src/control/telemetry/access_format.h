#pragma once

// AccessFormat: one line of the access log from a record, in Traefik's formats common, genericCLF and json. Belongs to
// the writer's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "control/telemetry/access_clock.h"
#include "control/telemetry/access_fields.h"
#include "control/telemetry/line_buffer.h"
#include "engine/observe/access_record.h"

namespace tandem::telemetry {

class AccessFormat {
 public:
  explicit AccessFormat(const AccessFields& fields) : fields_(fields) {}
  virtual ~AccessFormat() = default;
  AccessFormat(const AccessFormat&) = delete;
  AccessFormat& operator=(const AccessFormat&) = delete;

  /// Measures what the wall clock says of monotonic time; now and then, as lines tell wall-clock time.
  void synchronise() { clock_.synchronise(); }
  /// Appends the line of `record`, with its end. `count`: Traefik's RequestCount.
  virtual void append(const observe::AccessRecord& record, std::uint64_t count, LineBuffer& out) = 0;

 protected:
  bool keeps(AccessField field) const { return fields_.keeps(field); }
  /// The path with its query, as far as that is logged. Valid until the next call.
  std::string_view path_of(const observe::AccessRecord& record);
  static std::string_view client_host_of(const observe::AccessRecord& record);
  /// "HTTP/1.1".
  static std::string_view protocol_of(const observe::AccessRecord& record);

  AccessFields fields_;
  AccessClock clock_;

 private:
  std::string path_;
};

/// Traefik: accessLog.format. Another word than common, genericCLF and json is said in `problems`, and means common.
std::unique_ptr<AccessFormat> make_access_format(const model::AccessLog& options, std::vector<std::string>& problems);

}  // namespace tandem::telemetry
