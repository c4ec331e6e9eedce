#pragma once

// Reads members of a status (pair_status.h) without trusting its shape: it came from another process. Any thread.

#include <boost/json/object.hpp>
#include <string_view>

namespace tandem::ha {

/// The text of a member; empty when it is none.
std::string_view text_in(const boost::json::object& from, std::string_view key);
/// The number of a member; 0 when it is none.
double number_in(const boost::json::object& from, std::string_view key);
/// A member that is an object; an empty one when it is none.
const boost::json::object& part_in(const boost::json::object& from, std::string_view key);
/// A member that is an array; an empty one when it is none.
const boost::json::array& list_in(const boost::json::object& from, std::string_view key);

}  // namespace tandem::ha
