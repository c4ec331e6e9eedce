#pragma once

// What a described struct looks like, at run time: flags need it to know which options take a value, the environment to
// know the roots, the reference documentation to list everything. Built once per type; any thread; immutable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/format/value.h"

namespace tandem::format {

struct Schema {
  enum class Kind : std::uint8_t { kBool, kInteger, kFloat, kText, kDuration, kSecret, kSection, kList, kMap, kAny };

  struct Field {
    std::string name;                  ///< the option's spelling
    std::vector<std::string> aliases;  ///< other spellings, kSingle included
    bool optional = false;             ///< absent differs from default
    bool stand_alone = false;          ///< may be given without any member
    bool built = true;                 ///< false: decoded, without effect
    std::string default_json;          ///< the default as JSON; empty for an absent optional
    const Schema& (*schema)() = nullptr;
  };

  Kind kind = Kind::kAny;
  std::string type_name;                 ///< name of the struct of a section
  std::vector<Field> fields;             ///< members of a section
  const Schema& (*element)() = nullptr;  ///< elements of a list or map

  /// The member of a section by name or alias, without regard to case; null when there is none.
  const Field* field(std::string_view name) const;
  /// Follows segments ("entryPoints", "web", "http"); map names match anything, "[0]" or digits an element of a list.
  const Schema* at(const std::vector<std::string>& path) const;
};

/// The schema of T; for types named in TANDEM_FORMAT_INSTANTIATE (decode_impl.h).
template <class T>
const Schema& schema_of();

/// The tree without root members that the schema does not know (Traefik ignores those of files); their names are
/// appended to `dropped`.
Value only_known_roots(Value tree, const Schema& schema, std::vector<std::string>& dropped);

}  // namespace tandem::format
