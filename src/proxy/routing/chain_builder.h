#pragma once

// ChainBuilder: puts the middlewares that a router, a service or a chain names around a handler. Lives while a snapshot
// is built; control thread.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/model/dynamic_configuration.h"
#include "engine/observe/span.h"
#include "protocol/http/handler.h"

namespace tandem::routing {

/// What building one object's chain left behind besides the handler.
struct ChainTrace {
  std::vector<std::string> used;                            ///< qualified names of all middlewares, also missing ones
  std::vector<std::pair<std::string, std::string>> errors;  ///< middleware → what is wrong with it
};

class ChainBuilder {
 public:
  /// `spans` may be null.
  ChainBuilder(const model::HttpConfiguration& configuration, ChainTrace& trace, observe::SpanHook* spans)
      : configuration_(configuration), trace_(trace), spans_(spans) {}

  /// `next` behind the middlewares `names` of the object `owner`, the first outermost. The error is that of the last
  /// middleware that cannot be built.
  base::Result<http::HandlerPtr> wrap(std::span<const std::string> names, std::string_view owner,
                                      http::HandlerPtr next);

 private:
  base::Result<http::HandlerPtr> build_one(std::string_view reference, std::string_view owner, http::HandlerPtr next);

  const model::HttpConfiguration& configuration_;
  ChainTrace& trace_;
  observe::SpanHook* spans_;
  std::vector<std::string> path_;  // middlewares being built, outermost first
};

/// "could not instantiate service c@p: recursion detected in service:a@p->service:b@p->service:c@p".
std::string recursion_error(std::string_view kind, std::span<const std::string> path, std::string_view again);

}  // namespace tandem::routing
