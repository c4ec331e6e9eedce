#include "proxy/routing/chain_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "proxy/middleware/all.h"
#include "proxy/routing/names.h"
#include "proxy/routing/traced_handler.h"

namespace tandem::routing {

using base::Error;
using base::ErrorKind;
using base::Result;

std::string recursion_error(std::string_view kind, std::span<const std::string> path, std::string_view again) {
  std::string way;
  for (const std::string& name : path) way += fmt::format("{}:{}->", kind, name);
  return fmt::format("could not instantiate {} {}: recursion detected in {}{}:{}", kind, again, way, kind, again);
}

Result<http::HandlerPtr> ChainBuilder::wrap(std::span<const std::string> names, std::string_view owner,
                                            http::HandlerPtr next) {
  for (const std::string& name : std::views::reverse(names)) {
    auto wrapped = build_one(name, owner, std::move(next));
    if (!wrapped) return wrapped.error();
    next = std::move(*wrapped);
  }
  return next;
}

Result<http::HandlerPtr> ChainBuilder::build_one(std::string_view reference, std::string_view owner,
                                                 http::HandlerPtr next) {
  const std::string name = qualified_reference(reference, owner);
  trace_.used.push_back(name);
  const auto config = configuration_.middlewares.find(name);
  if (config == configuration_.middlewares.end()) {
    return Error(ErrorKind::kNotFound, fmt::format("middleware \"{}\" does not exist", name));
  }
  if (std::ranges::find(path_, name) != path_.end()) {
    std::string text = recursion_error("middleware", path_, name);
    trace_.errors.emplace_back(name, text);
    return Error(ErrorKind::kInvalid, std::move(text));
  }
  if (path_.size() >= kMaxNesting) return Error(ErrorKind::kLimit, "chains refer to each other too deeply");
  path_.push_back(name);
  middleware::BuildContext context;
  context.qualified_name = name;
  context.next = std::move(next);
  context.build_named = [this, &name](std::string_view child, http::HandlerPtr child_next) {
    return build_one(child, name, std::move(child_next));
  };
  auto built = middleware::build(config->second, context);
  path_.pop_back();
  if (!built) {
    trace_.errors.emplace_back(name, built.error().text());
    return built;
  }
  return traced(spans_, observe::SpanKind::kMiddleware, name, std::move(*built));
}

}  // namespace tandem::routing
