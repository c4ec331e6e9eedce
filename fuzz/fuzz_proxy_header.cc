// Any bytes as the beginning of a connection with a PROXY header: a verdict on few bytes never changes with more.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/entry/proxy_header.h"

namespace {

using tandem::entry::ProxyHeader;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const ProxyHeader& one, const ProxyHeader& other) {
  return one.kind == other.kind && one.source.text() == other.source.text() &&
         one.destination.text() == other.destination.text() &&
         (one.size == other.size || one.kind == ProxyHeader::Kind::kBad);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using Kind = ProxyHeader::Kind;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const ProxyHeader whole = tandem::entry::parse_proxy_header(text);
  if (whole.kind == Kind::kLocal || whole.kind == Kind::kProxied) require(whole.size <= text.size() && whole.size >= 8);
  require((whole.kind == Kind::kProxied) == whole.source.is_ip() && whole.source.is_ip() == whole.destination.is_ip());
  for (std::size_t cut = 0; cut < std::min<std::size_t>(size, 300); ++cut) {
    const ProxyHeader part = tandem::entry::parse_proxy_header(text.substr(0, cut));
    require(part.kind == Kind::kMore || same(part, whole));
  }
  return 0;
}
