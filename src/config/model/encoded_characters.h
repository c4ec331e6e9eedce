#pragma once

// Which percent-encoded characters a path may hold. Any thread; plain values.

#include "config/format/described.h"

namespace tandem::model {

/// For an entry point (Traefik: entryPoints.NAME.http.encodedCharacters): absent or true allows.
struct EncodedCharacters {
  bool allowEncodedSlash = true;          ///< Allow `%2F` (/) in paths.
  bool allowEncodedBackSlash = true;      ///< Allow `%5C` (\).
  bool allowEncodedNullCharacter = true;  ///< Allow `%00`.
  bool allowEncodedSemicolon = true;      ///< Allow `%3B` (;).
  bool allowEncodedPercent = true;        ///< Allow `%25` (%).
  bool allowEncodedQuestionMark = true;   ///< Allow `%3F` (?).
  bool allowEncodedHash = true;           ///< Allow `%23` (#).
  bool operator==(const EncodedCharacters&) const = default;
};
BOOST_DESCRIBE_STRUCT(EncodedCharacters, (),
                      (allowEncodedSlash, allowEncodedBackSlash, allowEncodedNullCharacter, allowEncodedSemicolon,
                       allowEncodedPercent, allowEncodedQuestionMark, allowEncodedHash))

/// The middleware of that name (Traefik: http.middlewares.NAME.encodedCharacters): absent denies.
struct EncodedCharactersMiddleware {
  bool allowEncodedSlash = false;          ///< Allow `%2F` (/) in paths.
  bool allowEncodedBackSlash = false;      ///< Allow `%5C` (\).
  bool allowEncodedNullCharacter = false;  ///< Allow `%00`.
  bool allowEncodedSemicolon = false;      ///< Allow `%3B` (;).
  bool allowEncodedPercent = false;        ///< Allow `%25` (%).
  bool allowEncodedQuestionMark = false;   ///< Allow `%3F` (?).
  bool allowEncodedHash = false;           ///< Allow `%23` (#).
  bool operator==(const EncodedCharactersMiddleware&) const = default;
};
BOOST_DESCRIBE_STRUCT(EncodedCharactersMiddleware, (),
                      (allowEncodedSlash, allowEncodedBackSlash, allowEncodedNullCharacter, allowEncodedSemicolon,
                       allowEncodedPercent, allowEncodedQuestionMark, allowEncodedHash))

}  // namespace tandem::model
