#pragma once

// Paths as path middlewares need them: percent-encoded text that is cut, joined and compared. Any thread; no state.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/http/arena.h"

namespace tandem::middleware {

/// `path` as a configuration writes it (not encoded), in the encoding of a request's path: what may not stand in a path
/// is escaped as Go's net/url does it, '%' too.
std::string escape_path(std::string_view path);

/// The same for text that may be encoded already: its percent sequences stay.
std::string reescape_path(std::string_view path);

/// The first thing that begins with '%' and is no percent sequence, as Go reports it; empty when there is none.
std::string_view malformed_escape(std::string_view path);

/// How many bytes of the encoded `path` make up `decoded_size` bytes of its decoded form. Malformed sequences count as
/// they stand.
std::size_t encoded_size(std::string_view path, std::size_t decoded_size);

/// Whether a decoded path is what cleaning would leave: no empty, "." or ".." segments. The empty path is clean.
bool is_clean_path(std::string_view decoded);

/// What is left of the encoded `path` once the first `decoded_size` bytes of its decoded form are cut; begins with '/'
/// unless it is empty. Nothing when the rest is not clean: cutting must not make a path that points elsewhere.
std::optional<std::string_view> cut_path(std::string_view path, std::size_t decoded_size, http::Arena& arena);

}  // namespace tandem::middleware
