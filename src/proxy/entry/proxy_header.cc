#include "proxy/entry/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace tandem::entry {

namespace {

constexpr std::string_view kV1 = "PROXY ";
constexpr std::string_view kV2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kV1Longest = 107;  // with its CR LF
constexpr std::size_t kV2Fixed = 16;
constexpr std::size_t kV2Longest = kV2Fixed + 4096;

using Kind = ProxyHeader::Kind;

bool begins_like(std::string_view bytes, std::string_view signature) {
  const std::size_t size = std::min(bytes.size(), signature.size());
  return bytes.substr(0, size) == signature.substr(0, size);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

ProxyHeader parse_v1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kV1Longest).find("\r\n");
  if (end == std::string_view::npos) return {bytes.size() < kV1Longest ? Kind::kMore : Kind::kBad};
  ProxyHeader header;
  header.size = end + 2;
  std::array<std::string_view, 5> words;
  std::size_t count = 0;
  std::string_view rest = bytes.substr(kV1.size(), end - kV1.size());
  while (count < words.size()) {
    const bool last = count + 1 == words.size();  // takes all: a sixth word makes it no port
    const std::size_t space = last ? std::string_view::npos : rest.find(' ');
    words[count++] = rest.substr(0, space);
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
  if (words[0] == "UNKNOWN") {
    header.kind = Kind::kLocal;
    return header;
  }
  const auto source = net::IpAddress::parse(words[1]);
  const auto destination = net::IpAddress::parse(words[2]);
  const auto source_port = parse_port(words[3]);
  const auto destination_port = parse_port(words[4]);
  const bool family = words[0] == "TCP4" || words[0] == "TCP6";
  if (count != words.size() || !family || !source || !destination || !source_port || !destination_port)
    return {Kind::kBad};
  header.kind = Kind::kProxied;
  header.source = net::Address(*source, *source_port);
  header.destination = net::Address(*destination, *destination_port);
  return header;
}

std::uint16_t big_endian(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) * 256U +
                                    static_cast<unsigned char>(bytes[at + 1]));
}

net::IpAddress ip_of(std::string_view bytes, bool v6) {
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), text, sizeof text);
  return net::IpAddress::parse(text).value_or(net::IpAddress());
}

ProxyHeader parse_v2(std::string_view bytes) {
  if (bytes.size() < kV2Fixed) return {Kind::kMore};
  const auto command = static_cast<unsigned char>(bytes[12]);
  const auto family = static_cast<unsigned char>(bytes[13]);
  ProxyHeader header;
  header.size = kV2Fixed + big_endian(bytes, 14);
  if ((command >> 4) != 2 || (command & 0x0fU) > 1 || header.size > kV2Longest) return {Kind::kBad};
  if (bytes.size() < header.size) return {Kind::kMore};
  header.kind = Kind::kLocal;
  const bool v4 = (family >> 4) == 1;
  const bool v6 = (family >> 4) == 2;
  if ((command & 0x0fU) == 0 || (!v4 && !v6)) return header;
  const std::size_t length = v6 ? 16 : 4;
  if (header.size < kV2Fixed + 2 * length + 4) return {Kind::kBad};
  const std::string_view addresses = bytes.substr(kV2Fixed);
  header.kind = Kind::kProxied;
  header.source = net::Address(ip_of(addresses, v6), big_endian(addresses, 2 * length));
  header.destination = net::Address(ip_of(addresses.substr(length), v6), big_endian(addresses, 2 * length + 2));
  return header;
}

bool is_trusted(const EntryPointOptions& options, const net::Address& peer) {
  if (options.proxy_protocol_insecure) return true;
  return peer.is_ip() && std::ranges::any_of(options.proxy_protocol_trusted,
                                             [&](const net::IpPrefix& prefix) { return prefix.contains(peer.ip()); });
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (begins_like(bytes, kV1)) return bytes.size() < kV1.size() ? ProxyHeader{Kind::kMore} : parse_v1(bytes);
  if (begins_like(bytes, kV2)) return parse_v2(bytes);
  return {Kind::kNone};
}

loop::Task<bool> read_proxy_header(net::Stream& stream, const EntryPointOptions& options, http::Connection& connection,
                                   std::string& early) {
  const loop::Nanoseconds patience = options.http.read_timeout;
  const loop::TimePoint deadline = patience.count() > 0 ? loop::Loop::current().now() + patience : loop::kNever;
  std::array<char, 512> room;
  for (;;) {
    const net::IoCount count = stream.try_read(room);
    if (count.failed() || count.ended()) co_return false;
    if (count.would_block()) {
      const loop::Wake wake = co_await stream.readable(deadline);
      if (wake == loop::Wake::kTimeout) co_return false;
      continue;
    }
    early.append(room.data(), count.bytes());
    const ProxyHeader header = parse_proxy_header(early);
    if (header.kind == Kind::kMore) continue;
    if (header.kind == Kind::kBad) co_return false;
    connection.local = net::local_address(stream.descriptor().fd());
    if (header.kind == Kind::kProxied && is_trusted(options, connection.peer)) {
      connection.peer = header.source;
      connection.local = header.destination;
    }
    early.erase(0, header.size);
    co_return true;
  }
}

}  // namespace tandem::entry
