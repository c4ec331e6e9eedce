#include "config/format/json_fields.h"

namespace tandem::format {

using boost::json::array;
using boost::json::object;
using boost::json::value;

std::string_view text_in(const object& from, std::string_view key) {
  const value* const found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

double number_in(const object& from, std::string_view key) {
  const value* const found = from.if_contains(key);
  return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

std::uint64_t whole_in(const object& from, std::string_view key) {
  const value* const found = from.if_contains(key);
  if (found == nullptr) return 0;
  if (found->is_uint64()) return found->get_uint64();
  return found->is_int64() && found->get_int64() > 0 ? static_cast<std::uint64_t>(found->get_int64()) : 0;
}

bool flag_in(const object& from, std::string_view key) {
  const value* const found = from.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

const object& part_in(const object& from, std::string_view key) {
  static const object kNone;
  const value* const found = from.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

const array& list_in(const object& from, std::string_view key) {
  static const array kNone;
  const value* const found = from.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

}  // namespace tandem::format
