#include "control/ha/status_words.h"

#include <boost/json/array.hpp>

namespace tandem::ha {

std::string_view text_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* const found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

double number_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* const found = from.if_contains(key);
  return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

const boost::json::object& part_in(const boost::json::object& from, std::string_view key) {
  static const boost::json::object kNone;
  const boost::json::value* const found = from.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

const boost::json::array& list_in(const boost::json::object& from, std::string_view key) {
  static const boost::json::array kNone;
  const boost::json::value* const found = from.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

}  // namespace tandem::ha
