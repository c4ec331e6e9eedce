// chain: several middlewares under one name. It has no handler of its own: its members are built around each other.

#include <ranges>

#include "proxy/middleware/builders.h"

namespace tandem::middleware {

base::Result<http::HandlerPtr> build_chain(const model::Chain& options, const BuildContext& context) {
  http::HandlerPtr handler = context.next;
  for (const std::string& name : options.middlewares | std::views::reverse) {
    if (!context.build_named) return base::Error(base::ErrorKind::kInternal, "a chain is not possible here");
    auto built = context.build_named(name, std::move(handler));
    if (!built) return built;
    handler = std::move(*built);
  }
  return handler;
}

}  // namespace tandem::middleware
