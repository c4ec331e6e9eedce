#pragma once

// HeaderChange: one field to set or to remove, with its name looked up once. A plain value of its middleware; the
// messages it is applied to refer to its texts, so it outlives them.

#include <string>
#include <string_view>

#include "protocol/http/headers.h"

namespace tandem::middleware {

class HeaderChange {
 public:
  /// The name is made canonical; an empty value removes.
  HeaderChange(std::string_view name, std::string_view value) : name_(name), value_(value), id_(http::header_id(name)) {
    http::canonicalize(name_);
  }

  void apply(http::Headers& headers) const {
    if (id_ != http::HeaderId::kOther) {
      headers.remove(id_);
    } else {
      headers.remove(name_);
    }
    if (!value_.empty()) headers.add_view(id_, name_, value_);
  }
  http::HeaderId id() const { return id_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

 private:
  std::string name_;
  std::string value_;
  http::HeaderId id_;
};

}  // namespace tandem::middleware
