#include "proxy/middleware/cors.h"

#include <algorithm>

#include "proxy/middleware/expression.h"

namespace tandem::middleware {

namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += ',';
    out += part;
  }
  return out;
}

bool has_star(const std::vector<std::string>& parts) { return std::ranges::find(parts, "*") != parts.end(); }

void set(http::Headers& headers, std::string_view name, std::string_view value) {
  headers.remove(name);
  headers.add_view(http::HeaderId::kOther, name, value);
}

/// One line that lists Origin beside what the response varies by already.
void vary_by_origin(http::Headers& headers) {
  std::string_view all;
  for (const http::HeaderField& field : headers) {
    if (field.id != http::HeaderId::kVary || field.value.empty()) continue;
    all = all.empty() ? field.value : headers.arena().concat({all, ",", field.value});
  }
  if (all == "Origin") return;
  headers.set_view(http::HeaderId::kVary, all.empty() ? "Origin" : headers.arena().concat({all, ",Origin"}));
}

}  // namespace

bool Cors::is_set(const model::Headers& options) {
  return options.accessControlAllowCredentials || !options.accessControlAllowHeaders.empty() ||
         !options.accessControlAllowMethods.empty() || !options.accessControlAllowOriginList.empty() ||
         !options.accessControlAllowOriginListRegex.empty() || !options.accessControlExposeHeaders.empty() ||
         options.accessControlMaxAge.has_value() || options.addVaryHeader;
}

base::Result<Cors> Cors::build(const model::Headers& options) {
  Cors cors;
  cors.credentials_ = options.accessControlAllowCredentials;
  cors.any_header_ = cors.credentials_ && has_star(options.accessControlAllowHeaders);
  cors.any_method_ = cors.credentials_ && has_star(options.accessControlAllowMethods);
  cors.any_origin_ = has_star(options.accessControlAllowOriginList);
  cors.vary_ = options.addVaryHeader;
  cors.headers_ = joined(options.accessControlAllowHeaders);
  cors.methods_ = joined(options.accessControlAllowMethods);
  if (!cors.credentials_ || !has_star(options.accessControlExposeHeaders)) {
    cors.expose_ = joined(options.accessControlExposeHeaders);
  }
  if (options.accessControlMaxAge) cors.max_age_ = std::to_string(*options.accessControlMaxAge);
  cors.origins_ = options.accessControlAllowOriginList;
  for (const std::string& text : options.accessControlAllowOriginListRegex) {
    auto expression = compile_expression(text);
    if (!expression) {
      return base::Error(base::ErrorKind::kInvalid,
                         "error occurred during origin parsing: " + expression.error().text());
    }
    cors.origin_expressions_.push_back(std::move(*expression));
  }
  return cors;
}

std::string_view Cors::allowed_origin(std::string_view origin) const {
  if (any_origin_) return credentials_ ? origin : "*";
  if (origin.empty()) return {};
  if (std::ranges::find(origins_, origin) != origins_.end()) return origin;
  const re2::StringPiece text(origin.data(), origin.size());
  for (const auto& expression : origin_expressions_) {
    if (re2::RE2::PartialMatch(text, *expression)) return origin;
  }
  return {};
}

std::optional<http::Response> Cors::preflight(const http::Request& request, http::Arena& arena) const {
  if (request.method != "OPTIONS") return std::nullopt;
  const std::string_view origin = request.headers.get(http::HeaderId::kOrigin).value_or("");
  const std::string_view method = request.headers.get("Access-Control-Request-Method").value_or("");
  if (origin.empty() || method.empty()) return std::nullopt;

  http::Response response = http::empty_response(200, arena);
  const auto add = [&response](std::string_view name, std::string_view value) {
    if (!value.empty()) response.headers.add_view(http::HeaderId::kOther, name, value);
  };
  add("Access-Control-Allow-Credentials", credentials_ ? "true" : "");
  add("Access-Control-Allow-Headers",
      any_header_ ? request.headers.get("Access-Control-Request-Headers").value_or("") : std::string_view(headers_));
  add("Access-Control-Allow-Methods", any_method_ ? method : std::string_view(methods_));
  add("Access-Control-Allow-Origin", allowed_origin(origin));
  add("Access-Control-Max-Age", max_age_);
  add("Access-Control-Expose-Headers", expose_);
  return response;
}

void Cors::apply(http::Response& response, std::string_view origin) const {
  http::Headers& headers = response.headers;
  const std::string_view allowed = allowed_origin(origin);
  if (!allowed.empty()) set(headers, "Access-Control-Allow-Origin", allowed);
  if (credentials_) set(headers, "Access-Control-Allow-Credentials", "true");
  if (!expose_.empty()) set(headers, "Access-Control-Expose-Headers", expose_);
  if (vary_) vary_by_origin(headers);
}

}  // namespace tandem::middleware
