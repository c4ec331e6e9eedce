#pragma once

// Value: what templates compute with. It knows which Go type it would have, since printing, comparing and the checking
// of arguments depend on that. Lists are immutable; dictionaries are shared and change in place, as in Go.
// One thread at a time; dictionaries are owned by the Heap of the rendering that made them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::templates {

enum class Type : std::uint8_t {
  kNone,       // no value at all: a missing key, the result of nothing; printed <no value>
  kNil,        // interface {} that holds nothing
  kBool,       // bool
  kInt,        // int
  kInt64,      // int64
  kDuration,   // time.Duration
  kMonth,      // time.Month
  kWeekday,    // time.Weekday
  kByte,       // uint8
  kUint,       // uint
  kUint64,     // uint64
  kFloat,      // float64
  kComplex,    // complex128
  kString,     // string
  kList,       // []interface {}
  kStrings,    // []string
  kInts,       // []int
  kLists,      // [][]interface {}
  kBytes,      // []uint8
  kMap,        // map[string]interface {}
  kStringMap,  // map[string]string
  kStruct,     // a struct whose fields are known by name
  kTime,       // time.Time
  kVersion,    // *semver.Version
};

class Value;
struct Time;
struct Version;

using List = std::vector<Value>;

/// The content of a dictionary or of a struct. Keys are in the order in which Go ranges over and prints them.
struct Fields {
  std::map<std::string, Value, std::less<>> entries;
  std::string type_name;  // of a struct
};

class Value {
 public:
  Value() = default;
  static Value nil() { return {Type::kNil, std::monostate{}}; }
  static Value of(bool value) { return {Type::kBool, value}; }
  static Value of(std::int64_t value, Type type = Type::kInt64) { return {type, value}; }
  static Value of_int(std::int64_t value) { return {Type::kInt, value}; }
  static Value of_unsigned(std::uint64_t value, Type type) { return {type, value}; }
  static Value of(double value) { return {Type::kFloat, value}; }
  static Value complex(double real, double imaginary) { return {Type::kComplex, std::pair(real, imaginary)}; }
  static Value of(std::string value) { return {Type::kString, std::make_shared<const std::string>(std::move(value))}; }
  static Value of(std::string_view value) { return of(std::string(value)); }
  static Value of(const char* value) { return of(std::string(value)); }
  static Value bytes(std::string value) {
    return {Type::kBytes, std::make_shared<const std::string>(std::move(value))};
  }
  static Value list(List value, Type type = Type::kList);
  static Value strings(const std::vector<std::string>& value);
  /// Wraps fields that a Heap made.
  static Value map(std::shared_ptr<Fields> fields, Type type = Type::kMap) { return {type, std::move(fields)}; }
  static Value of(std::shared_ptr<const Time> time) { return {Type::kTime, std::move(time)}; }
  static Value of(std::shared_ptr<const Version> version) { return {Type::kVersion, std::move(version)}; }

  Type type() const { return type_; }
  bool is(Type type) const { return type_ == type; }
  /// kNone or kNil.
  bool absent() const { return type_ == Type::kNone || type_ == Type::kNil; }
  bool is_signed() const { return type_ >= Type::kInt && type_ <= Type::kWeekday; }
  bool is_unsigned() const { return type_ >= Type::kByte && type_ <= Type::kUint64; }
  bool is_list() const { return type_ >= Type::kList && type_ <= Type::kLists; }
  /// A list, or bytes.
  bool is_sequence() const { return is_list() || type_ == Type::kBytes; }
  bool is_map() const { return type_ == Type::kMap || type_ == Type::kStringMap; }

  // REQUIRES of each: the type fits.
  bool boolean() const { return std::get<bool>(content_); }
  std::int64_t integer() const { return std::get<std::int64_t>(content_); }
  std::uint64_t natural() const { return std::get<std::uint64_t>(content_); }
  double real() const { return std::get<double>(content_); }
  const std::pair<double, double>& complex() const { return std::get<std::pair<double, double>>(content_); }
  const std::string& text() const { return *std::get<Text>(content_); }
  const List& items() const { return *std::get<Items>(content_); }
  Fields& fields() const { return *std::get<std::shared_ptr<Fields>>(content_); }
  const std::shared_ptr<Fields>& shared_fields() const { return std::get<std::shared_ptr<Fields>>(content_); }
  const Time& time() const { return *std::get<std::shared_ptr<const Time>>(content_); }
  const Version& version() const { return *std::get<std::shared_ptr<const Version>>(content_); }

  /// Elements of a sequence or entries of a dictionary. REQUIRES: one of these, or text.
  std::size_t size() const;
  /// REQUIRES: is_sequence() and index < size().
  Value at(std::size_t index) const;
  /// False for what Go's templates hold for empty: false, 0, "", nil, empty lists and dictionaries.
  bool truth() const;
  /// How many lists stand in each other.
  std::uint32_t depth() const { return depth_; }
  /// Bytes of memory that nobody else holds, without what stands in the elements.
  std::size_t fresh_bytes() const;

 private:
  using Text = std::shared_ptr<const std::string>;
  using Items = std::shared_ptr<const List>;
  using Content =
      std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::pair<double, double>, Text, Items,
                   std::shared_ptr<Fields>, std::shared_ptr<const Time>, std::shared_ptr<const Version>>;

  Value(Type type, Content content) : content_(std::move(content)), type_(type) {}

  Content content_;
  std::uint32_t depth_ = 0;
  Type type_ = Type::kNone;
};

/// As Go's %T prints it: "[]interface {}"; "<nil>" for nothing.
std::string type_name(const Value& value);
/// As reflect names the static type in error texts: like type_name, but "interface {}" for nil.
std::string static_type_name(const Value& value);
/// As sprig's kindOf: "slice", "map", "ptr", …
std::string_view kind_name(const Value& value);

/// Go's reflect.DeepEqual; nullopt when the values are nested too deeply or too large to compare.
std::optional<bool> deep_equal(const Value& a, const Value& b);

/// Owns the dictionaries of one rendering and takes them apart at its end, whatever refers to whatever.
class Heap {
 public:
  Heap() = default;
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Value map(Type type = Type::kMap);
  Value structure(std::string type_name);
  /// A copy whose dictionaries belong to this heap. REQUIRES: `value` holds no dictionary that contains itself.
  Value adopt(const Value& value);

 private:
  std::vector<std::shared_ptr<Fields>> fields_;
};

}  // namespace tandem::templates
