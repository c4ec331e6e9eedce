#include "app/api/reply.h"

#include "config/format/json.h"

namespace tandem::api {

namespace {

/// Go's server announces the length of what fits its buffer when the handler ends.
constexpr std::size_t kAnnounced = 2048;

/// Text whose length the client is not told in advance.
class TextSource final : public http::BodySource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  http::Chunk try_read() override {
    if (text_.empty()) return {http::Chunk::Kind::kEnd, {}};
    return {http::Chunk::Kind::kBytes, std::exchange(text_, {})};
  }
  loop::Task<void> wait() override { co_return; }
  base::Error error() const override { return {base::ErrorKind::kInternal, "text has no errors"}; }

 private:
  std::string_view text_;
};

}  // namespace

http::Response page(std::string_view content_type, std::string_view content, http::Exchange& exchange, Length length) {
  http::Response response(200, exchange.arena);
  response.headers.add_view(http::HeaderId::kContentType, content_type);
  const std::string_view copy = exchange.arena.copy(content);
  const bool announced = length == Length::kAnnounced || (length == Length::kAsGo && copy.size() <= kAnnounced);
  response.body = announced ? http::Body::of(copy) : http::Body::from(std::make_unique<TextSource>(copy), std::nullopt);
  return response;
}

http::Response json(const format::Value& value, http::Exchange& exchange) {
  return page("application/json", format::serialize_json(value) + "\n", exchange);
}

http::Response failure(int status, std::string_view message, http::Exchange& exchange) {
  const format::Value value(format::Object{{"message", text(message)}}, {});
  return http::error_response(status, exchange.arena.copy(format::serialize_json(value)), exchange.arena);
}

format::Value text(std::string_view value) { return {std::string(value), {}}; }
format::Value number(std::int64_t value) { return {value, {}}; }
format::Value list(const std::vector<std::string>& values) {
  format::Array out;
  for (const std::string& value : values) out.push_back(text(value));
  return {std::move(out), {}};
}

}  // namespace tandem::api
