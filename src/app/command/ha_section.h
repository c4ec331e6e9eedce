#pragma once

// The section `ha` that the second node of a pair needs, made from the first one's, and whether it will do. Pure; any
// thread.

#include <string>

#include "config/format/decode.h"
#include "config/format/value.h"
#include "config/model/static_configuration.h"

namespace tandem::command {

/// What the first node offers: its own section without what is its own (names, addresses, keys), with priorities a
/// little lower where it is meant to be master (of several virtual routers: where its own is the highest) and higher
/// elsewhere. It holds each value that is not the option's default, also false, 0 and the empty text, and no other one.
/// Lists of peers hold what the first node has.
format::Value ha_offer(const model::StaticConfiguration& first);

/// The offer as section for the node that joined: unicast adverts go to `peer_host`, the peer link to `peer_address`.
format::Value ha_section(format::Value offer, const std::string& peer_host, const std::string& peer_address);

/// What is wrong with a configuration that gets a section.
struct HaSectionReport {
  format::Problems errors;             ///< any of them: the program would not start
  format::Problems doubts;             ///< allowed, most likely not meant
  model::HighAvailability understood;  ///< the section as it is read; meaningless when there are errors
};

/// Reads `text` (YAML with the key `ha`) as the program would, as the section of the node with the configuration
/// `joining`, whose own section does not count.
HaSectionReport check_ha_section(const std::string& text, model::StaticConfiguration joining);

}  // namespace tandem::command
