#include "control/telemetry/access_writer.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>

#include "base/log.h"

namespace tandem::telemetry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Written at once at most; also what waits here, besides the queues, for a file that is slow.
constexpr std::size_t kBatch = std::size_t{256} * 1024;
// How long lines gather while there are some: many are written at once, and workers need not wake anybody.
constexpr int kNapMs = 20;
constexpr int kRetryMs = 100;
constexpr auto kFarewell = seconds(1);
constexpr auto kBetweenReports = seconds(10);

std::uint64_t lines_in(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

}  // namespace

AccessWriter::AccessWriter(observe::AccessLog& log, std::unique_ptr<AccessFormat> format, std::string path)
    : log_(log),
      format_(std::move(format)),
      file_(std::move(path)),
      record_(std::make_unique<observe::UnpackedRecord>()),
      seen_(log.queues()) {}

void AccessWriter::start() {
  thread_ = std::thread(&AccessWriter::run, this);
  ::pthread_setname_np(thread_.native_handle(), "access-log");
}

void AccessWriter::reopen() {
  reopen_.store(true);
  log_.wake();
}

void AccessWriter::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  log_.wake();
  thread_.join();
}

void AccessWriter::run() {
  if (const auto opened = file_.open(); !opened) failed(opened.error());
  Clock::time_point end = Clock::time_point::max();
  for (;;) {
    if (stopping_.load() && end == Clock::time_point::max()) end = Clock::now() + kFarewell;
    if (out_.empty() && reopen_.exchange(false)) reopen_now();
    const bool found = out_.empty() && collect();
    if (!out_.empty()) write_out();
    if (end != Clock::time_point::max() && ((out_.empty() && log_.empty()) || Clock::now() > end)) break;
    report_dropped();
    if (found && out_.empty()) {
      napped_ = false;
      wait(end == Clock::time_point::max() ? kNapMs : 0, false);
    } else if (out_.empty()) {
      rest();
    }
  }
  give_up();
}

/// Formats what the queues hold, up to a batch.
bool AccessWriter::collect() {
  format_->synchronise();
  for (std::size_t worker = 0; worker < log_.queues(); ++worker) {
    observe::AccessQueue& queue = log_.queue(worker);
    while (out_.size() < kBatch) {
      const std::span<const char> packed = queue.front();
      if (packed.empty()) break;
      const observe::AccessRecord& record = record_->unpack(packed);
      // Workers count apart; their sum is the program's count.
      count_ += record.numbers.count - std::exchange(seen_[worker], record.numbers.count);
      format_->append(record, count_, out_);
      queue.pop();
    }
  }
  return !out_.empty();
}

void AccessWriter::write_out() {
  if (!file_.is_open()) {
    if (const auto opened = file_.open(); !opened) return failed(opened.error());
  }
  while (written_ < out_.size()) {
    const base::Result<std::size_t> count = file_.write(out_.view().substr(written_));
    if (!count) return failed(count.error());
    if (*count == 0) {
      wait(kRetryMs, true);
      if (reopen_.exchange(false)) reopen_now();
      return;
    }
    written_ += *count;
  }
  out_.clear();
  written_ = 0;
  if (std::exchange(failing_, false)) base::log_info("The access log is written again", {{"path", file_.path()}});
}

void AccessWriter::failed(const base::Error& error) {
  if (!std::exchange(failing_, true)) base::log_error("Cannot write the access log", {{"error", error.text()}});
  wait(kRetryMs, false);
  if (reopen_.exchange(false)) reopen_now();
}

/// A line that was written in part is written whole to the new file.
void AccessWriter::reopen_now() {
  file_.close();
  const std::size_t line = written_ == 0 ? std::string_view::npos : out_.view().rfind('\n', written_ - 1);
  written_ = line == std::string_view::npos ? 0 : line + 1;
  (void)file_.open();  // if it fails, the next line says so
}

void AccessWriter::wait(int timeout_ms, bool for_file) {
  std::array<pollfd, 2> ready{{{.fd = log_.wake_fd(), .events = POLLIN, .revents = 0},
                               {.fd = file_.descriptor(), .events = POLLOUT, .revents = 0}}};
  if (::poll(ready.data(), for_file ? 2 : 1, timeout_ms) > 0 && ready[0].revents != 0) log_.woke();
}

/// There was nothing: naps once more, then sleeps until a worker wakes it.
void AccessWriter::rest() {
  if (!std::exchange(napped_, true)) return wait(kNapMs, false);
  if (!log_.may_sleep()) return;
  if (!reopen_.load() && !stopping_.load()) wait(-1, false);
  log_.woke();
}

void AccessWriter::report_dropped() {
  const std::uint64_t dropped = log_.dropped();
  if (dropped == reported_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_report_) return;
  next_report_ = now + kBetweenReports;
  reported_ = dropped;
  base::log_warn("Access log lines were dropped: they cannot be written as fast as they come",
                 {{"dropped", std::to_string(dropped)}});
}

void AccessWriter::give_up() {
  if (out_.empty() && log_.empty()) {
    next_report_ = {};
    return report_dropped();
  }
  do {
    log_.count_lost(lines_in(out_.view().substr(written_)));
    out_.clear();
    written_ = 0;
  } while (collect());
  next_report_ = {};
  report_dropped();
}

std::unique_ptr<observe::AccessLog> make_access_log(const model::AccessLog& options,
                                                    std::vector<std::string>& problems) {
  observe::AccessPlan plan = access_plan(options, problems);
  return std::make_unique<observe::AccessLog>(std::move(plan), access_queue_bytes(options));
}

}  // namespace tandem::telemetry
