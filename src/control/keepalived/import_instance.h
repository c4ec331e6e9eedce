#pragma once

// One vrrp_instance of a keepalived.conf as settings of an instance. One thread.

#include <optional>
#include <string>
#include <vector>

#include "control/keepalived/import_values.h"

namespace tandem::keepalived {

/// What global_defs says for all instances.
struct InstanceDefaults {
  model::GarpSettings garp;
  std::optional<std::int64_t> version;
  std::string interface;
  std::string virtual_mac_prefix;  ///< "vrrp" when empty
};

struct ImportedInstance {
  std::string name;
  FilePlace place;
  model::VrrpInstance settings;
  bool state_master = false;
  std::vector<TrackUse> scripts;
  std::vector<TrackUse> files;
  std::vector<TrackUse> interfaces;
  bool has_generic_notify() const { return settings.notify && !settings.notify->command.empty(); }
};

ImportedInstance import_instance(const KeepalivedStatement& statement, const InstanceDefaults& defaults,
                                 Remarks& remarks);

/// Takes a keyword garp_…, without or with the prefix `vrrp_`; false for others.
bool take_garp(const KeepalivedStatement& statement, model::GarpSettings& garp, Remarks& remarks);

}  // namespace tandem::keepalived
