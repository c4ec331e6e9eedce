#pragma once

// Handler: request in, response out. Built with a snapshot, immutable, shared by all cores. A middleware is a Handler
// that owns the next one; one that only changes the request returns next_->handle(...) and is no coroutine.

#include <memory>

#include "engine/loop/task.h"
#include "protocol/http/exchange.h"
#include "protocol/http/message.h"

namespace tandem::http {

class Handler {
 public:
  virtual ~Handler() = default;
  /// The exchange outlives the task and the response.
  virtual loop::Task<Response> handle(Request request, Exchange& exchange) const = 0;
};

using HandlerPtr = std::shared_ptr<const Handler>;

/// An answer that is there at once, as a task.
inline loop::Task<Response> ready(Response response) { co_return response; }

}  // namespace tandem::http
