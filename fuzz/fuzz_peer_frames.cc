// Any bytes as what another node says: cut anywhere, the same messages come out, and what waits stays within the limit.

#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "control/peer/peer_frames.h"
#include "control/peer/peer_invitation.h"

namespace {

using tandem::peer::kLongestGreeting;
using tandem::peer::PeerFrameReader;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Heard {
  std::vector<std::string> messages;
  bool broken = false;
  bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view bytes, std::size_t piece) {
  PeerFrameReader reader(kLongestGreeting);
  Heard heard;
  while (!bytes.empty() && !heard.broken) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    boost::json::object message;
    PeerFrameReader::Got got = reader.next(message);
    for (; got == PeerFrameReader::Got::kMessage; got = reader.next(message)) {
      heard.messages.push_back(boost::json::serialize(message));
    }
    heard.broken = got == PeerFrameReader::Got::kBroken;
    require(heard.broken || reader.held() < 4 + kLongestGreeting);
  }
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Heard whole = hear(text, size);
  require(whole == hear(text, 1));
  require(whole == hear(text, 7));
  (void)tandem::peer::parse_token(text);
  return 0;
}
