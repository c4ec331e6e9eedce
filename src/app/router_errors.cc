#include "app/router_errors.h"

#include <fmt/format.h>

#include "proxy/routing/tcp_objects.h"
#include "proxy/routing/udp_objects.h"

namespace tandem::app {
namespace {

class Collector {
 public:
  explicit Collector(const Locate& locate) : locate_(locate) {}

  /// `kind` with its section: "http.routers".
  void add(std::string_view kind, std::string_view qualified, const routing::Condition& condition) {
    if (condition.errors.empty()) return;
    const std::size_t at = qualified.rfind('@');
    const std::string_view provider = at == std::string_view::npos ? std::string_view{} : qualified.substr(at + 1);
    const format::Position position = locate_(provider, fmt::format("{}.{}", kind, qualified.substr(0, at)));
    for (const std::string& error : condition.errors) {
      problems_.push_back(
          {.position = position, .path = fmt::format("{}.{}", kind, qualified), .message = error, .suggestion = {}});
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
    collector.add("http.routers", router.name, router.state->condition);
  }
  for (const routing::RuntimeService& service : snapshot.services()) {
    collector.add("http.services", service.name, service.state->condition);
  }
  for (const routing::RuntimeMiddleware& middleware : snapshot.middlewares()) {
    collector.add("http.middlewares", middleware.name, *middleware.condition);
  }
  for (const auto& router : snapshot.tcp()->routers()) {
    collector.add("tcp.routers", router.name, router.state->condition);
  }
  for (const auto& service : snapshot.tcp()->services()) {
    collector.add("tcp.services", service.name, service.state->condition);
  }
  for (const auto& middleware : snapshot.tcp()->middlewares()) {
    collector.add("tcp.middlewares", middleware.name, *middleware.condition);
  }
  for (const auto& router : snapshot.udp()->routers()) {
    collector.add("udp.routers", router.name, router.state->condition);
  }
  for (const auto& service : snapshot.udp()->services()) {
    collector.add("udp.services", service.name, service.state->condition);
  }
  return std::move(collector).take();
}

}  // namespace tandem::app
