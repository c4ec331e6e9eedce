#include "protocol/client/transport.h"

#include <atomic>
#include <utility>

#include "base/log.h"

namespace tandem::client {

namespace {

std::atomic<std::uint32_t> next_id{1};

}  // namespace

http2::ClientOptions http2_options(const TransportOptions& from) {
  http2::ClientOptions to;
  to.header_timeout = from.response_header_timeout;
  to.ping_after = from.ping_after;
  to.ping_timeout = from.ping_timeout;
  to.idle_timeout = from.idle_connection_timeout;
  return to;
}

const tls::ClientContextPtr& Transport::tls() const {
  std::call_once(once_, [this] {
    if (!options_.tls_refusal.empty()) {
      base::log_error("A transport cannot speak TLS",
                      {{"serversTransport", options_.name}, {"error", options_.tls_refusal}});
      return;
    }
    base::Result<tls::ClientContextPtr> context = tls::ClientContext::build(options_.tls);
    if (context) {
      tls_ = std::move(*context);
    } else {
      base::log_error("A transport cannot speak TLS",
                      {{"serversTransport", options_.name}, {"error", context.error().text()}});
    }
  });
  return tls_;
}

Transport::Transport(TransportOptions options)
    : options_(std::move(options)), id_(next_id.fetch_add(1, std::memory_order_relaxed)) {}

}  // namespace tandem::client
