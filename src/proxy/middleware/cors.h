#pragma once

// Cors: the access-control part of the headers middleware: preflight answers and the headers of normal responses
// (Traefik: headers.accessControl*, addVaryHeader). Immutable, shared by all cores; owned by its middleware.

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/model/headers_middleware.h"
#include "protocol/http/message.h"

namespace tandem::middleware {

class Cors {
 public:
  /// Errors: an expression of origins does not compile.
  static base::Result<Cors> build(const model::Headers& options);
  /// Whether `options` ask for anything of this.
  static bool is_set(const model::Headers& options);

  /// The answer to a preflight request; nothing when `request` is none.
  std::optional<http::Response> preflight(const http::Request& request, http::Arena& arena) const;
  /// Sets the headers of a normal response to a request from `origin` (empty without Origin), which lives in the arena.
  void apply(http::Response& response, std::string_view origin) const;

 private:
  /// Access-Control-Allow-Origin for `origin`; empty: none.
  std::string_view allowed_origin(std::string_view origin) const;

  bool credentials_ = false;
  bool any_header_ = false;  // "*" together with credentials: the request's own are echoed
  bool any_method_ = false;
  bool vary_ = false;
  bool any_origin_ = false;
  std::string headers_;
  std::string methods_;
  std::string expose_;
  std::string max_age_;
  std::vector<std::string> origins_;
  std::vector<std::unique_ptr<re2::RE2>> origin_expressions_;
};

}  // namespace tandem::middleware
