// redirectScheme: sends clients to the same address under another scheme and port; those who are there already pass.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/redirect.h"

namespace tandem::middleware {

namespace {

std::string_view default_port(std::string_view scheme) {
  if (scheme == "http") return "80";
  if (scheme == "https") return "443";
  return {};
}

/// The scheme the client used towards the outermost proxy that is trusted, else towards this one.
std::string_view scheme_of(const http::Request& request, const http::Exchange& exchange) {
  if (const auto proto = request.headers.get(http::HeaderId::kXForwardedProto)) {
    for (const std::string_view scheme : {"http", "ws"}) {
      if (http::equals_ignoring_case(*proto, scheme)) return "http";
    }
    for (const std::string_view scheme : {"https", "wss"}) {
      if (http::equals_ignoring_case(*proto, scheme)) return "https";
    }
  }
  return exchange.connection.secure ? "https" : "http";
}

class RedirectScheme : public http::Handler {
 public:
  RedirectScheme(const model::RedirectScheme& options, http::HandlerPtr next)
      : scheme_(options.scheme),
        port_(options.port == default_port(options.scheme) ? "" : options.port),
        permanent_(options.permanent),
        next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const std::string_view scheme = scheme_of(request, exchange);
    auto [host, port] = split_host(request.host);
    if (port == default_port(scheme)) port = {};
    if (scheme == scheme_ && port == port_) return next_->handle(std::move(request), exchange);
    http::Arena& arena = exchange.arena;
    const std::string_view colon = port_.empty() ? "" : ":";
    const std::string_view location = arena.concat({scheme_, "://", host, colon, port_, uri_of(request, arena)});
    return http::ready(redirect_to(location, request.method, permanent_, arena));
  }

 private:
  std::string scheme_;
  std::string port_;  // empty when it is the scheme's own
  bool permanent_;
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_redirect_scheme(const model::RedirectScheme& options,
                                                     const BuildContext& context) {
  if (options.scheme.empty()) return base::Error(base::ErrorKind::kInvalid, "you must provide a target scheme");
  return std::make_shared<RedirectScheme>(options, context.next);
}

}  // namespace tandem::middleware
