#pragma once

// What the nodes of a pair say to each other: JSON objects, each behind its length (four bytes, big endian). A length
// of 0 is a sign of life. Pure; one connection owns a reader.

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::peer {

/// The longest text of a message in bytes.
inline constexpr std::size_t kLongestPeerMessage = std::size_t{256} * 1024;
/// The same before it is known who speaks.
inline constexpr std::size_t kLongestGreeting = 4096;

/// The bytes of a message; empty when it is too long.
std::string peer_frame(const boost::json::object& message);
/// The bytes of a sign of life.
std::string_view sign_of_life();

class PeerFrameReader {
 public:
  explicit PeerFrameReader(std::size_t longest) : longest_(longest) {}
  /// From now on messages may be so long.
  void allow(std::size_t longest) { longest_ = longest; }

  enum class Got : std::uint8_t { kMessage, kMore, kBroken };
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next message; kMore until it is complete, kBroken for ever after a length or a text that cannot be.
  Got next(boost::json::object& into);
  /// Bytes that wait for the rest of their message.
  std::size_t held() const { return buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t longest_;
  bool broken_ = false;
};

}  // namespace tandem::peer
