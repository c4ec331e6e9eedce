#include "protocol/http1/head.h"

#include <array>
#include <cstring>
#include <limits>

namespace tandem::http1 {

namespace {

using http::HeaderId;

constexpr HeadError kBadRequest{400, "400 Bad Request"};
constexpr HeadError kBadName{400, "400 Bad Request: invalid header name"};
constexpr HeadError kBadHost{400, "400 Bad Request: malformed Host header"};
constexpr HeadError kNoHost{400, "400 Bad Request: missing required Host header"};
constexpr HeadError kTooLarge{431, "431 Request Header Fields Too Large"};
constexpr HeadError kBadCoding{501, "Unsupported transfer encoding"};
constexpr HeadError kBadVersion{505, "505 HTTP Version Not Supported: unsupported protocol version"};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMost - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

/// Walks over the lines of a head; each ends with CRLF, as find_head_end made sure.
class Lines {
 public:
  explicit Lines(std::span<char> bytes) : rest_(bytes) {}
  std::span<char> next() {
    auto* end = static_cast<char*>(std::memchr(rest_.data(), '\n', rest_.size()));
    if (end == nullptr) return {};
    const std::span<char> line = rest_.first(static_cast<std::size_t>(end - rest_.data()));
    rest_ = rest_.subspan(line.size() + 1);
    return line.empty() ? line : line.first(line.size() - 1);
  }

 private:
  std::span<char> rest_;
};

std::string_view view(std::span<char> text) { return {text.data(), text.size()}; }

/// What the fields say about the connection and the content, collected while they are parsed.
struct Collected {
  std::optional<std::uint64_t> length;
  unsigned lengths = 0;
  unsigned codings = 0;
  bool bad_length = false;
  bool bad_coding = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  unsigned hosts = 0;
  std::string_view host;
  std::string_view upgrade_to;
  bool expects_continue = false;
  bool bad_trailer = false;  // announces a field that may not be one (RFC 9110 §6.5.1)
};

void note(HeaderId id, std::string_view value, Collected& seen) {
  switch (id) {
    case HeaderId::kContentLength: {
      const auto length = parse_length(value);
      seen.bad_length |= !length || (seen.lengths != 0 && seen.length != length);
      seen.length = length;
      ++seen.lengths;
      break;
    }
    case HeaderId::kTransferEncoding:
      seen.bad_coding |= !http::equals_ignoring_case(value, "chunked") || seen.codings != 0;
      ++seen.codings;
      break;
    case HeaderId::kConnection:
      seen.close |= http::list_contains(value, "close");
      seen.keep_alive |= http::list_contains(value, "keep-alive");
      seen.upgrade |= http::list_contains(value, "upgrade");
      break;
    case HeaderId::kHost:
      seen.host = value;
      ++seen.hosts;
      break;
    case HeaderId::kUpgrade:
      if (seen.upgrade_to.empty()) seen.upgrade_to = value;
      break;
    case HeaderId::kTrailer:
      for (const std::string_view framing : {"Content-Length", "Transfer-Encoding", "Trailer"}) {
        seen.bad_trailer |= http::list_contains(value, framing);
      }
      break;
    case HeaderId::kExpect:
      seen.expects_continue |= http::equals_ignoring_case(value, "100-continue");
      break;
    default:
      break;
  }
}

constexpr bool is_kept(HeaderId id, bool response) {
  if (id == HeaderId::kTransferEncoding) return false;
  return response ? id != HeaderId::kContentLength : id != HeaderId::kHost;
}

/// Parses field lines up to the blank one. `response`: Host is an ordinary field there (and in trailers).
std::optional<HeadError> parse_fields(Lines& lines, std::size_t max_fields, bool response, http::Headers& headers,
                                      Collected& seen) {
  for (std::size_t count = 0;; ++count) {
    const std::span<char> line = lines.next();
    if (line.empty()) return std::nullopt;
    if (count == max_fields) return kTooLarge;
    auto* colon = static_cast<char*>(std::memchr(line.data(), ':', line.size()));
    if (colon == nullptr || colon == line.data()) return kBadRequest;
    const std::span<char> name = line.first(static_cast<std::size_t>(colon - line.data()));
    const HeaderId id = http::header_id(view(name));  // a listed name is good, and its spelling is known
    if (id == HeaderId::kOther && !http::canonicalize(name)) {
      // Go tells spaces in a name from other characters that do not belong there; a leading space is a folded line.
      const bool space = name.front() != ' ' && name.front() != '\t' && view(name).find(' ') != std::string_view::npos;
      return space ? kBadName : kBadRequest;
    }
    const std::string_view value = trimmed(view(line.subspan(name.size() + 1)));
    if (!http::is_field_content(value)) return kBadRequest;
    if (id != HeaderId::kOther) note(id, value, seen);
    if (is_kept(id, response)) headers.add_view(id, id == HeaderId::kOther ? view(name) : http::header_name(id), value);
  }
}

bool is_host_character(char c) {
  // Go's httpguts.ValidHostHeader: what RFC 3986 allows in an authority, without userinfo's '@'… and slashes.
  const auto u = static_cast<unsigned char>(c);
  if ((u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z')) return true;
  return std::string_view("!$%&()*+,-.:;='[]_~").find(c) != std::string_view::npos;
}

bool is_valid_host(std::string_view host) {
  for (const char c : host) {
    if (!is_host_character(c)) return false;
  }
  return true;
}

std::optional<HeadError> parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return kBadRequest;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!http::is_token(head.method) || head.target.empty()) return kBadRequest;
  for (const char c : head.target) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u == 0x7f) return kBadRequest;
  }
  if (version == "HTTP/1.1") {
    head.version = http::Version::kHttp11;
    return std::nullopt;
  }
  if (version == "HTTP/1.0") {
    head.version = http::Version::kHttp10;
    return std::nullopt;
  }
  const bool shaped = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' && version[5] >= '0' &&
                      version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
  if (!shaped) return kBadRequest;
  if (version[5] != '1') return kBadVersion;
  head.version = http::Version::kHttp11;  // RFC 9112 §2.3: a higher minor version is answered as ours
  return std::nullopt;
}

}  // namespace

HeadEnd find_head_end(std::string_view bytes, std::size_t& scanned) {
  // `scanned` is always the beginning of a line.
  while (scanned < bytes.size()) {
    const void* found = std::memchr(bytes.data() + scanned, '\n', bytes.size() - scanned);
    if (found == nullptr) return {HeadEnd::Kind::kMore};
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (at == scanned || bytes[at - 1] != '\r') return {HeadEnd::Kind::kBad};
    const bool blank = at - 1 == scanned;
    const bool first = scanned == 0;
    scanned = at + 1;
    if (blank) return first ? HeadEnd{HeadEnd::Kind::kBad} : HeadEnd{HeadEnd::Kind::kFound, scanned};
  }
  return {HeadEnd::Kind::kMore};
}

MendedHead mend_response_head(std::string_view bytes, http::Arena& arena) {
  // Looked for first: nothing is copied while the end has not come.
  const bool complete = bytes.starts_with('\n') || bytes.starts_with("\r\n") ||
                        bytes.find("\n\n") != std::string_view::npos || bytes.find("\n\r\n") != std::string_view::npos;
  if (!complete) return {};
  // Only ever grows by the carriage returns that are missing.
  char* const out = arena.allocate_text(2 * bytes.size() + 2);
  std::size_t size = 0;
  const auto text = [out, &size](std::string_view part) {
    if (!part.empty()) std::memcpy(out + size, part.data(), part.size());
    size += part.size();
  };
  std::size_t at = 0;
  bool first = true;
  for (;;) {
    const std::size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos) return {};
    std::string_view line = bytes.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    const bool folded = !first && (line.starts_with(' ') || line.starts_with('\t'));
    if (folded) {
      size -= 2;
      text(" ");
      text(trimmed(line));
    } else {
      const std::size_t colon = first ? std::string_view::npos : line.find(':');
      std::string_view name = line.substr(0, colon);
      while (colon != std::string_view::npos && (name.ends_with(' ') || name.ends_with('\t'))) name.remove_suffix(1);
      text(name);
      if (colon != std::string_view::npos) text(line.substr(colon));
    }
    text("\r\n");
    if (line.empty() && !folded) return {{out, size}, at};
    first = false;
  }
}

std::optional<HeadError> parse_request_head(std::span<char> bytes, std::size_t max_fields, RequestHead& head) {
  Lines lines(bytes);
  if (const auto error = parse_request_line(view(lines.next()), head)) return error;
  Collected seen;
  if (const auto error = parse_fields(lines, max_fields, false, head.headers, seen)) return error;

  const bool v11 = head.version == http::Version::kHttp11;
  if (seen.hosts > 1) return kBadRequest;
  if (seen.hosts == 0 && v11) return kNoHost;
  if (!is_valid_host(seen.host)) return kBadHost;
  head.has_host = seen.hosts == 1;
  head.host = seen.host;

  if (seen.bad_length || seen.lengths > 1 || seen.bad_trailer) return kBadRequest;
  if (seen.codings != 0) {
    // Both framings, or a coding in a version that has none: whoever stands before or behind us may see another end.
    if (seen.bad_coding) return kBadCoding;
    if (seen.lengths != 0 || !v11) return kBadRequest;
    head.framing = {Framing::Kind::kChunked, 0};
  } else if (seen.length) {
    head.framing = {Framing::Kind::kLength, *seen.length};
  }
  head.keep_alive = v11 ? !seen.close : seen.keep_alive && !seen.close;
  if (v11 && seen.upgrade) head.upgrade = seen.upgrade_to;
  head.expects_continue = v11 && seen.expects_continue;
  return std::nullopt;
}

std::optional<HeadError> parse_response_head(std::span<char> bytes, bool to_head, ResponseHead& head) {
  constexpr HeadError kBad{500, "malformed response"};
  constexpr std::size_t kMaxFields = 4096;
  Lines lines(bytes);
  const std::string_view line = view(lines.next());
  const bool shaped = line.size() >= 12 && line.starts_with("HTTP/") && line[6] == '.' && line[8] == ' ' &&
                      (line.size() == 12 || line[12] == ' ');
  if (!shaped) return kBad;
  for (const std::size_t at : {5UL, 7UL, 9UL, 10UL, 11UL}) {
    if (line[at] < '0' || line[at] > '9') return kBad;
  }
  head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  head.version = line[5] == '1' && line[7] == '0' ? http::Version::kHttp10 : http::Version::kHttp11;
  if (head.status < 100 || !http::is_field_content(line)) return kBad;
  Collected seen;
  if (parse_fields(lines, kMaxFields, true, head.headers, seen)) return kBad;
  head.keep_alive = head.version == http::Version::kHttp11 ? !seen.close : seen.keep_alive && !seen.close;
  const bool no_content = to_head || head.status < 200 || head.status == 204 || head.status == 304;
  if (seen.bad_trailer || seen.bad_coding || (seen.bad_length && seen.codings == 0)) return kBad;
  if (seen.codings == 0) head.announced_length = seen.length;
  if (no_content) return std::nullopt;
  if (seen.codings != 0) {
    head.framing = {Framing::Kind::kChunked, 0};
    if (seen.lengths != 0) head.keep_alive = false;  // RFC 9112 §6.3: the length is overridden, the connection suspect
  } else if (seen.length) {
    head.framing = {Framing::Kind::kLength, *seen.length};
  } else {
    head.framing = {Framing::Kind::kUntilClose, 0};
    head.keep_alive = false;
  }
  return std::nullopt;
}

bool parse_trailers(std::span<char> bytes, http::Headers& trailers) {
  constexpr std::size_t kMaxFields = 256;
  Lines lines(bytes);
  Collected seen;
  if (parse_fields(lines, kMaxFields, true, trailers, seen)) return false;
  return seen.lengths == 0 && seen.codings == 0 && seen.hosts == 0 && !trailers.has(HeaderId::kTrailer);
}

}  // namespace tandem::http1
