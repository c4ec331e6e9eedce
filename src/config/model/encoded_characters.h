#pragma once

// Which percent-encoded characters a path may hold. Any thread; plain values.

#include "config/format/described.h"

namespace tandem::model {

/// For an entry point (Traefik: entryPoints.NAME.http.encodedCharacters): absent or true allows.
struct EncodedCharacters {
  bool allowEncodedSlash = true;          ///< %2F
  bool allowEncodedBackSlash = true;      ///< %5C
  bool allowEncodedNullCharacter = true;  ///< %00
  bool allowEncodedSemicolon = true;      ///< %3B
  bool allowEncodedPercent = true;        ///< %25
  bool allowEncodedQuestionMark = true;   ///< %3F
  bool allowEncodedHash = true;           ///< %23
  bool operator==(const EncodedCharacters&) const = default;
};
BOOST_DESCRIBE_STRUCT(EncodedCharacters, (),
                      (allowEncodedSlash, allowEncodedBackSlash, allowEncodedNullCharacter, allowEncodedSemicolon,
                       allowEncodedPercent, allowEncodedQuestionMark, allowEncodedHash))

/// The middleware of that name (Traefik: http.middlewares.NAME.encodedCharacters): absent denies.
struct EncodedCharactersMiddleware {
  bool allowEncodedSlash = false;          ///< %2F
  bool allowEncodedBackSlash = false;      ///< %5C
  bool allowEncodedNullCharacter = false;  ///< %00
  bool allowEncodedSemicolon = false;      ///< %3B
  bool allowEncodedPercent = false;        ///< %25
  bool allowEncodedQuestionMark = false;   ///< %3F
  bool allowEncodedHash = false;           ///< %23
  bool operator==(const EncodedCharactersMiddleware&) const = default;
};
BOOST_DESCRIBE_STRUCT(EncodedCharactersMiddleware, (),
                      (allowEncodedSlash, allowEncodedBackSlash, allowEncodedNullCharacter, allowEncodedSemicolon,
                       allowEncodedPercent, allowEncodedQuestionMark, allowEncodedHash))

}  // namespace tandem::model
