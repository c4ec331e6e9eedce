#pragma once

// Reads members of JSON that another process or another node sent, without trusting its shape: what is missing or of
// another type reads as nothing. Any thread; what is returned lives in the object that was read.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string_view>

namespace tandem::format {

/// The text of a member; empty when it is none.
std::string_view text_in(const boost::json::object& from, std::string_view key);
/// The number of a member; 0 when it is none.
double number_in(const boost::json::object& from, std::string_view key);
/// The same of a whole number, exactly; 0 when it is none or below 0.
std::uint64_t whole_in(const boost::json::object& from, std::string_view key);
/// Whether a member is true.
bool flag_in(const boost::json::object& from, std::string_view key);
/// A member that is an object; an empty one when it is none.
const boost::json::object& part_in(const boost::json::object& from, std::string_view key);
/// A member that is an array; an empty one when it is none.
const boost::json::array& list_in(const boost::json::object& from, std::string_view key);

}  // namespace tandem::format
