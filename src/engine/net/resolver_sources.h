#pragma once

// Where the calling core's resolver takes its answers from. The program leaves the system's; tests name their own.
// Read when a question is asked; one set per core.

#include <string>

namespace tandem::net {

struct ResolverSources {
  std::string servers;                             ///< "127.0.0.1:5353,[::1]:53"; empty: those of `configuration`
  std::string hosts = "/etc/hosts";                ///< other than the default: read through c-ares' CARES_HOSTS
  std::string configuration = "/etc/resolv.conf";  ///< see resolv.conf(5)
  int timeout_milliseconds = 0;                    ///< of one try; 0: as configured there
  int tries = 0;                                   ///< 0: as configured there
};

/// Replaces the calling core's sources and forgets what was resolved. REQUIRES: nobody waits in resolve().
void set_resolver_sources(ResolverSources sources);

/// Questions that the calling core has under way.
std::size_t resolver_questions();

}  // namespace tandem::net
