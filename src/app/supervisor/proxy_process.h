#pragma once

// ProxyProcess: the proxy as a child of the supervisor: started with everything it needs (configuration, listening
// sockets, health page), watched, signalled. Supervisor's loop; ends the child when it is destroyed.

#include <memory>
#include <string>
#include <vector>

#include "app/supervised.h"
#include "app/supervisor/in_place_restart.h"
#include "control/ha/channel.h"
#include "control/ha/health_page.h"
#include "engine/loop/descriptor.h"

namespace tandem::supervisor {

/// What every proxy of this supervisor is started with. The descriptors stay the supervisor's.
struct ProxyStart {
  std::vector<std::string> arguments;  ///< of the command line, without the program's name
  std::optional<app::StaticFile> file;
  entry::ListeningSockets sockets;
  std::size_t workers = 1;
  std::string health_path;
  std::vector<address::VirtualAddress> addresses;  ///< that it takes away when the supervisor dies
};

class ProxyProcess {
 public:
  /// Starts this program again as a proxy. Errors: no process, memory or descriptors to be had.
  static base::Result<std::unique_ptr<ProxyProcess>> start(const ProxyStart& with);
  /// Takes over one that the program before this one started. Errors: it has ended and was reaped; no descriptors.
  static base::Result<std::unique_ptr<ProxyProcess>> adopt(LeftProxy left);
  ~ProxyProcess();
  ProxyProcess(const ProxyProcess&) = delete;
  ProxyProcess& operator=(const ProxyProcess&) = delete;

  int pid() const { return pid_; }
  const ha::HealthPage& page() const { return *page_; }
  ha::Channel& channel() { return *channel_; }
  void signal(int number) const;
  /// For the program that takes this one's place; the descriptors are copies.
  LeftProxy left() const;
  /// Waits for its end. Once.
  loop::Task<void> ended();
  /// The same without waiting.
  bool has_ended();
  /// After its end: "exit status 1", "signal 9 (Killed)".
  std::string end_text() const;
  /// After its end: its exit status; 128 + the signal's number when one ended it.
  int exit_status() const;

 private:
  ProxyProcess() = default;
  base::Result<void> watch();

  int pid_ = -1;
  int wait_status_ = 0;
  bool reaped_ = false;
  std::unique_ptr<loop::Descriptor> watch_;  // a pidfd
  std::unique_ptr<ha::Channel> channel_;
  ha::SharedHealthPage page_;
};

}  // namespace tandem::supervisor
