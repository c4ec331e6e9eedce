#include "engine/tls/client_hello.h"

#include <algorithm>
#include <cstring>

namespace tandem::tls {

namespace {

constexpr unsigned char kHandshakeRecord = 22;
constexpr unsigned char kSsl2Hello = 0x80;
constexpr unsigned char kClientHelloMessage = 1;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;
constexpr std::size_t kMaxRecord = 16384;  // RFC 8446 §5.1
constexpr std::uint16_t kServerNameExtension = 0;
constexpr std::uint16_t kAlpnExtension = 16;
constexpr std::uint16_t kSupportedVersionsExtension = 43;

/// Reads numbers and vectors (RFC 8446 §3) from the front of bytes; after a failure everything is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool failed() const { return failed_; }
  bool empty() const { return rest_.empty(); }

  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view vector(std::size_t length_size) { return take(number(length_size)); }
  std::string_view take(std::size_t size) {
    if (failed_ || size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

bool read_server_name(std::string_view body, ClientHello& hello) {
  Reader outer(body);
  Reader names(outer.vector(2));
  while (!names.empty()) {
    const std::size_t kind = names.number(1);
    const std::string_view name = names.vector(2);
    if (names.failed()) return false;
    if (kind != 0) continue;
    // One name of a kind, and one that a certificate can be looked up by.
    if (!hello.server_name.empty() || !may_be_server_name(name)) return false;
    hello.server_name = name;
  }
  return !outer.failed() && outer.empty();
}

bool read_alpn(std::string_view body, ClientHello& hello) {
  Reader outer(body);
  hello.alpn = outer.vector(2);
  if (outer.failed() || !outer.empty() || hello.alpn.empty()) return false;
  Reader names(hello.alpn);
  while (!names.empty()) {
    if (names.vector(1).empty()) return false;
  }
  return true;
}

bool read_versions(std::string_view body, ClientHello& hello) {
  Reader outer(body);
  Reader versions(outer.vector(1));
  hello.highest_version = 0;
  while (!versions.empty()) {
    const auto version = static_cast<std::uint16_t>(versions.number(2));
    // 0x?a?a are values that mean nothing (RFC 8701); drafts begin with 0x7f.
    if (version >> 8 == 3) hello.highest_version = std::max(hello.highest_version, version);
  }
  return !outer.failed() && !versions.failed() && outer.empty();
}

bool read_extension(std::size_t type, std::string_view body, ClientHello& hello) {
  switch (type) {
    case kServerNameExtension:
      return hello.server_name.empty() && read_server_name(body, hello);
    case kAlpnExtension:
      return hello.alpn.empty() && read_alpn(body, hello);
    case kSupportedVersionsExtension:
      return read_versions(body, hello);
    default:
      return true;
  }
}

bool read_hello(std::string_view message, ClientHello& hello) {
  constexpr std::size_t kRandom = 32;
  Reader reader(message);
  hello.highest_version = static_cast<std::uint16_t>(reader.number(2));
  reader.take(kRandom);
  const std::string_view session = reader.vector(1);
  const std::string_view suites = reader.vector(2);
  const std::string_view compressions = reader.vector(1);
  if (reader.failed() || session.size() > kRandom || suites.empty() || suites.size() % 2 != 0 || compressions.empty())
    return false;
  if (reader.empty()) return true;  // before TLS 1.2 extensions were optional
  Reader extensions(reader.vector(2));
  if (reader.failed() || !reader.empty()) return false;
  while (!extensions.empty()) {
    const std::size_t type = extensions.number(2);
    const std::string_view body = extensions.vector(2);
    if (extensions.failed() || !read_extension(type, body, hello)) return false;
  }
  return true;
}

/// The content of the handshake records at the front of `bytes`, as far as it is there.
struct Gathered {
  FirstBytes state = FirstBytes::kMore;
  std::string_view content;
};

Gathered gather(std::string_view bytes, char* room) {
  Gathered out;
  std::size_t size = 0;
  while (!bytes.empty()) {
    if (static_cast<unsigned char>(bytes[0]) != kHandshakeRecord) return {FirstBytes::kBad, {}};
    if (bytes.size() >= 2 && bytes[1] != 3) return {FirstBytes::kBad, {}};
    if (bytes.size() < kRecordHeader) break;
    const std::size_t length =
        static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) << 8 | static_cast<unsigned char>(bytes[4]);
    if (length == 0 || length > kMaxRecord) return {FirstBytes::kBad, {}};
    const std::string_view part = bytes.substr(kRecordHeader, length);
    if (size == 0) {
      out.content = part;  // the usual case, a single record, is read where it lies
    } else {
      if (out.content.data() != room) std::memcpy(room, out.content.data(), size);
      std::memcpy(room + size, part.data(), part.size());
      out.content = {room, size + part.size()};
    }
    size += part.size();
    if (part.size() < length) break;
    bytes.remove_prefix(kRecordHeader + length);
    if (size >= kMessageHeader) {
      Reader header(out.content);
      header.take(1);
      if (header.number(3) + kMessageHeader <= size) break;
    }
  }
  return out;
}

}  // namespace

bool ClientHello::offers(std::string_view protocol) const {
  Reader names(alpn);
  while (!names.empty()) {
    if (names.vector(1) == protocol) return true;
  }
  return false;
}

FirstBytes parse_first_bytes(std::string_view bytes, char* room, ClientHello& hello) {
  hello = {};
  if (bytes.empty()) return FirstBytes::kMore;
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first == kSsl2Hello) return FirstBytes::kTooOld;
  if (first != kHandshakeRecord) return FirstBytes::kOther;
  const Gathered gathered = gather(bytes, room);
  if (gathered.state == FirstBytes::kBad) return FirstBytes::kBad;
  if (!gathered.content.empty() && static_cast<unsigned char>(gathered.content[0]) != kClientHelloMessage)
    return FirstBytes::kBad;
  const FirstBytes unfinished = bytes.size() >= kMaxClientHello ? FirstBytes::kTooLong : FirstBytes::kMore;
  if (gathered.content.size() < kMessageHeader) return unfinished;
  Reader message(gathered.content);
  message.take(1);
  const std::size_t length = message.number(3);
  if (length + kMessageHeader > kMaxClientHello) return FirstBytes::kTooLong;
  if (gathered.content.size() < kMessageHeader + length) return unfinished;
  return read_hello(message.take(length), hello) ? FirstBytes::kComplete : FirstBytes::kBad;
}

bool may_be_server_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxServerName && name.back() != '.' &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace tandem::tls
