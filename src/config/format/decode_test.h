#pragma once

// A small configuration that the tests of this folder decode. Plain values.

#include "config/format/described.h"
#include "config/format/value.h"

namespace tandem::format::testing {

struct Domain {
  std::string main;
  std::vector<std::string> sans;
  bool operator==(const Domain&) const = default;
};
BOOST_DESCRIBE_STRUCT(Domain, (), (main, sans))

struct Tls {
  std::string options;
  std::vector<Domain> domains;
  bool operator==(const Tls&) const = default;
};
BOOST_DESCRIBE_STRUCT(Tls, (), (options, domains))

struct Headers {
  std::map<std::string, std::string> custom;
  std::int32_t depth = 3;
  std::optional<bool> strict;
  bool operator==(const Headers&) const = default;
};
BOOST_DESCRIBE_STRUCT(Headers, (), (custom, depth, strict))

struct Server {
  std::string url;
  std::uint16_t port = 0;
  bool operator==(const Server&) const = default;
};
BOOST_DESCRIBE_STRUCT(Server, (), (url, port))

struct EntryPoint {
  std::string address;
  bool asDefault = false;
  Duration timeout{std::chrono::seconds(60)};
  std::vector<double> buckets;
  std::vector<std::string> names{"default"};
  std::vector<Server> servers;
  Headers fixed;
  std::optional<Headers> headers;
  std::optional<Tls> tls;
  Secret password;
  double ratio = 1;
  bool new_ = false;
  static constexpr std::array kMayStandAlone{"tls"};
  static constexpr std::array kNotBuilt{"ratio", "new"};
  static constexpr std::array kAliases{std::pair{"addr", "address"}};
  static constexpr std::array kSingle{std::pair{"server", "servers"}};
  static constexpr std::array kAlwaysEncoded{"asDefault"};
  bool operator==(const EntryPoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPoint, (),
                      (address, asDefault, timeout, buckets, names, servers, fixed, headers, tls, password, ratio,
                       new_))

struct Api {
  bool insecure = false;
  bool dashboard = true;
  bool operator==(const Api&) const = default;
};
BOOST_DESCRIBE_STRUCT(Api, (), (insecure, dashboard))

struct Log {
  std::string level = "ERROR";
  bool operator==(const Log&) const = default;
};
BOOST_DESCRIBE_STRUCT(Log, (), (level))

struct Root {
  std::map<std::string, EntryPoint> entryPoints;
  std::optional<Api> api;
  std::optional<Log> log;
  std::map<std::string, Value> plugin;
  static constexpr std::array kMayStandAlone{"api", "log"};
  bool operator==(const Root&) const = default;
};
BOOST_DESCRIBE_STRUCT(Root, (), (entryPoints, api, log, plugin))

}  // namespace tandem::format::testing
