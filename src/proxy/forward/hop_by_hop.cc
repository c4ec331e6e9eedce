#include "proxy/forward/hop_by_hop.h"

namespace tandem::forward {

namespace {

using http::HeaderId;
using http::HeaderSet;

constexpr HeaderSet kHopByHop = {HeaderId::kConnection,        HeaderId::kProxyConnection,    HeaderId::kKeepAlive,
                                 HeaderId::kProxyAuthenticate, HeaderId::kProxyAuthorization, HeaderId::kTe,
                                 HeaderId::kTrailer,           HeaderId::kTransferEncoding,   HeaderId::kUpgrade};

/// Removes what Connection lists, not the field itself.
void remove_listed_by_connection(http::Headers& headers) {
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
}

}  // namespace

void remove_hop_by_hop(http::Headers& headers) {
  if (headers.has(HeaderId::kConnection)) remove_listed_by_connection(headers);
  headers.remove(kHopByHop);
}

}  // namespace tandem::forward
