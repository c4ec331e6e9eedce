#include "control/hooks/transitions.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <utility>

#include "base/fd.h"
#include "base/log.h"
#include "base/result.h"

namespace tandem::hooks {
namespace {

using base::Error;
using base::Result;
using std::chrono::nanoseconds;

constexpr const char* kName = "/transitions";

std::string line_of(const Transition& transition) {
  return boost::json::serialize(boost::json::object{
             {"at", transition.at.time_since_epoch().count()},
             {"name", transition.name},
             {"group", transition.group},
             {"from", transition.from},
             {"to", transition.to},
             {"priority", transition.priority},
             {"reason", transition.reason},
         }) +
         "\n";
}

Result<Transition> transition_of(const std::string& line) {
  try {
    const boost::json::value value = boost::json::parse(line);
    const auto text = [&value](const char* name) { return boost::json::value_to<std::string>(value.at(name)); };
    return Transition{.at = base::WallTime(nanoseconds(value.at("at").to_number<std::int64_t>())),
                      .name = text("name"),
                      .group = value.at("group").as_bool(),
                      .from = text("from"),
                      .to = text("to"),
                      .priority = value.at("priority").to_number<int>(),
                      .reason = text("reason")};
  } catch (const std::exception& broken) {
    return Error(base::ErrorKind::kInvalid, broken.what());
  }
}

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error::from_errno(errno, "write");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// A new file takes the old one's place in one step, and is on the disk then.
Result<void> replace(const std::string& directory, std::string_view text) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return Error::from_errno(errno, "mkdir " + directory);
  const std::string path = directory + kName;
  const std::string fresh = path + ".new";
  const base::Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return Error::from_errno(errno, fresh);
  if (auto written = write_all(file.get(), text); !written) return written;
  if (::fsync(file.get()) != 0) return Error::from_errno(errno, "sync " + fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return Error::from_errno(errno, "rename " + fresh);
  const base::Fd folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.get());
  return {};
}

}  // namespace

std::string state_line(const Transition& transition, const std::string& host) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(transition.at).time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S", &local);
  std::string line = fmt::format("[{}] {} transitioned to {} ({}", time.data(), host, transition.to, transition.name);
  if (!transition.group) line += fmt::format(", priority {}", transition.priority);
  if (!transition.reason.empty()) line += ": " + transition.reason;
  return line + ")";
}

Transitions::Transitions(std::string directory) : directory_(std::move(directory)) {
  if (directory_.empty()) return;
  load();
  writer_ = std::thread([this] { work(); });
}

Transitions::~Transitions() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void Transitions::load() {
  std::ifstream file(directory_ + kName);
  std::string line;
  int broken = 0;
  // The first line counts all that ever were.
  if (std::getline(file, line)) count_ = std::strtoull(line.c_str(), nullptr, 10);
  while (std::getline(file, line)) {
    auto transition = transition_of(line);
    if (transition)
      all_.push_back(std::move(*transition));
    else
      ++broken;
  }
  while (all_.size() > kMost) all_.pop_front();
  count_ = std::max<std::uint64_t>(count_, all_.size());
  if (broken > 0)
    base::log_warn("Earlier transitions cannot be read and are left out",
                   {{"file", directory_ + kName}, {"lines", std::to_string(broken)}});
}

void Transitions::add(Transition transition) {
  all_.push_back(std::move(transition));
  if (all_.size() > kMost) all_.pop_front();
  ++count_;
  if (directory_.empty()) return;
  std::string text = fmt::format("{}\n", count_);
  for (const Transition& each : all_) text += line_of(each);
  {
    const std::scoped_lock lock(mutex_);
    text_ = std::move(text);  // the newest text holds all that an unwritten one held
  }
  changed_.notify_all();
}

void Transitions::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return directory_.empty() || (text_.empty() && !writing_); });
}

void Transitions::work() {
  bool complained = false;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !text_.empty(); });
    if (text_.empty()) return;
    const std::string text = std::exchange(text_, {});
    writing_ = true;
    lock.unlock();
    const auto written = replace(directory_, text);
    if (!written && !complained) base::log_error("Transitions cannot be kept", {{"error", written.error().text()}});
    complained = !written;
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

}  // namespace tandem::hooks
