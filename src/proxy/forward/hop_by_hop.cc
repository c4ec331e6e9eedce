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
    std::string_view list = field.value;
    const std::size_t before = headers.size();
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      std::string_view name = list.substr(0, comma);
      while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
      while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
      // "Connection: connection" must not remove the list while it is read.
      if (!name.empty() && http::header_id(name) != HeaderId::kConnection) headers.remove(name);
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
    if (headers.size() != before) i = 0;
  }
  headers.remove_if([](const http::HeaderField& field) { return is_hop_by_hop(field.id); });
}

}  // namespace tandem::forward
