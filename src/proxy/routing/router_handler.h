#pragma once

// RouterHandler: what stands at the head of a router's chain: it leaves the router's name for logs and refuses paths
// with escapes that the entry point denies. Immutable, shared by all cores; owned by the router.

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

class RouterHandler final : public http::Handler {
 public:
  RouterHandler(std::string router_name, std::string service_name, DeniedEscapes denied, http::HandlerPtr next);
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override;

 private:
  bool denies(std::string_view path) const;

  std::string router_name_;
  std::string service_name_;
  DeniedEscapes denied_;
  http::HandlerPtr next_;
};

}  // namespace tandem::routing
