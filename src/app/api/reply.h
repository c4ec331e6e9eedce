#pragma once

// Answers of the API in the form Go's server gives them. Any core.

#include <cstdint>
#include <string>

#include "config/format/value.h"
#include "protocol/http/exchange.h"

namespace tandem::api {

/// 200 with the value and a newline. Beyond 2 KiB the length is not announced, as in Traefik.
http::Response json(const format::Value& value, http::Exchange& exchange);
/// {"message": text} as Traefik sends errors: JSON that is called text/plain.
http::Response failure(int status, std::string_view text, http::Exchange& exchange);
/// Whether a client is told the length of a page in advance.
enum class Length : std::uint8_t {
  kAsGo,       ///< up to 2 KiB, as Go's server does for what a handler just writes
  kAnnounced,  ///< always
  kUnknown,    ///< never
};
/// A response whose body is `text`; copied into the exchange's arena.
http::Response page(std::string_view content_type, std::string_view text, http::Exchange& exchange,
                    Length length = Length::kAsGo);

// Building values.
format::Value text(std::string_view value);
format::Value number(std::int64_t value);
format::Value list(const std::vector<std::string>& values);

}  // namespace tandem::api
