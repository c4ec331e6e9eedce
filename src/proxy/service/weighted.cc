#include "proxy/service/weighted.h"

#include "proxy/service/no_server.h"
#include "proxy/service/schedule.h"

namespace tandem::service {

namespace {

std::vector<std::int64_t> weights_of(const std::vector<WeightedHandler>& children) {
  std::vector<std::int64_t> weights;
  for (const WeightedHandler& child : children) weights.push_back(child.weight);
  return weights;
}

class Weighted : public http::Handler {
 public:
  explicit Weighted(std::vector<WeightedHandler> children)
      : children_(std::move(children)), schedule_(weights_of(children_)) {}
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    return children_[schedule_.next()].handler->handle(std::move(request), exchange);
  }

 private:
  std::vector<WeightedHandler> children_;
  Schedule schedule_;
};

}  // namespace

base::Result<http::HandlerPtr> build_weighted(const model::Weighted&, std::vector<WeightedHandler> children) {
  std::erase_if(children, [](const WeightedHandler& child) { return child.weight <= 0; });
  if (children.size() > UINT16_MAX) return base::Error(base::ErrorKind::kLimit, "more than 65535 services");
  if (children.empty()) return http::HandlerPtr(std::make_shared<NoServer>());
  if (children.size() == 1) return std::move(children.front().handler);
  return http::HandlerPtr(std::make_shared<Weighted>(std::move(children)));
}

}  // namespace tandem::service
