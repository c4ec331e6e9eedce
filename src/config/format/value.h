#pragma once

// The one tree that every configuration format becomes: YAML, TOML, JSON, labels, KV keys, flags and environment.
// Every node knows where it stood, so an error can name file, line and column. Any thread; a plain value.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::format {

/// Where a value stood. `source` is a file path, or "flags", "environment", "labels of NAME"…; line and column count
/// from 1 and are 0 where the source has none.
struct Position {
  std::shared_ptr<const std::string> source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  /// "file:line:column", without what is unknown.
  std::string text() const;
};

class Value;

/// Members keep the order of the source; names are compared as the decoder says (Traefik: without regard to case).
/// In flat sources (labels, flags, KV, environment) a section may have a value of its own beside its members
/// (`tls=true`, `tls.options=x`): that is a member with an empty name.
struct Member;
using Object = std::vector<Member>;
using Array = std::vector<Value>;

class Value {
 public:
  struct Null {
    bool operator==(const Null&) const = default;
  };
  /// A scalar that had no type in its source (labels, flags, KV): text that a decoder interprets by the wanted type.
  struct Text {
    std::string text;
    bool operator==(const Text&) const = default;
  };
  using Data = std::variant<Null, bool, std::int64_t, double, std::string, Text, Array, Object>;

  Value() = default;
  Value(Data data, Position position);

  const Data& data() const { return data_; }
  Data& data() { return data_; }
  const Position& position() const { return position_; }

  bool is_null() const { return std::holds_alternative<Null>(data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  Array* array() { return std::get_if<Array>(&data_); }
  /// The member of an object by name without regard to ASCII case; null when absent or not an object.
  const Value* find(std::string_view name) const;
  /// Equal in content; positions do not count.
  bool operator==(const Value& other) const;

 private:
  Data data_;
  Position position_;
};

struct Member {
  std::string name;
  Value value;
  bool operator==(const Member&) const = default;
};

}  // namespace tandem::format
