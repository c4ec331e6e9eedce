#pragma once

// `tandem whoami`: a demonstration backend that answers with what it received. One thread for each connection: it is
// there to be looked at, not to be fast. Main thread.

#include <string>
#include <vector>

namespace tandem::command {

struct WhoamiOptions {
  std::uint16_t port = 80;
  std::string name;  ///< shown as the first line when not empty
};

/// Reads --port (-port, with "=" or a second word) and --name. Returns what is wrong, empty when nothing is.
std::string parse_whoami_options(const std::vector<std::string>& arguments, WhoamiOptions& options);

/// The answer to a request: name, host name, addresses, and the request's head as it came.
std::string whoami_body(const WhoamiOptions& options, std::string_view peer, std::string_view head);

/// Serves until the process ends; returns 1 when the port cannot be opened.
int run_whoami(const WhoamiOptions& options);

}  // namespace tandem::command
