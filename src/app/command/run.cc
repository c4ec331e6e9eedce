#include "app/command/run.h"

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "app/command/help.h"
#include "app/problems.h"
#include "app/serve.h"
#include "app/supervised.h"
#include "app/supervisor/in_place_restart.h"
#include "app/supervisor/supervisor.h"
#include "proxy/entry/server.h"

namespace tandem::command {
namespace {

/// Whole cores in a control group's share ("QUOTA PERIOD", "max PERIOD"); 0: no limit.
std::size_t cores_of_group() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  const double share = std::strtod(quota.c_str(), nullptr) / period;
  return static_cast<std::size_t>(std::max(1.0, share + 0.999));
}

/// Cores this process may use: its affinity, and its control group's share of processor time rounded up.
std::size_t allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  const std::size_t share = cores_of_group();
  return share > 0 ? std::min(cores, share) : cores;
}

}  // namespace

int run(const app::StaticSources& given) {
  auto handed = app::take_over_from_supervisor();
  if (!handed) {
    app::report_command_error(handed.error().text());
    return 1;
  }
  auto inherited = supervisor::take_inheritance();
  if (!inherited) {
    app::report_command_error(inherited.error().text());
    return 1;
  }
  app::StaticSources sources = given;
  if (*handed) sources.file = (*handed)->file;
  const app::StaticLoad load = app::load_static(sources);
  if (load.malformed_flags) print_help();
  if (!load.problems.empty()) {
    app::report_command_errors(load.problems);
    return 1;
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a log file at the limit is an error of write()
  if (load.configuration.ha && *inherited) return supervisor::supervise(given, load, std::move(**inherited));
  const std::size_t workers = *handed ? (*handed)->workers : allowed_cores();
  base::Result<entry::ListeningSockets> sockets =
      *handed ? std::move((*handed)->sockets) : entry::open_listening_sockets(load.configuration, workers);
  if (!sockets) {
    app::report_command_error(sockets.error().text());
    return 1;
  }
  if (load.configuration.ha && !*handed) {
    supervisor::Inheritance start;
    start.sockets = std::move(*sockets);
    start.workers = workers;
    return supervisor::supervise(given, load, std::move(start));
  }
  return app::serve(load, std::move(*sockets), workers, std::move(*handed));
}

}  // namespace tandem::command
