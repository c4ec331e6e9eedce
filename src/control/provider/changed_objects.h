#pragma once

// What of a large YAML file a change concerns: the objects whose lines changed. Reading 10,000 routers anew because of
// one of them would cost hundreds of milliseconds. Any thread; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/provider/dynamic_file.h"

namespace tandem::provider {

/// Some neighbouring objects of one kind, before and after a change, each as a document of its own that begins with
/// the two lines of section and kind.
struct ChangedObjects {
  std::string before;
  std::string now;
  std::string section;           ///< "http"
  std::string kind;              ///< "routers"
  std::uint32_t first_line = 0;  ///< where they begin, in both files, from 1
  std::uint32_t end_line = 0;    ///< the first line after them in the file as it was
  std::int64_t added_lines = 0;  ///< so much further down the rest stands now
};

/// Finds them when the change lies within objects of one kind of a file in block style; nothing when it might concern
/// more: sections, anchors, comments that look like objects. `before` is a file that could be read.
std::optional<ChangedObjects> find_changed_objects(std::string_view before, std::string_view now);

/// Brings `file`, which was read from `before`, in step with `now`, reading only what changed. False, with `file` as it
/// was, when the whole has to be read: the change is too large, or something is wrong with it.
bool read_changes(const std::string& path, std::string_view before, std::string_view now, DynamicFile& file);

/// Objects of `now` that are equal to those of the same name in `before` become the same ones.
void keep_unchanged(const model::DynamicConfiguration& before, model::DynamicConfiguration& now);

}  // namespace tandem::provider
