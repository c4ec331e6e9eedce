#pragma once

// TLS options belong to a host: a connection's options are chosen by the name it asks for, before any router is known.
// This decides what happens to routers that cannot agree. One thread at a time; no I/O.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/model/dynamic_configuration.h"

namespace tandem::model {

/// Applied to the HTTP routers of a merged configuration whose entry point models were applied, again at each change:
/// what did not change stays the same object.
///
/// Routers that name different options for one host on one entry point all get the default ones there, and so does a
/// router with options of its own but without a host: it leaves that entry point, where a copy named
/// `ENTRYPOINT-conflicted-NAME@PROVIDER` takes its place, whose tlsFallback says why.
class TlsConflicts {
 public:
  using Routers = format::SharedMap<HttpRouter>;
  const Routers& apply(const Routers& routers);

 private:
  /// What counts of a root router with TLS.
  struct Facts {
    std::string options;  ///< qualified
    std::vector<std::string> hosts;
    std::vector<std::string> entry_points;
  };
  /// Who names a host on an entry point: options → routers.
  using Users = std::map<std::string, std::set<std::string>>;

  void forget(const std::string& name, std::set<std::string>& affected);
  void learn(const std::string& name, const HttpRouter& router, std::set<std::string>& affected);
  void replace(const std::string& name, const Routers& routers);
  static std::string reason_of(const Facts& facts, std::string_view rule);
  bool conflicts(const Facts& facts, std::string_view entry_point) const;
  void follow_parents(const Routers& routers);

  Routers before_;
  Routers resolved_;
  std::map<std::string, Facts> facts_;
  std::unordered_map<std::string, Users> hosts_;             // "ENTRYPOINT HOST"
  std::map<std::string, std::vector<std::string>> renamed_;  // routers whose names are others now
  std::set<std::string> children_;
};

}  // namespace tandem::model
