#pragma once

// FileContent: remembers what a file held when it was last read, and tells cheaply whether it holds something else now.
// Times and sizes are compared first; a file that changed within the clock's grain of its last reading is read again,
// since another change in that moment would leave no trace. Control thread. Owned by whoever watches the file.

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tandem::provider {

class FileContent {
 public:
  enum class Look : std::uint8_t {
    kSame,
    kNew,        // `text` holds the new content
    kUnsettled,  // it may be half written: look again in a moment
    kUnreadable,
  };
  enum class Trust : std::uint8_t {
    kAlways,      // believe whatever is there
    kNotIfEmpty,  // its writer has closed it, but it may be about to write again
    kIfSettled,   // it may be being written: believe what was the same at two looks
  };

  /// Reads the file at `path` when it may have changed.
  Look look(const std::string& path, Trust trust, std::string& text);
  /// Hash of the content; 0 before the first successful look and while the file is unreadable.
  std::uint64_t hash() const { return hash_; }
  /// Why the last look failed.
  const std::string& problem() const { return problem_; }

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t modified = 0;  // nanoseconds of the file's clock
    std::int64_t changed = 0;
    bool operator==(const Stamp&) const = default;
  };

  Look fail(std::string problem);
  static base::Result<std::string> read(int fd, off_t size);

  Stamp believed_;   // of the content that was reported last
  Stamp candidate_;  // seen once, not yet believed
  bool fresh_ = false;
  std::uint64_t hash_ = 0;
  std::string problem_;
};

}  // namespace tandem::provider
