#pragma once

// AccessCommon: the access log's common log format, with Traefik's fields behind it or without (genericCLF). Belongs to
// the writer's thread.

#include "control/telemetry/access_format.h"

namespace tandem::telemetry {

class AccessCommon final : public AccessFormat {
 public:
  AccessCommon(const AccessFields& fields, bool generic) : AccessFormat(fields), generic_(generic) {}
  void append(const observe::AccessRecord& record, std::uint64_t count, LineBuffer& out) override;

 private:
  void put_text(AccessField field, std::string_view text, LineBuffer& out) const;
  void put_quoted(AccessField field, std::string_view text, LineBuffer& out) const;
  void put_number(AccessField field, std::uint64_t number, LineBuffer& out) const;
  void put_time(const observe::AccessRecord& record, LineBuffer& out);

  bool generic_;
};

}  // namespace tandem::telemetry
