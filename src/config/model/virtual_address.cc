#include "config/model/virtual_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace tandem::model {
namespace {

constexpr std::size_t kLongestInterfaceName = 15;

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSpace, end);
  }
  return words;
}

base::Error wrong(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

/// Takes what follows a keyword; an empty text when it was taken.
std::string take_option(VirtualAddress& address, std::string_view keyword, std::string_view argument) {
  if (keyword == "dev") {
    address.device = argument;
    if (argument.size() > kLongestInterfaceName || argument.contains('/'))
      return fmt::format("\"{}\" is no name of an interface", argument);
  } else if (keyword == "label") {
    address.label = argument;
    if (argument.size() > kLongestInterfaceName) return fmt::format("label \"{}\" is longer than 15", argument);
  } else if (keyword == "scope") {
    address.scope = argument;
    constexpr std::array<std::string_view, 5> kScopes{"global", "site", "link", "host", "nowhere"};
    unsigned number = 0;
    const auto [end, code] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
    const bool is_number = code == std::errc{} && end == argument.data() + argument.size() && number <= 255;
    if (!is_number && std::ranges::find(kScopes, argument) == kScopes.end())
      return fmt::format("unknown scope \"{}\": global, site, link, host or a number to 255", argument);
  } else {  // brd, broadcast
    if (address.address.v6) return "IPv6 has no broadcast address";
    address.default_broadcast = argument == "+";
    if (argument == "+" || argument == "-") return {};
    address.broadcast = IpAddress::parse(argument);
    if (!address.broadcast || address.broadcast->v6) return fmt::format("invalid broadcast address \"{}\"", argument);
  }
  return {};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

bool IpAddress::is_multicast() const { return v6 ? bytes[0] == 0xff : (bytes[0] & 0xf0) == 0xe0; }

bool IpAddress::is_link_local() const {
  return v6 ? bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80 : bytes[0] == 169 && bytes[1] == 254;
}

bool same_network(const IpAddress& a, const IpAddress& b, int prefix) {
  if (a.v6 != b.v6) return false;
  for (int bit = 0; bit < std::min(prefix, a.bits()); bit += 8) {
    const int left = std::min(8, prefix - bit);
    const auto mask = static_cast<std::uint8_t>(0xff00 >> left);
    const auto at = static_cast<std::size_t>(bit / 8);
    if ((a.bytes[at] & mask) != (b.bytes[at] & mask)) return false;
  }
  return true;
}

base::Result<VirtualAddress> parse_virtual_address(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) return wrong("an address is missing");
  VirtualAddress result;
  const std::string_view first = words.front();
  const std::size_t slash = first.find('/');
  const auto address = IpAddress::parse(first.substr(0, slash));
  if (!address) return wrong(fmt::format("\"{}\" is no IP address", first.substr(0, slash)));
  result.address = *address;
  if (slash != std::string_view::npos) {
    const std::string_view digits = first.substr(slash + 1);
    int prefix = -1;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (code != std::errc{} || end != digits.data() + digits.size() || prefix < 0 || prefix > address->bits())
      return wrong(fmt::format("prefix \"{}\" is not a number from 0 to {}", digits, address->bits()));
    result.prefix = prefix;
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "no_track") {
      result.tracked = false;
      continue;
    }
    constexpr std::array<std::string_view, 5> kWithArgument{"dev", "label", "scope", "brd", "broadcast"};
    if (std::ranges::find(kWithArgument, word) == kWithArgument.end())
      return wrong(fmt::format("unknown word \"{}\" behind the address: dev, label, scope, brd or no_track", word));
    if (++i == words.size()) return wrong(fmt::format("\"{}\" at the end lacks its value", word));
    if (std::string problem = take_option(result, word, words[i]); !problem.empty()) return wrong(std::move(problem));
  }
  return result;
}

}  // namespace tandem::model
