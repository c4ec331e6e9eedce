#pragma once

// The file provider (Traefik: providers.file): one file, or all files below a folder. Watches by inotify and by looking
// every few seconds. A file that turns bad keeps its last good content while the others go on. What a file holds is
// parsed once: of many files only the changed one is read and decoded again.
// Control thread. Owned by app.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/model/static_providers.h"
#include "control/provider/dynamic_file.h"
#include "control/provider/file_content.h"
#include "control/provider/file_watch.h"
#include "control/provider/provider.h"

namespace tandem::provider {

class File final : public Provider {
 public:
  /// How often files are compared whatever the kernel says.
  static constexpr loop::Nanoseconds kLookEvery = std::chrono::seconds(5);

  /// `memory`: what files held when they were last good, for a start with broken ones; may be null, outlives this.
  explicit File(model::FileProvider options, Memory* memory = nullptr);

  std::string_view name() const override { return "file"; }
  loop::Task<void> run(Receiver& receiver) override;
  void reload() override;
  format::Position locate(std::string_view path) const override;
  Place locate_certificate(const model::StoredCertificate& certificate) const override;

 private:
  /// One file: the last content and what came of it.
  struct Source {
    FileContent content;
    std::optional<DynamicFile> good;
    format::Problems problems;
    format::Problems warnings;
    bool recalled = false;   ///< `good` is what an earlier run of the program accepted
    std::string large_text;  ///< what `good` was read from, when it is worth comparing with the next one
  };
  /// The files of the provider, in the order in which they win, and the folders that hold them.
  struct Listing {
    std::vector<std::string> files;
    std::vector<std::string> folders;
    format::Problems problems;
    bool complete = true;  // false: a folder could not be read, absent files may still exist
  };

  struct Seen {
    bool changed = false;
    bool unsettled = false;  // something may be half written: look again soon
  };
  /// What the files held when they were last good, in the order in which they win; a view of pointers.
  auto good_files() const;
  Seen look(FileContent::Trust trust);
  Listing list() const;
  void list_folder(const std::string& folder, int depth, Listing& listing) const;
  void look_at(const std::string& path, FileContent::Trust trust, Seen& seen);
  void read(const std::string& path, std::string text, Source& source);
  void recall(const std::string& path, Source& source) const;
  static std::string lasting_name(const std::string& path);
  /// Only at these files, if they are named ones and nothing else; false: that does not do.
  bool look_at_touched(const std::set<std::string>& touched, Seen& seen);
  /// Looks at all named files, or at the next part of many.
  bool look_at_named_files(FileContent::Trust trust, Seen& seen);
  bool look_at_named(const std::string& path, FileContent& content, FileContent::Trust trust, Seen& seen);
  void merge();
  void watch(const Listing& listing);
  void deliver();

  model::FileProvider options_;
  Memory* memory_;
  Receiver* receiver_ = nullptr;
  FileWatch watch_;
  Listing listing_;
  std::map<std::string, Source> sources_;
  std::map<std::string, FileContent> named_;
  /// Named files that no link leads to, by absolute path; several names may mean one.
  std::map<std::string, std::vector<std::string>> direct_;
  std::set<std::string> beside_certificates_;  ///< named files that are more than certificates
  std::string looked_at_last_;                 ///< where the next part of the named files begins
  std::vector<std::string> unsettled_;         ///< named files to look at again soon
  std::vector<std::string> changed_named_;     ///< since the last delivery
  Delivery delivery_;
  bool looked_ = false;
};

}  // namespace tandem::provider
