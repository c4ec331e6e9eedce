#pragma once

// Fields: header blocks of HTTP/2 to the project's messages and back, with what RFC 9113 §8.2 and §8.3 demand of them:
// what passes here can be written as HTTP/1 and means the same there. Pure; any core. Texts live in the arena that the
// collector was made with.

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/http/message.h"

namespace tandem::http2 {

/// Collects one header block or trailer section.
class FieldCollector {
 public:
  enum class Kind : std::uint8_t { kRequest, kResponse, kTrailers };
  /// `limit`: the largest list of fields in bytes, counted as RFC 9113 §6.5.2 says, and `max_fields` their number.
  FieldCollector(http::Arena& arena, Kind kind, std::size_t limit, std::size_t max_fields);

  /// Takes one field. What was wrong with any of them shows in the verdict.
  void add(std::string_view name, std::string_view value);

  enum class Verdict : std::uint8_t {
    kGood,
    kMalformed,  ///< the stream is reset (RFC 9113 §8.1.1)
    kRefused,    ///< valid, but with fields of HTTP/1: 400 with refusal()
    kTooLarge,   ///< 431
  };
  /// After the last field: what the block is worth.
  Verdict finish();
  /// Go's words for the first field that has no place in HTTP/2.
  std::string_view refusal() const { return refusal_; }
  /// The fields are more than twice what is allowed: whoever sends them means no good.
  bool excessive() const { return size_ > 2 * limit_ + kExcess; }

  // A request's pseudo-header fields and what else is taken apart.
  std::string_view method;
  std::string_view scheme;
  std::string_view host;  ///< the authority, or else the Host field
  std::string_view path;
  int status = 0;  ///< of a response
  std::optional<std::uint64_t> content_length;
  bool expects_continue = false;  ///< the field itself is not kept
  http::Headers headers;          ///< without Host; cookies joined (RFC 9113 §8.2.3)

 private:
  static constexpr std::size_t kExcess = 65536;
  bool add_pseudo(std::string_view name, std::string_view value);
  bool add_regular(std::string_view name, std::string_view value);
  bool note_special(http::HeaderId id, std::string_view value);
  void join_cookies();
  Verdict finish_request();

  http::Arena& arena_;
  std::size_t limit_;
  std::size_t max_fields_;
  std::size_t size_ = 0;
  std::size_t count_ = 0;
  std::string_view refusal_;
  std::string_view host_field_;
  std::string_view te_;
  std::uint32_t te_fields_ = 0;
  std::uint32_t cookies_ = 0;
  std::uint8_t connection_fields_ = 0;  // bits, in the order in which Go looks for them
  Kind kind_;
  bool regular_seen_ = false;
  bool malformed_ = false;
  bool host_seen_ = false;
  bool authority_seen_ = false;
  bool path_seen_ = false;
};

/// Splits `path` of a request as HTTP/1's origin form; false when it is none.
bool set_target(std::string_view path, http::Request& request);

/// A list of fields for nghttp2 (names in lower case), which copies the list when it is submitted. One at a time on a
/// core: a list that is begun ends the one before.
class FieldList {
 public:
  enum class Memory : std::uint8_t {
    kStays,   ///< the arena and the values live until the frame is made
    kCopied,  ///< nghttp2 copies them
  };
  explicit FieldList(http::Arena& arena, Memory memory = Memory::kStays);
  /// `name` is static.
  void add(std::string_view name, std::string_view value) { add_with(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME); }
  void add_number(std::string_view name, std::uint64_t value);
  /// Adds what may be sent over HTTP/2: no fields that speak of the connection, no Host, no length.
  void add_all(const http::Headers& headers);
  nghttp2_nv* begin() const { return fields_.data(); }
  std::size_t size() const { return fields_.size(); }

 private:
  void add_with(std::string_view name, std::string_view value, std::uint8_t flags) {
    const auto bytes = [](std::string_view text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    if (memory_ == Memory::kStays) flags |= NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    fields_.push_back({bytes(name), bytes(value), name.size(), value.size(), flags});
  }

  http::Arena& arena_;
  std::vector<nghttp2_nv>& fields_;
  Memory memory_;
};

}  // namespace tandem::http2
