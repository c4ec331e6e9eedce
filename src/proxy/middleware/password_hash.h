#pragma once

// Passwords against the hashes that htpasswd writes: {SHA}, bcrypt, and MD5 crypt ($apr1$ and $1$). Any thread; no
// state. Anything else never matches, plain text in particular.

#include <string_view>

namespace tandem::middleware {

/// True when checking a password against `hash` takes long enough (tens of microseconds to seconds) to be kept away
/// from a worker's loop.
bool is_slow_hash(std::string_view hash);

/// Whether `password` is the one of `hash`; takes as long as the hash wants.
bool matches_password(std::string_view password, std::string_view hash);

}  // namespace tandem::middleware
