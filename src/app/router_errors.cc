#include "app/router_errors.h"

#include <fmt/format.h>

namespace tandem::app {
namespace {

class Collector {
 public:
  explicit Collector(const Locate& locate) : locate_(locate) {}

  void add(std::string_view kind, std::string_view qualified, const routing::Condition& condition) {
    if (condition.errors.empty()) return;
    const std::size_t at = qualified.rfind('@');
    const std::string_view provider = at == std::string_view::npos ? std::string_view{} : qualified.substr(at + 1);
    const format::Position position = locate_(provider, fmt::format("http.{}.{}", kind, qualified.substr(0, at)));
    for (const std::string& error : condition.errors) {
      problems_.push_back({.position = position,
                           .path = fmt::format("http.{}.{}", kind, qualified),
                           .message = error,
                           .suggestion = {}});
    }
  }
  format::Problems take() && { return std::move(problems_); }

 private:
  const Locate& locate_;
  format::Problems problems_;
};

}  // namespace

format::Problems errors_of(const routing::Snapshot& snapshot, const Locate& locate) {
  Collector collector(locate);
  for (const routing::RuntimeRouter& router : snapshot.routers()) {
    collector.add("routers", router.name, router.state->condition);
  }
  for (const routing::RuntimeService& service : snapshot.services()) {
    collector.add("services", service.name, service.state->condition);
  }
  for (const routing::RuntimeMiddleware& middleware : snapshot.middlewares()) {
    collector.add("middlewares", middleware.name, *middleware.condition);
  }
  return std::move(collector).take();
}

}  // namespace tandem::app
