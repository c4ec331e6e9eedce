#pragma once

// TrackFile: follows a file that holds a number (keepalived: track_file), by inotify on its folder, so that writing,
// replacing and removing it all count at once. Belongs to the supervisor's loop, which owns it.

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/model/high_availability_track.h"
#include "control/hooks/track_effect.h"
#include "engine/loop/scope.h"

namespace tandem::hooks {

/// What a number means: times `weight`; with weight 0, and from -254 down, it is a fault.
TrackEffect effect_of_number(std::int64_t number, std::int64_t weight);

class TrackFile {
 public:
  /// Called from the loop when the effect changes.
  using Told = std::function<void(const TrackFile&)>;

  /// Reads it at once. Errors: its folder cannot be watched.
  static base::Result<std::unique_ptr<TrackFile>> make(const model::TrackedFile& file, Told told);
  TrackFile(const TrackFile&) = delete;
  TrackFile& operator=(const TrackFile&) = delete;

  void start();
  const TrackEffect& effect() const { return effect_; }
  std::int64_t number() const { return number_; }
  const model::TrackedFile& file() const { return file_; }
  std::string reason() const;

 private:
  TrackFile(model::TrackedFile file, int watch, Told told);
  loop::Task<void> follow();
  void read();

  model::TrackedFile file_;
  Told told_;
  loop::Descriptor watch_;
  std::int64_t number_ = 0;
  bool readable_ = true;  // a number stands there, or nothing
  TrackEffect effect_;
  loop::Scope scope_;
};

}  // namespace tandem::hooks
