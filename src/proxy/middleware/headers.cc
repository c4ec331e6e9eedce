// headers: custom headers of requests and responses, CORS, and security headers. An upgraded connection (101) is left
// alone.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/cors.h"
#include "proxy/middleware/header_change.h"
#include "proxy/middleware/security_headers.h"

namespace tandem::middleware {

namespace {

/// What Traefik counts as an option without effect: the rest makes a configuration valid, deprecated options too.
bool says_nothing(model::Headers options) {
  if (options.stsSeconds == 0) options.stsSeconds.reset();
  if (options.featurePolicy == "") options.featurePolicy.reset();
  if (options.sslHost == "") options.sslHost.reset();
  if (options.sslRedirect == false) options.sslRedirect.reset();
  if (options.sslTemporaryRedirect == false) options.sslTemporaryRedirect.reset();
  if (options.sslForceHost == false) options.sslForceHost.reset();
  return options == model::Headers{};
}

class HeadersMiddleware : public http::Handler {
 public:
  HeadersMiddleware(const model::Headers& options, std::optional<Cors> cors, http::HandlerPtr next)
      : cors_(std::move(cors)), security_(options), next_(std::move(next)) {
    for (const auto& [name, value] : options.customRequestHeaders) {
      // Traefik looks for this spelling only.
      if (name == "X-Forwarded-For" && value.empty()) tells_client_ = false;
      on_request_.emplace_back(name, value);
    }
    for (const auto& [name, value] : options.customResponseHeaders) on_response_.emplace_back(name, value);
    touches_responses_ = cors_.has_value() || !on_response_.empty() || !security_.empty();
  }

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    if (cors_) {
      if (auto answer = cors_->preflight(request, exchange.arena)) return http::ready(std::move(*answer));
    }
    // CORS looks at what the client sent, not at what becomes of it.
    const std::string_view origin = request.headers.get(http::HeaderId::kOrigin).value_or("");
    change_request(request, exchange);
    if (!touches_responses_) return next_->handle(std::move(request), exchange);
    return handle_both(std::move(request), exchange, origin);
  }

 private:
  loop::Task<http::Response> handle_both(http::Request request, http::Exchange& exchange,
                                         std::string_view origin) const {
    http::Response response;
    if (security_.admits(request)) {
      const bool secure = security_.is_secure(request, exchange);
      response = co_await next_->handle(std::move(request), exchange);
      if (response.status <= 101) co_return response;
      security_.apply(response, secure);
    } else {
      response = http::error_response(500, "Bad Host", exchange.arena);
    }
    change_response(response);
    if (cors_) cors_->apply(response, origin);
    co_return response;
  }

  void change_request(http::Request& request, http::Exchange& exchange) const {
    if (!tells_client_) exchange.append_forwarded_for = false;
    for (const HeaderChange& change : on_request_) {
      if (change.id() == http::HeaderId::kHost) {
        if (!change.value().empty()) request.host = change.value();
        continue;
      }
      // Whether this is an upgrade was found out before; these two may call it off or rename it.
      if (change.id() == http::HeaderId::kUpgrade && !request.upgrade.empty()) request.upgrade = change.value();
      if (change.id() == http::HeaderId::kConnection && !http::list_contains(change.value(), "upgrade")) {
        request.upgrade = {};
      }
      change.apply(request.headers);
    }
  }

  void change_response(http::Response& response) const {
    for (const HeaderChange& change : on_response_) {
      if (change.id() == http::HeaderId::kConnection) {
        // The connection is the session's, which writes this header itself.
        response.close |= http::list_contains(change.value(), "close");
        continue;
      }
      change.apply(response.headers);
    }
  }

  std::optional<Cors> cors_;
  SecurityHeaders security_;
  std::vector<HeaderChange> on_request_;
  std::vector<HeaderChange> on_response_;
  bool tells_client_ = true;
  bool touches_responses_ = false;
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_headers(const model::Headers& options, const BuildContext& context) {
  if (says_nothing(options)) return base::Error(base::ErrorKind::kInvalid, "headers configuration not valid");
  std::optional<Cors> cors;
  if (Cors::is_set(options)) {
    auto built = Cors::build(options);
    if (!built) return std::move(built).error();
    cors = std::move(*built);
  }
  return std::make_shared<HeadersMiddleware>(options, std::move(cors), context.next);
}

}  // namespace tandem::middleware
