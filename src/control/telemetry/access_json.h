#pragma once

// AccessJson: a line of the access log as a JSON object, its keys in the order of their names, as Traefik writes it.
// Belongs to the writer's thread.

#include <vector>

#include "control/telemetry/access_format.h"

namespace tandem::telemetry {

class AccessJson final : public AccessFormat {
 public:
  explicit AccessJson(const AccessFields& fields) : AccessFormat(fields) {}
  void append(const observe::AccessRecord& record, std::uint64_t count, LineBuffer& out) override;

 private:
  void put_client(const observe::AccessRecord& record, LineBuffer& out) const;
  void put_sizes(const observe::AccessNumbers& numbers, LineBuffer& out) const;
  void put_request(const observe::AccessRecord& record, std::string_view path, std::uint64_t count,
                   LineBuffer& out) const;
  void put_service(const observe::AccessRecord& record, LineBuffer& out);
  void put_tls(const observe::AccessRecord& record, LineBuffer& out) const;
  void put_headers(const observe::AccessRecord& record, bool of_request, std::string_view prefix, LineBuffer& out);
  void put_text(AccessField field, std::string_view text, LineBuffer& out) const;
  template <class Number>
  void put_number(AccessField field, Number number, LineBuffer& out) const;

  std::vector<const observe::AccessHeader*> sorted_;  // of one record
};

}  // namespace tandem::telemetry
