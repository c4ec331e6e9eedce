#pragma once

// The table of HTTP middlewares: from a middleware's configuration to the handler that wraps the next one. Used while a
// snapshot is built (any one thread at a time per call, no state); what it builds is immutable and shared by all cores.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/model/http_middlewares.h"
#include "protocol/http/handler.h"

namespace tandem::middleware {

/// What a middleware is built with.
struct BuildContext {
  std::string qualified_name;  ///< "name@provider", for messages
  http::HandlerPtr next;       ///< who gets the request after it; never null
  /// Builds the middleware of that name, as written in the configuration of the one that refers to it, around `next`.
  /// Only `chain` asks for it; the giver qualifies names and refuses recursion. May be empty: chains are errors then.
  std::function<base::Result<http::HandlerPtr>(std::string_view name, http::HandlerPtr next)> build_named;
};

/// The keys of all types that are set, as in Traefik ("addPrefix"). One is right; the API shows it in lower case.
std::vector<std::string_view> types_of(const model::HttpMiddleware& options);

/// The handler that `options` describe, around `context.next`. Errors: no type or several types are set (with
/// Traefik's texts), the options make no sense, or the type is not built yet.
base::Result<http::HandlerPtr> build(const model::HttpMiddleware& options, const BuildContext& context);

}  // namespace tandem::middleware
