#include "protocol/http2/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace tandem::http2 {

namespace {

using http::HeaderId;

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113 §6.5.2

using CharacterSet = std::array<bool, 256>;

constexpr CharacterSet set_of(std::string_view others) {
  CharacterSet set{};
  for (int c = '0'; c <= '9'; ++c) set[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) set[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) set[static_cast<std::size_t>(c)] = true;
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  return set;
}

/// No control characters but tab, and no white space around it.
bool is_value(std::string_view value) {
  if (value.empty()) return true;
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  return !is_space(value.front()) && !is_space(value.back()) && http::is_field_content(value);
}

/// What may stand in an authority (RFC 3986); no userinfo (RFC 9113 §8.3.1).
constexpr CharacterSet kAuthority = set_of("!$%&()*+,-.:;='[]_~");

bool is_authority(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kAuthority[static_cast<unsigned char>(c)]; });
}

bool is_target_text(std::string_view text) {
  bool bad = false;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    bad |= (u <= 0x20) | (u == 0x7f);
  }
  return !bad;
}

bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
}

// In the order in which Go looks for them: the first one is named in the answer.
constexpr std::array<HeaderId, 5> kConnectionFields = {HeaderId::kConnection, HeaderId::kKeepAlive,
                                                       HeaderId::kProxyConnection, HeaderId::kTransferEncoding,
                                                       HeaderId::kUpgrade};
constexpr std::array<std::string_view, 5> kRefusals = {
    "request header \"Connection\" is not valid in HTTP/2", "request header \"Keep-Alive\" is not valid in HTTP/2",
    "request header \"Proxy-Connection\" is not valid in HTTP/2",
    "request header \"Transfer-Encoding\" is not valid in HTTP/2", "request header \"Upgrade\" is not valid in HTTP/2"};

std::size_t connection_field(HeaderId id) {
  const auto* const found = std::ranges::find(kConnectionFields, id);
  return static_cast<std::size_t>(found - kConnectionFields.begin());
}

bool is_connection_field(HeaderId id) { return connection_field(id) < kConnectionFields.size(); }

std::uint32_t expected_fields(FieldCollector::Kind kind) {
  switch (kind) {
    case FieldCollector::Kind::kRequest:
      return http::Headers::kUsual;
    case FieldCollector::Kind::kResponse:
      return 12;
    case FieldCollector::Kind::kTrailers:
      return 4;
  }
  return 0;
}

/// Where lists are put together: on each core one at a time, as nghttp2 takes each over before the next begins.
std::vector<nghttp2_nv>& list_in_the_making() {
  static thread_local std::vector<nghttp2_nv> fields;
  fields.clear();
  return fields;
}

}  // namespace

FieldCollector::FieldCollector(http::Arena& arena, Kind kind, std::size_t limit, std::size_t max_fields)
    : headers(arena, expected_fields(kind)), arena_(arena), limit_(limit), max_fields_(max_fields), kind_(kind) {}

void FieldCollector::add(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + kFieldOverhead;
  ++count_;
  // What is too much is counted and no longer kept.
  if (malformed_ || size_ > limit_ || count_ > max_fields_) return;
  const bool good = name.starts_with(':') ? add_pseudo(name, value) : add_regular(name, value);
  malformed_ = malformed_ || !good;
}

bool FieldCollector::add_pseudo(std::string_view name, std::string_view value) {
  if (regular_seen_ || kind_ == Kind::kTrailers) return false;
  if (kind_ == Kind::kResponse) {
    if (name != ":status" || status != 0 || value.size() != 3) return false;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), status);
    return error == std::errc{} && end == value.data() + value.size() && status >= 100;
  }
  if (name == ":method") {
    if (!method.empty() || !http::is_token(value)) return false;
    method = arena_.copy(value);
    return true;
  }
  if (name == ":path") {
    if (std::exchange(path_seen_, true) || !is_target_text(value)) return false;
    path = arena_.copy(value);
    return true;
  }
  if (name == ":scheme") {
    if (!scheme.empty() || value.empty() || !is_target_text(value)) return false;
    scheme = arena_.copy(value);
    return true;
  }
  if (name == ":authority") {
    if (std::exchange(authority_seen_, true) || !is_authority(value)) return false;
    host = arena_.copy(value);
    return true;
  }
  return false;
}

bool FieldCollector::note_special(HeaderId id, std::string_view value) {
  switch (id) {
    case HeaderId::kHost:
      if (kind_ != Kind::kRequest) return kind_ == Kind::kResponse;
      host_field_ = value;
      return !std::exchange(host_seen_, true) && is_authority(value);
    case HeaderId::kContentLength: {
      std::uint64_t length = 0;
      if (kind_ == Kind::kTrailers || content_length || !parse_length(value, length)) return false;
      content_length = length;
      return true;
    }
    case HeaderId::kTe:
      te_ = value;
      ++te_fields_;
      return true;
    case HeaderId::kCookie:
      ++cookies_;
      return true;
    case HeaderId::kExpect:
      if (kind_ == Kind::kRequest) expects_continue = http::equals_ignoring_case(value, "100-continue");
      return true;
    case HeaderId::kTrailer:
      return kind_ != Kind::kTrailers;
    default:
      break;
  }
  if (!is_connection_field(id)) return true;
  if (kind_ == Kind::kTrailers) return false;
  connection_fields_ |= static_cast<std::uint8_t>(1U << connection_field(id));
  return true;
}

bool FieldCollector::add_regular(std::string_view name, std::string_view value) {
  regular_seen_ = true;
  if (!is_value(value)) return false;
  const HeaderId id = http::header_id_of_lower(name);
  const std::string_view kept = arena_.copy(value);
  if (id == HeaderId::kOther) {
    char* const spelled = arena_.allocate_text(name.size());
    std::ranges::copy(name, spelled);
    headers.add_view(id, {spelled, name.size()}, kept);
    // A token without upper case (RFC 9113 §8.2.1).
    const bool has_upper = std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
    return http::canonicalize({spelled, name.size()}) && !has_upper;
  }
  if (!note_special(id, kept)) return false;
  if (id == HeaderId::kHost && kind_ == Kind::kRequest) return true;
  if (id == HeaderId::kExpect && expects_continue) return true;
  if (is_connection_field(id)) return true;  // refused in requests, of no meaning in responses
  if (id == HeaderId::kContentLength && kind_ == Kind::kResponse) return true;
  headers.add_view(id, kept);
  return true;
}

void FieldCollector::join_cookies() {
  if (cookies_ < 2) return;
  std::size_t size = 0;
  for (const http::HeaderField& field : headers) {
    if (field.id == HeaderId::kCookie) size += field.value.size() + 2;
  }
  char* const joined = arena_.allocate_text(size);
  std::size_t at = 0;
  for (const http::HeaderField& field : headers) {
    if (field.id != HeaderId::kCookie) continue;
    if (at != 0) {
      joined[at++] = ';';
      joined[at++] = ' ';
    }
    if (!field.value.empty()) std::memcpy(joined + at, field.value.data(), field.value.size());
    at += field.value.size();
  }
  headers.set_view(HeaderId::kCookie, {joined, at});
}

FieldCollector::Verdict FieldCollector::finish() {
  if (malformed_) return Verdict::kMalformed;
  if (size_ > limit_ || count_ > max_fields_) return Verdict::kTooLarge;
  if (kind_ == Kind::kRequest) return finish_request();
  if (kind_ == Kind::kResponse && status == 0) return Verdict::kMalformed;
  return Verdict::kGood;
}

FieldCollector::Verdict FieldCollector::finish_request() {
  if (method.empty()) return Verdict::kMalformed;
  if (method == "CONNECT") {  // RFC 9113 §8.5
    if (path_seen_ || !scheme.empty() || host.empty()) return Verdict::kMalformed;
  } else {
    if (scheme.empty() || path.empty()) return Verdict::kMalformed;
    http::Request probe;
    probe.method = method;
    if (!set_target(path, probe)) return Verdict::kMalformed;
  }
  if (host.empty()) host = host_field_;  // RFC 9113 §8.3.1: the authority wins
  for (std::size_t i = 0; i < kConnectionFields.size() && refusal_.empty(); ++i) {
    if ((connection_fields_ & (1U << i)) != 0) refusal_ = kRefusals[i];
  }
  if (refusal_.empty() && (te_fields_ > 1 || (te_fields_ == 1 && !te_.empty() && te_ != "trailers"))) {
    refusal_ = "request header \"TE\" may only be \"trailers\" in HTTP/2";
  }
  join_cookies();
  return refusal_.empty() ? Verdict::kGood : Verdict::kRefused;
}

bool set_target(std::string_view path, http::Request& request) {
  if (path == "*") {
    request.path = path;
    return request.method == "OPTIONS";
  }
  if (!path.starts_with('/')) return false;
  const std::size_t question = path.find('?');
  request.path = path.substr(0, question);
  request.has_query = question != std::string_view::npos;
  request.query = request.has_query ? path.substr(question + 1) : std::string_view();
  return http::has_valid_escapes(request.path);
}

FieldList::FieldList(http::Arena& arena, Memory memory)
    : arena_(arena), fields_(list_in_the_making()), memory_(memory) {}

void FieldList::add_number(std::string_view name, std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  char* const text = arena_.allocate_text(kDigits);
  const auto end = std::to_chars(text, text + kDigits, value).ptr;
  add(name, {text, static_cast<std::size_t>(end - text)});
}

void FieldList::add_all(const http::Headers& headers) {
  for (const http::HeaderField& field : headers) {
    if (field.id != HeaderId::kOther) {
      if (is_connection_field(field.id) || field.id == HeaderId::kHost || field.id == HeaderId::kContentLength)
        continue;
      if (field.id == HeaderId::kTe && field.value != "trailers") continue;
      add(http::lower_header_name(field.id), field.value);
      continue;
    }
    if (http::equals_ignoring_case(field.name, "Http2-Settings")) continue;
    char* const name = arena_.allocate_text(field.name.size());
    std::ranges::transform(field.name, name,
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    add_with({name, field.name.size()}, field.value,
             memory_ == Memory::kStays ? NGHTTP2_NV_FLAG_NO_COPY_NAME : NGHTTP2_NV_FLAG_NONE);
  }
}

}  // namespace tandem::http2
