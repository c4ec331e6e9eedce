// addPrefix: puts a prefix before the path.

#include "proxy/middleware/builders.h"
#include "proxy/middleware/path_text.h"

namespace tandem::middleware {

namespace {

class AddPrefix : public http::Handler {
 public:
  AddPrefix(std::string prefix, http::HandlerPtr next) : prefix_(std::move(prefix)), next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    request.path = exchange.arena.concat({prefix_, request.path});
    return next_->handle(std::move(request), exchange);
  }

 private:
  std::string prefix_;  // encoded, begins with '/'
  http::HandlerPtr next_;
};

}  // namespace

base::Result<http::HandlerPtr> build_add_prefix(const model::AddPrefix& options, const BuildContext& context) {
  if (options.prefix.empty()) return base::Error(base::ErrorKind::kInvalid, "prefix cannot be empty");
  std::string prefix = escape_path(options.prefix);
  if (!prefix.starts_with('/')) prefix.insert(0, 1, '/');
  return std::make_shared<AddPrefix>(std::move(prefix), context.next);
}

}  // namespace tandem::middleware
