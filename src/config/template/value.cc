#include "config/template/value.h"

#include "config/template/moment.h"
#include "config/template/version.h"

namespace tandem::templates {
namespace {

constexpr int kDeepestComparison = 1000;
constexpr std::size_t kMostComparisons = 1 << 20;

class Comparison {
 public:
  std::optional<bool> equal(const Value& a, const Value& b, int depth) {
    if (++steps_ > kMostComparisons || depth > kDeepestComparison) return std::nullopt;
    if (a.absent() || b.absent()) return a.absent() && b.absent();
    if (a.type() != b.type()) return false;
    if (a.is_signed()) return a.integer() == b.integer();
    if (a.is_unsigned()) return a.natural() == b.natural();
    if (a.is_list()) return equal_items(a.items(), b.items(), depth);
    if (a.is_map() || a.is(Type::kStruct)) return equal_fields(a.fields(), b.fields(), depth);
    switch (a.type()) {
      case Type::kBool:
        return a.boolean() == b.boolean();
      case Type::kFloat:
        return a.real() == b.real();
      case Type::kComplex:
        return a.complex() == b.complex();
      case Type::kString:
      case Type::kBytes:
        return a.text() == b.text();
      case Type::kTime:
        return a.time() == b.time();
      case Type::kVersion:
        return a.version() == b.version();
      default:
        return false;
    }
  }

 private:
  std::optional<bool> equal_items(const List& a, const List& b, int depth) {
    if (&a == &b) return true;
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto same = equal(a[i], b[i], depth + 1);
      if (!same || !*same) return same;
    }
    return true;
  }

  std::optional<bool> equal_fields(const Fields& a, const Fields& b, int depth) {
    if (&a == &b) return true;
    if (a.entries.size() != b.entries.size() || a.type_name != b.type_name) return false;
    for (auto x = a.entries.begin(), y = b.entries.begin(); x != a.entries.end(); ++x, ++y) {
      if (x->first != y->first) return false;
      const auto same = equal(x->second, y->second, depth + 1);
      if (!same || !*same) return same;
    }
    return true;
  }

  std::size_t steps_ = 0;
};

std::string_view constant_type_name(Type type) {
  switch (type) {
    case Type::kNone:
    case Type::kNil:
      return "<nil>";
    case Type::kBool:
      return "bool";
    case Type::kInt:
      return "int";
    case Type::kInt64:
      return "int64";
    case Type::kDuration:
      return "time.Duration";
    case Type::kMonth:
      return "time.Month";
    case Type::kWeekday:
      return "time.Weekday";
    case Type::kByte:
      return "uint8";
    case Type::kUint:
      return "uint";
    case Type::kUint64:
      return "uint64";
    case Type::kFloat:
      return "float64";
    case Type::kComplex:
      return "complex128";
    case Type::kString:
      return "string";
    case Type::kList:
      return "[]interface {}";
    case Type::kStrings:
      return "[]string";
    case Type::kInts:
      return "[]int";
    case Type::kLists:
      return "[][]interface {}";
    case Type::kBytes:
      return "[]uint8";
    case Type::kMap:
      return "map[string]interface {}";
    case Type::kStringMap:
      return "map[string]string";
    case Type::kStruct:
      return "struct";
    case Type::kTime:
      return "time.Time";
    case Type::kVersion:
      return "*semver.Version";
  }
  return "?";
}

}  // namespace

Value Value::list(List value, Type type) {
  std::uint32_t depth = 0;
  for (const Value& each : value) depth = std::max(depth, each.depth());
  Value made(type, std::make_shared<const List>(std::move(value)));
  made.depth_ = depth + 1;
  return made;
}

Value Value::strings(const std::vector<std::string>& value) {
  List items;
  items.reserve(value.size());
  for (const std::string& each : value) items.push_back(of(each));
  return list(std::move(items), Type::kStrings);
}

std::size_t Value::size() const {
  if (is_list()) return items().size();
  if (is(Type::kString) || is(Type::kBytes)) return text().size();
  return fields().entries.size();
}

Value Value::at(std::size_t index) const {
  if (is(Type::kBytes)) return of_unsigned(static_cast<unsigned char>(text()[index]), Type::kByte);
  return items()[index];
}

bool Value::truth() const {
  if (is_signed()) return integer() != 0;
  if (is_unsigned()) return natural() != 0;
  switch (type_) {
    case Type::kNone:
    case Type::kNil:
      return false;
    case Type::kBool:
      return boolean();
    case Type::kFloat:
      return real() != 0;
    case Type::kComplex:
      return complex() != std::pair(0.0, 0.0);
    case Type::kStruct:
    case Type::kTime:
    case Type::kVersion:
      return true;
    default:
      return size() > 0;
  }
}

std::size_t Value::fresh_bytes() const {
  if (const auto* text = std::get_if<Text>(&content_)) return text->use_count() == 1 ? (*text)->size() : 0;
  const auto* items = std::get_if<Items>(&content_);
  if (items == nullptr || items->use_count() > 1) return 0;
  std::size_t bytes = (*items)->size() * sizeof(Value);
  for (const Value& each : **items) {
    if (each.is(Type::kString)) bytes += each.fresh_bytes();
  }
  return bytes;
}

std::string type_name(const Value& value) {
  if (value.is(Type::kStruct)) return value.fields().type_name;
  return std::string(constant_type_name(value.type()));
}

std::string static_type_name(const Value& value) { return value.absent() ? "interface {}" : type_name(value); }

std::string_view kind_name(const Value& value) {
  if (value.is_sequence()) return "slice";
  if (value.is_map()) return "map";
  switch (value.type()) {
    case Type::kNone:
    case Type::kNil:
      return "invalid";
    case Type::kDuration:
      return "int64";
    case Type::kMonth:
    case Type::kWeekday:
      return "int";
    case Type::kStruct:
    case Type::kTime:
      return "struct";
    case Type::kVersion:
      return "ptr";
    default:
      return constant_type_name(value.type());
  }
}

std::optional<bool> deep_equal(const Value& a, const Value& b) { return Comparison().equal(a, b, 0); }

Heap::~Heap() {
  // Each is emptied while all are still held: what they refer to is not destroyed in a chain.
  for (const auto& each : fields_) each->entries.clear();
}

Value Heap::map(Type type) { return Value::map(fields_.emplace_back(std::make_shared<Fields>()), type); }

Value Heap::structure(std::string type_name) {
  Value made = map(Type::kStruct);
  made.fields().type_name = std::move(type_name);
  return made;
}

Value Heap::adopt(const Value& value) {
  if (value.is_list()) {
    List items;
    items.reserve(value.size());
    for (const Value& each : value.items()) items.push_back(adopt(each));
    return Value::list(std::move(items), value.type());
  }
  if (!value.is_map() && !value.is(Type::kStruct)) return value;
  Value made = map(value.type());
  made.fields().type_name = value.fields().type_name;
  for (const auto& [key, each] : value.fields().entries) made.fields().entries.emplace(key, adopt(each));
  return made;
}

}  // namespace tandem::templates
