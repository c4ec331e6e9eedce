#include "proxy/forward/hop_by_hop.h"

namespace tandem::forward {

namespace {

using http::HeaderId;

constexpr bool is_hop_by_hop(HeaderId id) {
  switch (id) {
    case HeaderId::kConnection:
    case HeaderId::kProxyConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyAuthenticate:
    case HeaderId::kProxyAuthorization:
    case HeaderId::kTe:
    case HeaderId::kTrailer:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
      return true;
    default:
      return false;
  }
}

}  // namespace

void remove_hop_by_hop(http::Headers& headers) {
  // Names listed by Connection go first: the field itself is removed with the others.
  for (std::size_t i = 0; i < headers.size();) {
    const http::HeaderField field = headers.begin()[i];
    ++i;
    if (field.id != HeaderId::kConnection) continue;
    const std::size_t before = headers.size();
    http::for_each_listed(field.value, [&headers](std::string_view name) {
      // "Connection: connection" must not remove the list while it is read.
      if (http::header_id(name) != HeaderId::kConnection) headers.remove(name);
    });
    if (headers.size() != before) i = 0;
  }
  headers.remove_if([](const http::HeaderField& field) { return is_hop_by_hop(field.id); });
}

}  // namespace tandem::forward
