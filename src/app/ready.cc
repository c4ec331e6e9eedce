#include "app/ready.h"

namespace tandem::app {
namespace {

class Ready final : public http::Handler {
 public:
  Ready(http::HandlerPtr routers, const std::atomic<bool>& ready) : routers_(std::move(routers)), ready_(ready) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    if (request.path != "/ready") return routers_->handle(std::move(request), exchange);
    exchange.observed = {};  // it is no router's: neither logged nor counted
    const bool ready = ready_.load(std::memory_order_acquire);
    const int status = ready ? 200 : 503;
    return http::ready(http::bare_response(status, ready ? "OK" : http::reason_phrase(status), exchange.arena));
  }

 private:
  http::HandlerPtr routers_;
  const std::atomic<bool>& ready_;
};

}  // namespace

http::HandlerPtr make_ready(http::HandlerPtr routers, const std::atomic<bool>& ready) {
  return std::make_shared<const Ready>(std::move(routers), ready);
}

}  // namespace tandem::app
