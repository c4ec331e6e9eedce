// replacePathRegex: rewrites the path by an expression and tells the old one in X-Replaced-Path.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/expression.h"
#include "proxy/middleware/path_text.h"
#include "proxy/middleware/text.h"

namespace tandem::middleware {

namespace {

class ReplacePathRegex : public http::Handler {
 public:
  ReplacePathRegex(Replacement replacement, http::HandlerPtr next)
      : replacement_(std::move(replacement)), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Arena& arena = exchange.arena;
    const std::string_view old = request.path.empty() ? "/" : request.path;
    if (!replacement_.matches(old)) return next_->handle(std::move(request), exchange);
    const std::string_view path = replacement_.apply(old, arena);
    const std::string_view escape = malformed_escape(path);
    if (!escape.empty()) {
      return http::ready(http::error_response(500, arena.concat({"invalid URL escape \"", escape, "\""}), arena));
    }
    const auto decoded = http::percent_decode(path, arena);
    if (!decoded || !is_clean_path(*decoded)) return http::ready(http::error_response(400, "Bad Request", arena));
    request.headers.add_view(http::HeaderId::kOther, "X-Replaced-Path", old);
    request.path = arena.copy(reescape_path(path));
    if (!request.path.empty() && request.path.front() != '/') request.path = arena.concat({"/", request.path});
    return next_->handle(std::move(request), exchange);
  }

 private:
  Replacement replacement_;
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_replace_path_regex(const model::ReplacePathRegex& options,
                                                        const BuildContext& context) {
  const std::string_view regex = trimmed(options.regex);
  auto replacement = Replacement::build(regex, trimmed(options.replacement));
  if (!replacement) {
    return base::Error(base::ErrorKind::kInvalid,
                       "error compiling regular expression " + std::string(regex) + ": " + replacement.error().text());
  }
  return std::make_shared<ReplacePathRegex>(std::move(*replacement), context.next);
}

}  // namespace tandem::middleware
