// stripPrefixRegex: cuts what the first fitting expression matches off the path's beginning.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/expression.h"
#include "proxy/middleware/path_text.h"
#include "proxy/middleware/text.h"

namespace tandem::middleware {

namespace {

using Expressions = std::vector<std::unique_ptr<re2::RE2>>;

class StripPrefixRegex : public http::Handler {
 public:
  StripPrefixRegex(Expressions expressions, http::HandlerPtr next)
      : expressions_(std::move(expressions)), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Arena& arena = exchange.arena;
    const std::string_view decoded = http::percent_decode(request.path, arena).value_or(request.path);
    for (const auto& expression : expressions_) {
      re2::StringPiece match;
      const re2::StringPiece text(decoded.data(), decoded.size());
      // The leftmost match counts, and only where it begins the path; an anchored search could find another one.
      if (!expression->Match(text, 0, decoded.size(), re2::RE2::UNANCHORED, &match, 1)) continue;
      if (match.empty() || match.data() != decoded.data()) continue;
      const auto rest = cut_path(request.path, match.size(), arena);
      if (!rest) return http::ready(http::error_response(400, "Bad Request", arena));
      request.path = *rest;
      request.headers.add_view(http::HeaderId::kXForwardedPrefix, decoded.substr(0, match.size()));
      break;
    }
    return next_->handle(std::move(request), exchange);
  }

 private:
  Expressions expressions_;
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_strip_prefix_regex(const model::StripPrefixRegex& options,
                                                        const BuildContext& context) {
  Expressions expressions;
  for (const std::string& text : options.regex) {
    auto expression = compile_expression(trimmed(text));
    if (!expression) return std::move(expression).error();
    expressions.push_back(std::move(*expression));
  }
  return std::make_shared<StripPrefixRegex>(std::move(expressions), context.next);
}

}  // namespace tandem::middleware
