#pragma once

// TLS options of a configuration (Traefik: tls.options), each as a context that connections are accepted with. Built
// with a snapshot; a context whose options did not change is that of the snapshot before. Immutable then.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/model/tls_dynamic.h"
#include "engine/tls/server_context.h"

namespace tandem::handshake {

inline constexpr std::string_view kDefaultTlsOptions = "default";

/// Options that can be used, or what is wrong with them.
struct TlsOptionsState {
  tls::ServerContextPtr context;  ///< null when broken
  std::string error;              ///< "invalid CipherSuite: X"
};
using TlsOptionsTable = std::map<std::string, TlsOptionsState, std::less<>>;

/// Options in TLS's own words. `http2`: sessions of HTTP/2 can be served; without it nothing that needs them is
/// offered. Errors: Traefik's texts.
base::Result<tls::ServerSettings> server_settings(std::string name, const model::TlsOptions& options, bool http2);

TlsOptionsTable build_tls_options(const model::TlsConfiguration& configuration, bool http2,
                                  const TlsOptionsTable& previous);

}  // namespace tandem::handshake
