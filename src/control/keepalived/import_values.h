#pragma once

// What the parts of the import of a keepalived.conf share: remarks, numbers, commands. One thread.

#include <optional>
#include <string>
#include <vector>

#include "config/model/high_availability.h"
#include "control/keepalived/import_keepalived.h"
#include "control/keepalived/keepalived_file.h"
#include "control/keepalived/keepalived_keywords.h"

namespace tandem::keepalived {

/// Collects what people must know.
class Remarks {
 public:
  void add(RemarkKind kind, const FilePlace& place, std::string text);
  void note(const KeepalivedStatement& at, std::string text) { add(RemarkKind::kNote, at.place, std::move(text)); }
  void warn(const KeepalivedStatement& at, std::string text) { add(RemarkKind::kWarning, at.place, std::move(text)); }
  void untranslated(const KeepalivedStatement& at, std::string text) {
    add(RemarkKind::kUntranslated, at.place, std::move(text));
  }
  /// Says what becomes of a keyword that has no option: its reason, or that nobody knows it.
  void fate(KeywordBlock block, const KeepalivedStatement& statement);

  std::vector<ImportRemark> take() && { return std::move(list_); }

 private:
  std::vector<ImportRemark> list_;
};

/// A use of a tracked script, file or interface by an instance or a group.
struct TrackUse {
  std::string name;
  std::optional<std::int64_t> weight;  ///< Absent: that of the definition.
  bool reverse = false;
  std::string user;  ///< the instance or group
  FilePlace place;
};

/// The word at `index` as a number; a remark and nothing when it is none.
std::optional<double> number_of(const KeepalivedStatement& statement, std::size_t index, Remarks& remarks);
std::optional<std::int64_t> whole_number_of(const KeepalivedStatement& statement, Remarks& remarks);
std::optional<format::Duration> seconds_of(const KeepalivedStatement& statement, Remarks& remarks);
/// `keyword`, `keyword on|true|yes` or `keyword off|false|no`.
bool is_on(const KeepalivedStatement& statement);
/// "USER GROUP" behind `index` becomes USER:GROUP.
std::string user_of(const KeepalivedStatement& statement, std::size_t index);
/// Makes a command's program an absolute path, as keepalived does by PATH; empty, with a remark, when there is none.
std::string command_of(const KeepalivedStatement& statement, const std::string& command, Remarks& remarks);
/// Takes notify_… keywords; false for others.
bool take_notify(const KeepalivedStatement& statement, model::NotifyCommands& notify, Remarks& remarks);
/// The lines of a block `{ NAME [weight W [reverse]] }`.
std::vector<TrackUse> track_uses(const KeepalivedStatement& block, const std::string& user, Remarks& remarks);

}  // namespace tandem::keepalived
