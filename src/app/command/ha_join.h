#pragma once

// tandem ha invite and tandem ha join: how a second node comes to be trusted, and to its section `ha`. Main thread, in
// commands.

#include <string>
#include <vector>

namespace tandem::command {

/// `arguments` behind "ha invite": [--address=HOST[:PORT] …] [--json]. Prints the command for the other node, which
/// holds for 15 minutes and once. Exit code: 0, 2 for errors.
int run_ha_invite(const std::vector<std::string>& arguments);

/// `arguments` behind "ha join": TOKEN [--node=NAME] [--new-keys] [--write]. Makes keys, exchanges certificates with
/// the node that invited, prints the section that this node's configuration needs or adds it (--write: YAML files
/// without one, after a copy). Exit code: 0; 1 when the other node refuses; 2 for errors.
int run_ha_join(const std::vector<std::string>& arguments);

}  // namespace tandem::command
