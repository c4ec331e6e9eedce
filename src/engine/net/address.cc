#include "engine/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace tandem::net {

namespace {

constexpr std::size_t kV4MappedPrefix = 12;

bool is_v4_mapped(const std::uint8_t* bytes) {
  return std::all_of(bytes, bytes + 10, [](std::uint8_t b) { return b == 0; }) && bytes[10] == 0xff &&
         bytes[11] == 0xff;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  IpAddress out;
  if (::inet_pton(AF_INET, buffer, out.bytes_.data()) == 1) return out;
  std::uint8_t bytes[16];
  if (::inet_pton(AF_INET6, buffer, bytes) != 1) return std::nullopt;
  if (is_v4_mapped(bytes)) {
    std::memcpy(out.bytes_.data(), bytes + kV4MappedPrefix, 4);
    return out;
  }
  out.v4_ = false;
  std::memcpy(out.bytes_.data(), bytes, sizeof bytes);
  return out;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  const char* text = ::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return text == nullptr ? std::string() : std::string(text);
}

base::Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  IpPrefix out;
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return base::Error(base::ErrorKind::kInvalid, "not an IP address or CIDR: " + std::string(text));
  out.address_ = *address;
  const int most = address->is_v4() ? 32 : 128;
  out.length_ = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.length_);
    if (error != std::errc{} || end != digits.data() + digits.size() || out.length_ < 0 || out.length_ > most) {
      return base::Error(base::ErrorKind::kInvalid, "invalid CIDR address: " + std::string(text));
    }
  }
  return out;
}

bool IpPrefix::contains(const IpAddress& address) const {
  if (address.is_v4() != address_.is_v4()) return false;
  const auto whole = static_cast<std::size_t>(length_ / 8);
  if (!std::equal(address.bytes().begin(), address.bytes().begin() + static_cast<std::ptrdiff_t>(whole),
                  address_.bytes().begin())) {
    return false;
  }
  const int rest = length_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
  return (address.bytes()[whole] & mask) == (address_.bytes()[whole] & mask);
}

std::string IpPrefix::text() const { return address_.text() + "/" + std::to_string(length_); }

Address::Address(const IpAddress& ip, std::uint16_t port) {
  if (ip.is_v4()) {
    auto& in = reinterpret_cast<sockaddr_in&>(storage_);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, ip.bytes_.data(), 4);
    length_ = sizeof in;
  } else {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(storage_);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    std::memcpy(&in6.sin6_addr, ip.bytes_.data(), 16);
    length_ = sizeof in6;
  }
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  Address out;
  out.length_ = std::min<socklen_t>(length, sizeof out.storage_);
  std::memcpy(&out.storage_, address, out.length_);
  return out;
}

base::Result<Address> Address::unix_path(std::string_view path) {
  Address out;
  auto& un = reinterpret_cast<sockaddr_un&>(out.storage_);
  if (path.empty() || path.size() >= sizeof un.sun_path) {
    return base::Error(base::ErrorKind::kInvalid, "not a usable socket path: " + std::string(path));
  }
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  out.length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

bool Address::is_ip() const { return family() == AF_INET || family() == AF_INET6; }

IpAddress Address::ip() const {
  IpAddress out;
  if (family() == AF_INET) {
    std::memcpy(out.bytes_.data(), &reinterpret_cast<const sockaddr_in&>(storage_).sin_addr, 4);
    return out;
  }
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage_);
  const std::uint8_t* bytes = in6.sin6_addr.s6_addr;
  if (is_v4_mapped(bytes)) {
    std::memcpy(out.bytes_.data(), bytes + kV4MappedPrefix, 4);
    return out;
  }
  out.v4_ = false;
  std::memcpy(out.bytes_.data(), bytes, 16);
  return out;
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port);
  return 0;
}

std::string Address::text() const {
  if (family() == AF_UNIX) return reinterpret_cast<const sockaddr_un&>(storage_).sun_path;
  if (!is_ip()) return "";
  const IpAddress address = ip();
  const std::string text = address.text();
  return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port());
}

}  // namespace tandem::net
