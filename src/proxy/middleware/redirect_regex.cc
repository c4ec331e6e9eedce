// redirectRegex: sends clients to an address made from the one they asked for.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/expression.h"
#include "proxy/middleware/path_text.h"
#include "proxy/middleware/redirect.h"

namespace tandem::middleware {

namespace {

/// Whether Go's url.Parse takes the authority of this URL: brackets close, and only digits follow a port's colon.
bool is_address(std::string_view url) {
  if (!malformed_escape(url.substr(0, url.find_first_of("?#"))).empty()) return false;
  const std::size_t slashes = url.find("//");
  if (slashes == std::string_view::npos || url.find_first_of("/?#") < slashes) return true;
  std::string_view authority = url.substr(slashes + 2);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  authority = authority.substr(authority.rfind('@') + 1);
  if (authority.find_first_of(" <>\"") != std::string_view::npos) return false;
  const std::size_t open = authority.find('[');
  const std::size_t close = authority.rfind(']');
  if ((open == std::string_view::npos) != (close == std::string_view::npos)) return false;
  if (open != std::string_view::npos && open != 0) return false;
  const std::string_view port = close == std::string_view::npos ? authority : authority.substr(close + 1);
  const std::size_t colon = port.rfind(':');
  if (colon == std::string_view::npos) return close == std::string_view::npos || port.empty();
  return port.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

/// The URL with its path encoded, as Go writes it.
std::string normalised(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t rest = std::min(url.find_first_of("?#", path), url.size());
  std::string out(url.substr(0, path));
  return out.append(reescape_path(url.substr(path, rest - path))).append(url.substr(rest));
}

class RedirectRegex : public http::Handler {
 public:
  RedirectRegex(Replacement replacement, bool permanent, http::HandlerPtr next)
      : replacement_(std::move(replacement)), permanent_(permanent), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Arena& arena = exchange.arena;
    const std::string_view scheme = exchange.connection.secure ? "https://" : "http://";
    const std::string_view url = arena.concat({scheme, request.host, uri_of(request, arena)});
    if (!replacement_.matches(url)) return next_->handle(std::move(request), exchange);
    const std::string_view target = replacement_.apply(url, arena);
    if (target == url) return next_->handle(std::move(request), exchange);
    if (!is_address(target)) return http::ready(http::bare_response(502, "Bad Gateway", arena));
    return http::ready(redirect_to(arena.copy(normalised(target)), request.method, permanent_, arena));
  }

 private:
  Replacement replacement_;
  bool permanent_;
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_redirect_regex(const model::RedirectRegex& options, const BuildContext& context) {
  auto replacement = Replacement::build(options.regex, options.replacement);
  if (!replacement) return std::move(replacement).error();
  return std::make_shared<RedirectRegex>(std::move(*replacement), options.permanent, context.next);
}

}  // namespace tandem::middleware
