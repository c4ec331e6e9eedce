#include "protocol/http/exchange.h"

#include <algorithm>
#include <new>

namespace tandem::http {
namespace {

/// What Traefik's metrics call the protocol of a request.
observe::MetricProtocol metric_protocol(const Request& request) {
  using observe::MetricProtocol;
  if (list_contains(request.upgrade, "websocket")) return MetricProtocol::kWebsocket;
  MetricProtocol protocol = MetricProtocol::kHttp;
  for (const HeaderField& field : request.headers) {
    if (field.id == HeaderId::kContentType && protocol == MetricProtocol::kHttp) {
      constexpr std::string_view kGrpc = "application/grpc";
      if (field.value.starts_with(kGrpc)) {
        const bool web = field.value.substr(kGrpc.size()).starts_with("-web");
        protocol = web ? MetricProtocol::kGrpcWeb : MetricProtocol::kGrpc;
      }
    } else if (field.id == HeaderId::kAccept) {
      if (list_contains(field.value, "text/event-stream")) return MetricProtocol::kSse;
    }
  }
  return protocol;
}

}  // namespace

void Exchange::note_received(const Request& request) {
  if (received != nullptr) {
    if (received->headers.empty()) note_headers(request.headers);
    return;
  }
  received = new (arena.allocate(sizeof(Received)))
      Received{.method = request.method,
               .host = request.host,
               .path = request.path,
               .query = request.query,
               .forwarded_for = request.headers.get(HeaderId::kXForwardedFor).value_or(std::string_view()),
               .headers = {},
               .version = static_cast<std::uint8_t>(request.version),
               .protocol = metric_protocol(request),
               .has_query = request.has_query};
  note_headers(request.headers);
}

void Exchange::note_headers(const Headers& headers) {
  if (!observed.headers || received == nullptr) return;
  auto* const copy = static_cast<HeaderField*>(arena.allocate(headers.size() * sizeof(HeaderField)));
  std::uninitialized_copy(headers.begin(), headers.end(), copy);
  const_cast<Received*>(received)->headers = {copy, headers.size()};
}

}  // namespace tandem::http
