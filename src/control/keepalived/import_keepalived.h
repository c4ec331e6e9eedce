#pragma once

// Translates a keepalived.conf into the section `ha`. What has no counterpart is named with its place and the reason,
// never passed over. One thread; reads the file, what it includes, and looks for programs.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::keepalived {

struct ImportOptions {
  std::string id;                  ///< Lines that begin with @ID (keepalived -i).
  std::int64_t peer_priority = 0;  ///< The other node's priority, for the check of weights; 0: unknown.
  bool strict = false;             ///< Weights that (most likely) change nothing are errors.
};

enum class RemarkKind : std::uint8_t {
  kNote,          ///< Said by keepalived, and so anyway or without meaning here.
  kWarning,       ///< Translated, but it will not do what was meant.
  kUntranslated,  ///< Has no counterpart; what it did will not happen.
  kError          ///< A doubt that `strict` makes an error.
};

struct ImportRemark {
  RemarkKind kind = RemarkKind::kNote;
  std::string place;  ///< file:line
  std::string text;
  /// "file:line: warning: text"
  std::string line() const;
};

struct Import {
  format::Value ha;  ///< {ha: {…}}, only what differs from the defaults
  std::vector<ImportRemark> remarks;
  bool has(RemarkKind kind) const;
  /// The file to write, with what it comes from in comments.
  std::string yaml() const;

  std::vector<std::string> roles;  ///< for people: "VI_1: virtual router 51, priority 200 (state MASTER)"
  std::string origin;
};

/// Errors: the file cannot be read, or holds no vrrp_instance.
base::Result<Import> import_keepalived(const std::string& path, const ImportOptions& options);

}  // namespace tandem::keepalived
