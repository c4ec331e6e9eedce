#include "control/peer/peer_frames.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tandem::peer {

namespace {

constexpr std::size_t kPrefix = 4;
constexpr std::string_view kSignOfLife("\0\0\0\0", kPrefix);
constexpr unsigned kByte = 8;

std::size_t length_in(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kPrefix; ++i) length = length << kByte | static_cast<unsigned char>(bytes[i]);
  return length;
}

}  // namespace

std::string_view sign_of_life() { return kSignOfLife; }

std::string peer_frame(const boost::json::object& message) {
  const std::string text = boost::json::serialize(message);
  if (text.size() > kLongestPeerMessage) return {};
  std::string out(kPrefix, '\0');
  for (std::size_t i = 0; i < kPrefix; ++i) {
    out[i] = static_cast<char>(text.size() >> (kByte * (kPrefix - 1 - i)) & 0xffU);
  }
  return out + text;
}

PeerFrameReader::Got PeerFrameReader::next(boost::json::object& into) {
  if (broken_) return Got::kBroken;
  std::size_t at = 0;
  const auto rest = [&] { return std::string_view(buffer_).substr(at); };
  while (rest().starts_with(kSignOfLife)) at += kPrefix;
  const std::size_t length = rest().size() < kPrefix ? 0 : length_in(rest());
  broken_ = length > longest_;
  if (broken_ || length == 0 || rest().size() < kPrefix + length) {
    buffer_.erase(0, at);
    return broken_ ? Got::kBroken : Got::kMore;
  }
  boost::system::error_code error;
  const std::string_view text = rest().substr(kPrefix, length);
  boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  broken_ = error || !value.is_object();
  if (broken_) return Got::kBroken;
  buffer_.erase(0, at + kPrefix + length);
  into = std::move(value.get_object());
  return Got::kMessage;
}

}  // namespace tandem::peer
