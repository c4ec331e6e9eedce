#include "protocol/client/target.h"

#include <charconv>

namespace tandem::client {

namespace {

base::Error invalid(std::string_view url, std::string_view why) {
  std::string text = "parse \"";
  text.append(url).append("\": ").append(why);
  return {base::ErrorKind::kInvalid, std::move(text)};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace

base::Result<Target> Target::parse(std::string_view url) {
  Target target;
  const std::size_t colon = url.find(':');
  if (colon == 0) return invalid(url, "missing protocol scheme");
  const std::size_t separator = url.find("://");
  if (separator == std::string_view::npos) {
    // Go parses "host:port/path" as a scheme without authority: an unsupported scheme when a request is made.
    target.scheme = colon == std::string_view::npos ? std::string() : lower(url.substr(0, colon));
    return target;
  }
  target.scheme = lower(url.substr(0, separator));
  const std::string_view rest = url.substr(separator + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, end);
  target.path = rest.substr(end, rest.find_first_of("?#", end) - end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  target.authority = authority;
  target.port = target.scheme == "https" ? 443 : 80;

  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return invalid(url, "missing ']' in host");
    host = authority.substr(1, bracket - 1);
    const std::string_view after = authority.substr(bracket + 1);
    if (!after.empty() && after.front() != ':')
      return invalid(url, "invalid port \"" + std::string(after) + "\" after host");
    if (!after.empty()) port = after.substr(1);
  } else if (const std::size_t last = authority.rfind(':'); last != std::string_view::npos) {
    host = authority.substr(0, last);
    port = authority.substr(last + 1);
  }
  if (!port.empty()) {
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), target.port);
    if (error != std::errc{} || stop != port.data() + port.size()) {
      return invalid(url, "invalid port \":" + std::string(port) + "\" after host");
    }
  }
  target.host = host;
  if (const auto ip = net::IpAddress::parse(host)) target.address = net::Address(*ip, target.port);
  return target;
}

}  // namespace tandem::client
