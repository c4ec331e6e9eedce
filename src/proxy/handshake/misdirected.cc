#include "proxy/handshake/misdirected.h"

#include <utility>

namespace tandem::handshake {
namespace {

class Guard final : public http::Handler {
 public:
  Guard(std::string options, http::HandlerPtr next) : options_(std::move(options)), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const http::TlsFacts* const tls = exchange.connection.tls;
    if (tls == nullptr || tls->options == options_) return next_->handle(std::move(request), exchange);
    constexpr int kMisdirectedRequest = 421;  // RFC 9110 §15.5.20
    return http::ready(http::error_response(kMisdirectedRequest, "Misdirected Request", exchange.arena));
  }

 private:
  std::string options_;
  http::HandlerPtr next_;
};

}  // namespace

http::HandlerPtr guard_misdirected(std::string options, http::HandlerPtr next) {
  return std::make_shared<const Guard>(std::move(options), std::move(next));
}

}  // namespace tandem::handshake
