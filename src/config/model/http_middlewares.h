#pragma once

// The HTTP middlewares of the dynamic configuration, first those about paths, redirects, limits and bodies; headers
// and authentication have headers of their own. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/format/value.h"
#include "config/model/auth_middlewares.h"
#include "config/model/encoded_characters.h"
#include "config/model/headers_middleware.h"
#include "config/model/limit_middlewares.h"

namespace tandem::model {

/// Puts a prefix before the path (Traefik: http.middlewares.NAME.addPrefix).
struct AddPrefix {
  std::string prefix;  ///< The prefix; obligatory.
  bool operator==(const AddPrefix&) const = default;
};
BOOST_DESCRIBE_STRUCT(AddPrefix, (), (prefix))

/// Removes the first matching prefix from the path.
struct StripPrefix {
  std::vector<std::string> prefixes;  ///< Tried in this order.
  std::optional<bool> forceSlash;     ///< Deprecated: true makes an empty path "/".
  bool operator==(const StripPrefix&) const = default;
};
BOOST_DESCRIBE_STRUCT(StripPrefix, (), (prefixes, forceSlash))

/// Removes the first matching expression from the path's beginning.
struct StripPrefixRegex {
  std::vector<std::string> regex;  ///< Tried in this order.
  bool operator==(const StripPrefixRegex&) const = default;
};
BOOST_DESCRIBE_STRUCT(StripPrefixRegex, (), (regex))

/// Replaces the whole path.
struct ReplacePath {
  std::string path;  ///< The new path.
  bool operator==(const ReplacePath&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplacePath, (), (path))

/// Rewrites the path by an expression.
struct ReplacePathRegex {
  std::string regex;        ///< What to match.
  std::string replacement;  ///< What to write, with $1 or ${name}.
  bool operator==(const ReplacePathRegex&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplacePathRegex, (), (regex, replacement))

/// Several middlewares under one name.
struct Chain {
  std::vector<std::string> middlewares;  ///< Names, in the order in which they run.
  bool operator==(const Chain&) const = default;
};
BOOST_DESCRIBE_STRUCT(Chain, (), (middlewares))

/// Replaces error answers by pages of a service.
struct Errors {
  std::vector<std::string> status;                     ///< Statuses and ranges: 500-599.
  std::map<std::string, std::int64_t> statusRewrites;  ///< Status or range to new status.
  std::string service;                                 ///< Where the pages come from.
  std::string query;  ///< Path of the page; {status}, {originalStatus} and {url} are replaced.
  std::vector<std::string> errorRequestHeaders;  ///< Request headers handed to the service; empty: all.
  bool operator==(const Errors&) const = default;
};
BOOST_DESCRIBE_STRUCT(Errors, (), (status, statusRewrites, service, query, errorRequestHeaders))

/// Redirects to an address made from the request's.
struct RedirectRegex {
  std::string regex;        ///< What the URL must match.
  std::string replacement;  ///< Target, with $1 or ${name}.
  bool permanent = false;   ///< 301 or 308 instead of 302 or 307.
  bool operator==(const RedirectRegex&) const = default;
};
BOOST_DESCRIBE_STRUCT(RedirectRegex, (), (regex, replacement, permanent))

/// Redirects to another scheme or port.
struct RedirectScheme {
  std::string scheme;      ///< Target scheme; obligatory.
  std::string port;        ///< Target port; empty: the scheme's own.
  bool permanent = false;  ///< 301 or 308 instead of 302 or 307.
  bool operator==(const RedirectScheme&) const = default;
};
BOOST_DESCRIBE_STRUCT(RedirectScheme, (), (scheme, port, permanent))

/// Reads whole bodies before handing them on.
struct Buffering {
  std::int64_t maxRequestBodyBytes = 0;   ///< Larger requests get 413; 0: no limit.
  std::int64_t memRequestBodyBytes = 0;   ///< Larger ones go to disk; 0: 1 MiB.
  std::int64_t maxResponseBodyBytes = 0;  ///< Larger responses get 500; 0: no limit.
  std::int64_t memResponseBodyBytes = 0;  ///< Larger ones go to disk; 0: 1 MiB.
  std::string retryExpression;            ///< When to send again.
  bool operator==(const Buffering&) const = default;
};
BOOST_DESCRIBE_STRUCT(Buffering, (),
                      (maxRequestBodyBytes, memRequestBodyBytes, maxResponseBodyBytes, memResponseBodyBytes,
                       retryExpression))

/// Compresses responses.
struct Compress {
  std::vector<std::string> excludedContentTypes;             ///< Never these; excludes includedContentTypes.
  std::vector<std::string> includedContentTypes;             ///< Only these.
  std::int64_t minResponseBodyBytes = 0;                     ///< Smaller ones stay as they are; 0: 1024.
  std::vector<std::string> encodings{"gzip", "br", "zstd"};  ///< On offer, best first.
  std::string defaultEncoding;                               ///< For clients without Accept-Encoding.
  bool operator==(const Compress&) const = default;
};
BOOST_DESCRIBE_STRUCT(Compress, (),
                      (excludedContentTypes, includedContentTypes, minResponseBodyBytes, encodings, defaultEncoding))

/// Lets a response without Content-Type get one.
struct ContentType {
  std::optional<bool> autoDetect;  ///< Deprecated; the middleware itself switches detection on.
  bool operator==(const ContentType&) const = default;
};
BOOST_DESCRIBE_STRUCT(ContentType, (), (autoDetect))

/// Translates gRPC-Web to gRPC.
struct GrpcWeb {
  std::vector<std::string> allowOrigins;  ///< Origins that may ask; * for all.
  bool operator==(const GrpcWeb&) const = default;
};
BOOST_DESCRIBE_STRUCT(GrpcWeb, (), (allowOrigins))

/// Sends a request again when it failed.
struct Retry {
  std::int64_t attempts = 0;         ///< How often in all; obligatory.
  format::Duration timeout;          ///< Longest time for all tries; 0: none.
  format::Duration initialInterval;  ///< First pause; grows.
  std::optional<std::int64_t> maxRequestBodyBytes =
      2097152;                              ///< Larger bodies are not kept for another try; -1: no limit.
  std::vector<std::string> status;          ///< Statuses that count as failure.
  bool disableRetryOnNetworkError = false;  ///< Do not try again when the connection failed.
  bool retryNonIdempotentMethod = false;    ///< Try POST, LOCK and PATCH again too.
  bool operator==(const Retry&) const = default;
};
BOOST_DESCRIBE_STRUCT(Retry, (),
                      (attempts, timeout, initialInterval, maxRequestBodyBytes, status, disableRetryOnNetworkError,
                       retryNonIdempotentMethod))

/// Exactly one kind is set (Traefik: http.middlewares.NAME).
struct HttpMiddleware {
  std::optional<AddPrefix> addPrefix;
  std::optional<StripPrefix> stripPrefix;
  std::optional<StripPrefixRegex> stripPrefixRegex;
  std::optional<ReplacePath> replacePath;
  std::optional<ReplacePathRegex> replacePathRegex;
  std::optional<Chain> chain;
  std::optional<IpAllowList> ipWhiteList;  ///< Deprecated name of ipAllowList.
  std::optional<IpAllowList> ipAllowList;
  std::optional<Headers> headers;
  std::optional<EncodedCharactersMiddleware> encodedCharacters;
  std::optional<Errors> errors;
  std::optional<RateLimit> rateLimit;
  std::optional<RedirectRegex> redirectRegex;
  std::optional<RedirectScheme> redirectScheme;
  std::optional<BasicAuth> basicAuth;
  std::optional<DigestAuth> digestAuth;
  std::optional<ForwardAuth> forwardAuth;
  std::optional<InFlightReq> inFlightReq;
  std::optional<Buffering> buffering;
  std::optional<CircuitBreaker> circuitBreaker;
  std::optional<Compress> compress;
  std::optional<PassTlsClientCert> passTLSClientCert;
  std::optional<Retry> retry;
  std::optional<ContentType> contentType;
  std::optional<GrpcWeb> grpcWeb;
  std::map<std::string, format::Value> plugin;  ///< Plugin name to its own options.
  static constexpr std::array kMayStandAlone{"compress", "contentType"};
  static constexpr std::array kNotBuilt{"ipWhiteList", "ipAllowList",    "encodedCharacters", "errors",
                                        "rateLimit",   "digestAuth",     "forwardAuth",       "inFlightReq",
                                        "buffering",   "circuitBreaker", "compress",          "passTLSClientCert",
                                        "retry",       "contentType",    "grpcWeb",           "plugin"};
  bool operator==(const HttpMiddleware&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpMiddleware, (),
                      (addPrefix, stripPrefix, stripPrefixRegex, replacePath, replacePathRegex, chain, ipWhiteList,
                       ipAllowList, headers, encodedCharacters, errors, rateLimit, redirectRegex, redirectScheme,
                       basicAuth, digestAuth, forwardAuth, inFlightReq, buffering, circuitBreaker, compress,
                       passTLSClientCert, retry, contentType, grpcWeb, plugin))

}  // namespace tandem::model
