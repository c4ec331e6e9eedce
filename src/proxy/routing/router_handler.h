#pragma once

// RouterHandler: what stands at the head of a router's chain: it leaves the router's name and who observes its requests
// for logs, metrics and traces, and refuses paths with escapes that the entry point denies. Immutable, shared by all
// cores; owned by the router.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/encoded_characters.h"
#include "protocol/http/handler.h"

namespace tandem::routing {

/// The escapes that a path may not hold: the two hex digits in upper case ("2F").
using DeniedEscapes = std::vector<std::array<char, 2>>;
DeniedEscapes denied_escapes(const std::optional<model::EncodedCharacters>& allowed);

/// What logs, metrics and traces are told of a router's requests.
struct RouterIdentity {
  std::string router;       ///< qualified
  std::string service;      ///< qualified
  http::Observed observed;  ///< a child router: those of its parents hold, and these only limit them
  bool child = false;
  observe::MetricId metric = 0;  ///< 0: routers are not measured
};

class RouterHandler final : public http::Handler {
 public:
  RouterHandler(RouterIdentity identity, DeniedEscapes denied, http::HandlerPtr next)
      : identity_(std::move(identity)), denied_(std::move(denied)), next_(std::move(next)) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override;

 private:
  bool denies(std::string_view path) const;
  void identify(const http::Request& request, http::Exchange& exchange) const;

  RouterIdentity identity_;
  DeniedEscapes denied_;
  http::HandlerPtr next_;
};

}  // namespace tandem::routing
