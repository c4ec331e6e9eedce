#pragma once

// What entry points say about every router on them. One thread at a time; no I/O.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"

namespace tandem::model {

/// Applies http.middlewares, http.tls, http.encodedCharacters, observability and core.defaultRuleSyntax to the HTTP
/// routers of a merged configuration (merge.h), again at each change: what did not change stays the same object.
class EntryPointModels {
 public:
  using Routers = format::SharedMap<HttpRouter>;

  /// `configuration` outlives this object.
  explicit EntryPointModels(const StaticConfiguration& configuration);

  /// A router gets one clone for each of its entry points that says such a thing; with several entry points the clone
  /// is named `ENTRYPOINT-NAME@PROVIDER`, and the original keeps the remaining ones. References of children follow
  /// their parent's new names. Children themselves take nothing. Then observability of every root router is filled up
  /// (true, true, true, minimal).
  const Routers& apply(const Routers& merged);
  /// Routers that fell out: `tls` without any entry point.
  std::vector<format::Problem> lost() const;

 private:
  /// New names of routers: those of their clones.
  using NewNames = std::map<std::string, std::vector<std::string>>;

  /// A root router as it is on its entry points, with the names it has there.
  using Clones = std::vector<std::pair<std::string, HttpRouter>>;

  bool apply_changes(const Routers& merged);
  void apply_anew(const Routers& merged);
  Clones split(const std::string& name, const HttpRouter& router) const;
  void follow(std::vector<std::string>& parents, const NewNames& new_names) const;
  bool add(const std::string& name, HttpRouter router);

  const StaticConfiguration& configuration_;
  bool any_model_ = false;
  Routers merged_;    // what was applied last
  Routers modelled_;  // what came of it
  std::size_t children_ = 0;
  bool names_clash_ = false;  // a clone took the name of another router
  std::map<std::string, format::Problem> lost_;
};

}  // namespace tandem::model
