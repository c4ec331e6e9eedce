#pragma once

// The Date field (RFC 9110 §6.6.1), made once a second. Any core; each has its own copy.

#include <string_view>

namespace tandem::http {

/// The time of now as an IMF-fixdate; valid until the calling thread asks again.
std::string_view date_text();

}  // namespace tandem::http
