#pragma once

// Reads the language of keepalived.conf: comments, quotes, continued lines, include, @ID lines, $NAME definitions, ~SEQ
// and blocks become a tree of statements. Knows no keyword but `include`. One thread; a plain value; reads files.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::keepalived {

/// Where a statement begins.
struct FilePlace {
  std::string file;
  int line = 0;  ///< counts from 1
  std::string text() const;
};

struct KeepalivedWord {
  std::string text;
  bool quoted = false;
  bool operator==(const KeepalivedWord&) const = default;
};

/// A line, and the block behind it.
struct KeepalivedStatement {
  std::vector<KeepalivedWord> words;  ///< at least one
  std::vector<KeepalivedStatement> block;
  bool has_block = false;
  FilePlace place;

  const std::string& keyword() const { return words.front().text; }
  /// The word behind the keyword, counted from 1; empty when there is none.
  std::string_view word(std::size_t index) const;
};

struct KeepalivedRemark {
  FilePlace place;
  std::string text;
};

struct KeepalivedFile {
  std::vector<KeepalivedStatement> statements;
  std::vector<KeepalivedRemark>
      remarks;  ///< what is odd: braces without partner, open quotes, files that are not there
};

/// `id` decides about lines that begin with @ID (keepalived -i); keepalived's default is the host name. Errors: the
/// file itself cannot be read.
base::Result<KeepalivedFile> read_keepalived_file(const std::string& path, const std::string& id);

/// The same for a text; `path` names it in places and says where relative includes are.
KeepalivedFile parse_keepalived(std::string_view text, const std::string& path, const std::string& id);

}  // namespace tandem::keepalived
