#pragma once

// From value trees to configurations: the root keys are chosen, the rest is decoded strictly. The templates decode,
// encode, not_built and schema_of of config/format are instantiated in this folder (codec.cc) for both roots and for
// what the API shows: EntryPoint, HttpRouter, HttpService, HttpMiddleware, HttpServersTransport and their TCP and UDP
// kin. Any thread; no state.

#include <string>
#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"

namespace tandem::model {

/// Decodes a file's tree. Root keys that nobody knows are appended to `ignored` and do no harm, as in Traefik; a tree
/// without any known one is the problem "no valid configuration found".
StaticConfiguration decode_static(const format::Value& root, format::Problems& problems,
                                  std::vector<std::string>& ignored);

/// The same for the dynamic configuration (http, tcp, udp, tls); no known key is no problem there.
DynamicConfiguration decode_dynamic(const format::Value& root, format::Problems& problems,
                                    std::vector<std::string>& ignored);

}  // namespace tandem::model
