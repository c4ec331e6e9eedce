#pragma once

// Headers: the fields of a message in their order, as views into the exchange's arena. Names are kept in Go's canonical
// spelling (X-Forwarded-For), which codecs of HTTP/1 write as they stand; comparing ignores case.
// One core; a plain value whose memory belongs to the arena it was made with.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/http/arena.h"

namespace tandem::http {

/// Names the proxy itself looks at, so that finding them is a comparison of one byte, and common ones, which are
/// checked and spelled without looking at each letter.
enum class HeaderId : std::uint8_t {
  kOther,
  kAccept,
  kAcceptEncoding,
  kAcceptLanguage,
  kAcceptRanges,
  kAge,
  kAuthorization,
  kCacheControl,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentType,
  kCookie,
  kDate,
  kEtag,
  kExpect,
  kGrpcAcceptEncoding,
  kGrpcEncoding,
  kGrpcMessage,
  kGrpcStatus,
  kGrpcTimeout,
  kHost,
  kIfModifiedSince,
  kIfNoneMatch,
  kKeepAlive,
  kLastModified,
  kLocation,
  kOrigin,
  kPragma,
  kPriority,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kRange,
  kReferer,
  kSecFetchDest,
  kSecFetchMode,
  kSecFetchSite,
  kSecFetchUser,
  kServer,
  kSetCookie,
  kStrictTransportSecurity,
  kTe,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUpgradeInsecureRequests,
  kUserAgent,
  kVary,
  kVia,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedMethod,
  kXForwardedPort,
  kXForwardedPrefix,
  kXForwardedProto,
  kXForwardedServer,
  kXForwardedTlsClientCert,
  kXForwardedTlsClientCertInfo,
  kXForwardedUri,
  kXRealIp,
  kXRequestId,
  kLast = kXRequestId,
};

/// A set of listed names.
class HeaderSet {
 public:
  constexpr HeaderSet() = default;
  constexpr HeaderSet(std::initializer_list<HeaderId> ids) {
    for (const HeaderId id : ids) add(id);
  }
  constexpr void add(HeaderId id) { bits_ |= bit(id); }
  constexpr bool has(HeaderId id) const { return (bits_ & bit(id)) != 0; }
  constexpr bool overlaps(HeaderSet other) const { return (bits_ & other.bits_) != 0; }

 private:
  static constexpr std::uint64_t bit(HeaderId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  static_assert(static_cast<unsigned>(HeaderId::kLast) < 64, "a bit for each name");
  std::uint64_t bits_ = 0;
};

/// The id of a name in any case; kOther when it is not listed.
HeaderId header_id(std::string_view name);
/// The same for names in lower case, as HTTP/2 has them; kOther for others.
HeaderId header_id_of_lower(std::string_view name);
/// The canonical spelling of a listed name.
std::string_view header_name(HeaderId id);
/// The spelling of HTTP/2.
std::string_view lower_header_name(HeaderId id);
/// Go's textproto.CanonicalMIMEHeaderKey, in place. False for what is no token, which stays as it is.
bool canonicalize(std::span<char> name);
/// The canonical spelling of any name: a listed one's own text, or a copy in the arena.
std::string_view canonical_name(std::string_view name, Arena& arena);
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// RFC 9110 §5.6.2.
bool is_token(std::string_view text);
/// RFC 9110 §5.5: no control characters but tab.
bool is_field_content(std::string_view text);
/// True when `list` (comma separated, as in Connection) holds `token`, without regard to case.
bool list_contains(std::string_view list, std::string_view token);
/// Calls `visit` with each non-empty element of a comma-separated list, without the white space around it.
template <class Visit>
void for_each_listed(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (!item.empty()) visit(item);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

struct HeaderField {
  std::string_view name;
  std::string_view value;
  HeaderId id = HeaderId::kOther;
};

class Headers {
 public:
  /// What requests of browsers have.
  static constexpr std::uint32_t kUsual = 24;

  Headers() = default;
  /// `expected`: how many fields there is room for at first.
  explicit Headers(Arena& arena, std::uint32_t expected = kUsual) : expected_(expected), arena_(&arena) {}

  const HeaderField* begin() const { return fields_; }
  const HeaderField* end() const { return fields_ + size_; }
  HeaderField* begin() { return fields_; }
  HeaderField* end() { return fields_ + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Arena& arena() const { return *arena_; }

  /// The first value, or nothing when there is no such field.
  std::optional<std::string_view> get(HeaderId id) const { return added_.has(id) ? find(id) : std::nullopt; }
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(HeaderId id) const { return get(id).has_value(); }
  /// False when none of these is there, without looking at each field.
  bool may_have(HeaderSet ids) const { return added_.overlaps(ids); }

  /// Appends a field whose texts live in the arena or are static; the name is canonical already.
  void add_view(HeaderId id, std::string_view name, std::string_view value) {
    if (size_ == capacity_) grow();
    fields_[size_++] = {name, value, id};
    added_.add(id);
  }
  void add_view(HeaderId id, std::string_view value) { add_view(id, header_name(id), value); }
  /// Appends copies; the name is made canonical.
  void add(std::string_view name, std::string_view value);
  /// Removes all fields of that name and appends this one.
  void set_view(HeaderId id, std::string_view value);
  void set(std::string_view name, std::string_view value);
  void remove(HeaderId id) { remove(HeaderSet{id}); }
  void remove(HeaderSet ids) {
    if (may_have(ids)) remove_if([ids](const HeaderField& field) { return ids.has(field.id); });
  }
  void remove(std::string_view name);
  /// Removes the fields for which `drop(field)` holds, keeping the order.
  template <class Predicate>
  void remove_if(Predicate drop) {
    size_ = static_cast<std::uint32_t>(std::remove_if(begin(), end(), drop) - fields_);
  }
  void clear() {
    size_ = 0;
    added_ = {};
  }

 private:
  std::optional<std::string_view> find(HeaderId id) const;
  void grow();

  HeaderField* fields_ = nullptr;
  HeaderSet added_;  // names that were added; some may be gone again
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t expected_ = kUsual;
  Arena* arena_ = nullptr;
};

}  // namespace tandem::http
