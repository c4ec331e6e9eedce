// Any bytes as the beginning of a connection: whether they come at once or one after the other changes nothing, and
// what was found lies in what was given.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/tls/client_hello.h"

namespace {

using tandem::tls::ClientHello;
using tandem::tls::FirstBytes;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(std::string_view part, std::string_view bytes, std::string_view room) {
  const auto within = [&part](std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
  };
  require(part.empty() || within(bytes) || within(room));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string room(size, '\0');
  ClientHello hello;
  const FirstBytes found = tandem::tls::parse_first_bytes(bytes, room.data(), hello);
  require_inside(hello.server_name, bytes, room);
  require_inside(hello.alpn, bytes, room);
  if (found == FirstBytes::kComplete) {
    require(hello.server_name.empty() || tandem::tls::may_be_server_name(hello.server_name));
    (void)hello.offers("h2");
  }
  // A verdict on the beginning stays with more bytes behind it, and before it there is none.
  for (std::size_t length = 0; length < size; length += 1 + length / 16) {
    std::string part_room(size, '\0');
    ClientHello part;
    const FirstBytes early = tandem::tls::parse_first_bytes(bytes.substr(0, length), part_room.data(), part);
    if (early == FirstBytes::kMore || early == FirstBytes::kTooLong) continue;
    require(early == found);
    require(early != FirstBytes::kComplete || part.server_name == hello.server_name);
  }
  return 0;
}
