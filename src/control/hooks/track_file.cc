#include "control/hooks/track_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/fd.h"
#include "base/log.h"

namespace tandem::hooks {
namespace {

constexpr std::int64_t kLargest = 254;  // weights beyond it would say no more

}  // namespace

TrackEffect effect_of_number(std::int64_t number, std::int64_t weight) {
  if (weight == 0) return {.weight = 0, .fault = number != 0};
  const std::int64_t bounded = std::clamp<std::int64_t>(number, -100'000, 100'000) * weight;
  if (bounded <= -kLargest) return {.weight = 0, .fault = true};
  return {.weight = std::min(bounded, kLargest), .fault = false};
}

base::Result<std::unique_ptr<TrackFile>> TrackFile::make(const model::TrackedFile& file, Told told) {
  const std::size_t slash = file.path.rfind('/');
  const std::string folder = slash == 0 ? "/" : file.path.substr(0, slash);
  base::Fd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watch.get() < 0) return base::Error::from_errno(errno, "inotify");
  constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY;
  if (::inotify_add_watch(watch.get(), folder.c_str(), kEvents) < 0)
    return base::Error::from_errno(errno, "watching " + folder);
  std::unique_ptr<TrackFile> made(new TrackFile(file, watch.release(), std::move(told)));
  made->read();
  return made;
}

TrackFile::TrackFile(model::TrackedFile file, int watch, Told told)
    : file_(std::move(file)), told_(std::move(told)), watch_(watch) {}

void TrackFile::start() { scope_.spawn(follow()); }

loop::Task<void> TrackFile::follow() {
  alignas(inotify_event) std::array<char, 4096> events;
  while (true) {
    (void)co_await watch_.readable(loop::kNever);
    while (::read(watch_.fd(), events.data(), events.size()) > 0) {
      // Which file it was does not matter: reading one number is as cheap as finding out.
    }
    watch_.drained();
    const TrackEffect before = effect_;
    read();
    if (effect_ != before) told_(*this);
  }
}

void TrackFile::read() {
  number_ = 0;
  readable_ = true;
  const base::Fd file(::open(file_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file) {
    std::array<char, 64> text{};
    const ssize_t count = ::read(file.get(), text.data(), text.size());
    std::string_view number(text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    while (!number.empty() && (number.back() == '\n' || number.back() == ' ')) number.remove_suffix(1);
    while (number.starts_with(' ') || number.starts_with('+')) number.remove_prefix(1);
    // Empty while somebody writes it: 0 until the end of the writing is told.
    std::int64_t value = 0;
    if (!number.empty()) {
      readable_ = std::from_chars(number.begin(), number.end(), value).ptr == number.end();
      number_ = readable_ ? value : 0;
    }
    if (!readable_) base::log_warn("A tracked file holds no number, it counts as 0", {{"file", file_.path}});
  }
  effect_ = effect_of_number(number_, file_.weight);
}

std::string TrackFile::reason() const {
  return fmt::format("file {} holds {}", file_.path, readable_ ? std::to_string(number_) : "no number");
}

}  // namespace tandem::hooks
