#include "config/format/value.h"

#include "base/text.h"

namespace tandem::format {

std::string Position::text() const {
  std::string out = source ? *source : std::string{};
  if (line > 0) {
    if (!out.empty()) out += ':';
    out += std::to_string(line);
    if (column > 0) out.append(":").append(std::to_string(column));
  }
  return out;
}

Value::Value(Data data, Position position) : data_(std::move(data)), position_(std::move(position)) {}

const Value* Value::find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const auto& member : *members) {
    if (base::equal_ignoring_case(member.name, name)) return &member.value;
  }
  return nullptr;
}

bool Value::operator==(const Value& other) const { return data_ == other.data_; }

}  // namespace tandem::format
