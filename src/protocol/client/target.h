#pragma once

// Target: one server to send requests to, parsed once from its URL. Immutable, shared by all cores.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/net/address.h"

namespace tandem::client {

struct Target {
  std::string scheme;     ///< "http", or "h2c": HTTP/2 without TLS; others are refused until they are built
  std::string authority;  ///< "host:port" as in the URL, for the Host field
  std::string host;       ///< without brackets
  std::uint16_t port = 80;
  std::string path;                     ///< of the URL, percent-encoded as given
  std::optional<net::Address> address;  ///< when `host` is an IP literal

  static base::Result<Target> parse(std::string_view url);
};

}  // namespace tandem::client
