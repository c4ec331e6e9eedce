#pragma once

// Middlewares that admit or refuse: addresses, rates, concurrency, circuit breakers. Any thread; plain values.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// Which address of X-Forwarded-For counts.
struct IpStrategy {
  std::int64_t depth = 0;                  ///< How many addresses from the right; 0: the peer's.
  std::vector<std::string> excludedIPs;    ///< Addresses skipped from the right.
  std::optional<std::int64_t> ipv6Subnet;  ///< Bits of an IPv6 address that count.
  bool operator==(const IpStrategy&) const = default;
};
BOOST_DESCRIBE_STRUCT(IpStrategy, (), (depth, excludedIPs, ipv6Subnet))

/// What makes two requests come from one source.
struct SourceCriterion {
  std::optional<IpStrategy> ipStrategy;  ///< The client's address.
  std::string requestHeaderName;         ///< The value of this header.
  bool requestHost = false;              ///< The request's Host.
  bool operator==(const SourceCriterion&) const = default;
};
BOOST_DESCRIBE_STRUCT(SourceCriterion, (), (ipStrategy, requestHeaderName, requestHost))

/// Admits listed addresses only (Traefik: ipAllowList; ipWhiteList is its old name).
struct IpAllowList {
  std::vector<std::string> sourceRange;  ///< Addresses and CIDR ranges.
  std::optional<IpStrategy> ipStrategy;  ///< Which address counts; absent: the peer.
  std::int64_t rejectStatusCode = 0;     ///< Status of those refused; 0: 403.
  static constexpr std::array kMayStandAlone{"ipStrategy"};
  bool operator==(const IpAllowList&) const = default;
};
BOOST_DESCRIBE_STRUCT(IpAllowList, (), (sourceRange, ipStrategy, rejectStatusCode))

/// Where shared buckets live.
struct RateLimitRedis {
  std::vector<std::string> endpoints{"localhost:6379"};  ///< host:port of the servers.
  std::optional<ClientTls> tls;                          ///< TLS towards them.
  std::string username;                                  ///< User; empty: none.
  format::Secret password;                               ///< Password.
  std::int64_t db = 0;                                   ///< Database number.
  std::int64_t poolSize = 0;                             ///< Connections; 0: ten per core.
  std::int64_t minIdleConns = 0;                         ///< Unused connections kept open.
  std::int64_t maxActiveConns = 0;                       ///< Most connections; 0: no limit.
  std::optional<format::Duration> readTimeout =
      format::Duration{std::chrono::seconds(3)};  ///< Longest wait for an answer.
  std::optional<format::Duration> writeTimeout = format::Duration{std::chrono::seconds(3)};  ///< Longest time to send.
  std::optional<format::Duration> dialTimeout = format::Duration{std::chrono::seconds(5)};   ///< Until connected.
  bool operator==(const RateLimitRedis&) const = default;
};
BOOST_DESCRIBE_STRUCT(RateLimitRedis, (),
                      (endpoints, tls, username, password, db, poolSize, minIdleConns, maxActiveConns, readTimeout,
                       writeTimeout, dialTimeout))

/// A token bucket per source (Traefik: http.middlewares.NAME.rateLimit).
struct RateLimit {
  std::int64_t average = 0;                          ///< Requests per period for each source; 0: no limit.
  format::Duration period{std::chrono::seconds(1)};  ///< The period of `average`.
  std::int64_t burst = 1;                            ///< Requests that may come at once (size of the bucket).
  std::optional<SourceCriterion> sourceCriterion;    ///< Absent: by address.
  std::optional<RateLimitRedis> redis;               ///< Share the buckets with other instances.
  bool operator==(const RateLimit&) const = default;
};
BOOST_DESCRIBE_STRUCT(RateLimit, (), (average, period, burst, sourceCriterion, redis))

/// Limits requests at one time per source.
struct InFlightReq {
  std::int64_t amount = 0;                         ///< Requests under way allowed for each source.
  std::optional<SourceCriterion> sourceCriterion;  ///< Absent: by Host.
  bool operator==(const InFlightReq&) const = default;
};
BOOST_DESCRIBE_STRUCT(InFlightReq, (), (amount, sourceCriterion))

/// Stops sending while the service fails.
struct CircuitBreaker {
  std::string expression;  ///< When the service counts as failing, by ratios and latency.
  format::Duration checkPeriod{std::chrono::milliseconds(100)};  ///< Time between two looks at the expression.
  format::Duration fallbackDuration{std::chrono::seconds(10)};   ///< Time without any request.
  format::Duration recoveryDuration{std::chrono::seconds(10)};   ///< Time of growing traffic after that.
  std::int64_t responseCode = 503;                               ///< Status for clients while it is open.
  bool operator==(const CircuitBreaker&) const = default;
};
BOOST_DESCRIBE_STRUCT(CircuitBreaker, (), (expression, checkPeriod, fallbackDuration, recoveryDuration, responseCode))

}  // namespace tandem::model
