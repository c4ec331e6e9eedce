#pragma once

// AccessWriter: the thread that takes records from the workers' queues, formats them and writes the lines. However slow
// its file is, workers never wait for it: what does not fit into their queues is dropped and counted. Owned by the
// program; made and stopped on the control thread.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "config/model/static_observability.h"
#include "control/telemetry/access_file.h"
#include "control/telemetry/access_format.h"
#include "control/telemetry/line_buffer.h"
#include "engine/observe/access_log.h"

namespace tandem::telemetry {

class AccessWriter {
 public:
  /// `log` outlives this object.
  AccessWriter(observe::AccessLog& log, std::unique_ptr<AccessFormat> format, std::string path);
  ~AccessWriter() { stop(); }
  AccessWriter(const AccessWriter&) = delete;
  AccessWriter& operator=(const AccessWriter&) = delete;

  void start();
  /// Any thread: what is queued goes to the file as it is; then it is closed and opened by its name (SIGUSR1).
  void reopen();
  /// Writes what is queued, for a second or so at most, and ends the thread. What is left is lost, and counted.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool collect();
  void write_out();
  void reopen_now();
  void failed(const base::Error& error);
  void wait(int timeout_ms, bool for_file);
  void rest();
  void report_dropped();
  void give_up();

  observe::AccessLog& log_;
  std::unique_ptr<AccessFormat> format_;
  AccessFile file_;
  std::thread thread_;
  std::atomic<bool> reopen_{false};
  std::atomic<bool> stopping_{false};

  // The thread's own.
  LineBuffer out_;
  std::size_t written_ = 0;  // of out_
  std::unique_ptr<observe::UnpackedRecord> record_;
  std::vector<std::uint64_t> seen_;  // each worker's count
  std::uint64_t count_ = 0;
  bool napped_ = false;   // found nothing since
  bool failing_ = false;  // said so already
  std::uint64_t reported_ = 0;
  Clock::time_point next_report_{};
};

/// The workers' end of the access log, with what is wrong with the options (which has no effect then).
std::unique_ptr<observe::AccessLog> make_access_log(const model::AccessLog& options,
                                                    std::vector<std::string>& problems);

}  // namespace tandem::telemetry
