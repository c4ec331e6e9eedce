#include "proxy/middleware/all.h"

#include "proxy/middleware/builders.h"

namespace tandem::middleware {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using model::HttpMiddleware;

struct Row {
  std::string_view type;
  bool (*is_set)(const HttpMiddleware&);
  Result<http::HandlerPtr> (*build)(const HttpMiddleware&, const BuildContext&);  // null: not built yet
};

template <auto member>
bool is_set(const HttpMiddleware& options) {
  return (options.*member).has_value();
}

template <auto member, auto builder>
Result<http::HandlerPtr> build_member(const HttpMiddleware& options, const BuildContext& context) {
  return builder(*(options.*member), context);
}

template <auto member, auto builder>
constexpr Row row(std::string_view type) {
  return {type, &is_set<member>, &build_member<member, builder>};
}

template <auto member>
constexpr Row not_built(std::string_view type) {
  return {type, &is_set<member>, nullptr};
}

using M = HttpMiddleware;

// In the order in which Traefik names the type of a middleware that has several.
constexpr std::array kTable = {
    row<&M::addPrefix, &build_add_prefix>("addPrefix"),
    row<&M::stripPrefix, &build_strip_prefix>("stripPrefix"),
    row<&M::stripPrefixRegex, &build_strip_prefix_regex>("stripPrefixRegex"),
    row<&M::replacePath, &build_replace_path>("replacePath"),
    row<&M::replacePathRegex, &build_replace_path_regex>("replacePathRegex"),
    row<&M::chain, &build_chain>("chain"),
    not_built<&M::ipWhiteList>("ipWhiteList"),
    not_built<&M::ipAllowList>("ipAllowList"),
    row<&M::headers, &build_headers>("headers"),
    not_built<&M::encodedCharacters>("encodedCharacters"),
    not_built<&M::errors>("errors"),
    not_built<&M::rateLimit>("rateLimit"),
    row<&M::redirectRegex, &build_redirect_regex>("redirectRegex"),
    row<&M::redirectScheme, &build_redirect_scheme>("redirectScheme"),
    row<&M::basicAuth, &build_basic_auth>("basicAuth"),
    not_built<&M::digestAuth>("digestAuth"),
    not_built<&M::forwardAuth>("forwardAuth"),
    not_built<&M::inFlightReq>("inFlightReq"),
    not_built<&M::buffering>("buffering"),
    not_built<&M::circuitBreaker>("circuitBreaker"),
    not_built<&M::compress>("compress"),
    not_built<&M::passTLSClientCert>("passTLSClientCert"),
    not_built<&M::retry>("retry"),
    not_built<&M::contentType>("contentType"),
    not_built<&M::grpcWeb>("grpcWeb"),
};

}  // namespace

std::vector<std::string_view> types_of(const HttpMiddleware& options) {
  std::vector<std::string_view> out;
  for (const Row& entry : kTable) {
    if (entry.is_set(options)) out.push_back(entry.type);
  }
  for (const auto& [name, settings] : options.plugin) out.push_back(name);
  return out;
}

Result<http::HandlerPtr> build(const HttpMiddleware& options, const BuildContext& context) {
  const std::vector<std::string_view> types = types_of(options);
  if (types.empty()) {
    return Error(ErrorKind::kInvalid, "invalid middleware \"" + context.qualified_name +
                                          "\" configuration: invalid middleware type or middleware does not exist");
  }
  if (types.size() > 1) {
    return Error(ErrorKind::kInvalid,
                 "cannot create middleware: multi-types middleware not supported, consider declaring two different "
                 "pieces of middleware instead");
  }
  for (const Row& entry : kTable) {
    if (!entry.is_set(options)) continue;
    if (entry.build != nullptr) return entry.build(options, context);
    return Error(ErrorKind::kUnsupported, "middleware type \"" + std::string(entry.type) + "\" is not built yet");
  }
  return Error(ErrorKind::kUnsupported, "plugin: unknown plugin type: " + std::string(types.front()));
}

}  // namespace tandem::middleware
