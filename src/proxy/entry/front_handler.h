#pragma once

// FrontHandler: the first handler of every request of an entry point: brings path, query, host and forwarded headers
// into the one form that everything behind it sees, refuses what has none, and hands on to the routers. Immutable,
// shared by all cores.

#include <memory>

#include "protocol/http/handler.h"
#include "proxy/entry/entry_point.h"

namespace tandem::entry {

class FrontHandler final : public http::Handler {
 public:
  /// `options` outlives this object.
  FrontHandler(const EntryPointOptions& options, http::HandlerPtr routers)
      : options_(options), routers_(std::move(routers)) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override;

 private:
  const EntryPointOptions& options_;
  http::HandlerPtr routers_;
};

}  // namespace tandem::entry
