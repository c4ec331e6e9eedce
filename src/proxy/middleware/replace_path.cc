// replacePath: puts a fixed path in place of the request's, which it tells in X-Replaced-Path.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/path_text.h"

namespace tandem::middleware {

namespace {

class ReplacePath : public http::Handler {
 public:
  ReplacePath(std::string path, std::string wrong, http::HandlerPtr next)
      : path_(std::move(path)), wrong_(std::move(wrong)), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    // Traefik finds this out for each request, so the router stays in service.
    if (!wrong_.empty()) return http::ready(http::error_response(500, wrong_, exchange.arena));
    const std::string_view old = request.path.empty() ? "/" : request.path;
    request.headers.add_view(http::HeaderId::kOther, "X-Replaced-Path", old);
    request.path = path_;
    return next_->handle(std::move(request), exchange);
  }

 private:
  std::string path_;   // encoded
  std::string wrong_;  // what is wrong with the configured path
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_replace_path(const model::ReplacePath& options, const BuildContext& context) {
  std::string path = reescape_path(options.path);
  if (!path.empty() && path.front() != '/') path.insert(0, 1, '/');
  const std::string_view escape = malformed_escape(options.path);
  std::string wrong = escape.empty() ? "" : "invalid URL escape \"" + std::string(escape) + "\"";
  return std::make_shared<ReplacePath>(std::move(path), std::move(wrong), context.next);
}

}  // namespace tandem::middleware
