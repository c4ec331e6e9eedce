// stripPrefix: cuts the first matching prefix off the path and tells it in X-Forwarded-Prefix.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/path_text.h"
#include "proxy/middleware/text.h"

namespace tandem::middleware {

namespace {

class StripPrefix : public http::Handler {
 public:
  StripPrefix(const model::StripPrefix& options, http::HandlerPtr next)
      : force_slash_(options.forceSlash.value_or(false)), next_(std::move(next)) {
    for (const std::string& prefix : options.prefixes) prefixes_.emplace_back(trimmed(prefix));
  }

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Arena& arena = exchange.arena;
    const std::string_view decoded = http::percent_decode(request.path, arena).value_or(request.path);
    for (const std::string& prefix : prefixes_) {
      if (!decoded.starts_with(prefix)) continue;
      const auto rest = cut_path(request.path, prefix.size(), arena);
      if (!rest) return http::ready(http::error_response(400, "Bad Request", arena));
      request.path = rest->empty() && force_slash_ ? "/" : *rest;
      request.headers.add_view(http::HeaderId::kXForwardedPrefix, prefix);
      break;
    }
    return next_->handle(std::move(request), exchange);
  }

 private:
  std::vector<std::string> prefixes_;  // decoded
  bool force_slash_;
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_strip_prefix(const model::StripPrefix& options, const BuildContext& context) {
  return std::make_shared<StripPrefix>(options, context.next);
}

}  // namespace tandem::middleware
