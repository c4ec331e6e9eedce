#include "app/internal_services.h"

#include <boost/json/serialize.hpp>

#include "app/api/api.h"
#include "app/problems.h"

namespace tandem::app {
namespace {

/// Ping (Traefik: ping): OK, or the terminating status once the program was told to stop.
class Ping final : public http::Handler {
 public:
  Ping(const std::atomic<bool>& stopping, int terminating_status)
      : stopping_(stopping), terminating_status_(terminating_status) {}

  loop::Task<http::Response> handle(http::Request /*request*/, http::Exchange& exchange) const override {
    const int status = stopping_.load(std::memory_order_relaxed) ? terminating_status_ : 200;
    return http::ready(http::bare_response(status, status == 200 ? "OK" : http::reason_phrase(status), exchange.arena));
  }

 private:
  const std::atomic<bool>& stopping_;
  int terminating_status_;
};

/// What is wrong with the configuration in force, for the API.
format::Value errors_value(const ConfigurationState& state) {
  format::Array errors;
  for (const ConfigurationError& error : *state.errors()) {
    format::Value value = value_of(error.problem);
    if (!error.provider.empty()) value.object()->insert(value.object()->begin(), {"provider", {error.provider, {}}});
    errors.push_back(std::move(value));
  }
  return {std::move(errors), {}};
}

}  // namespace

InternalServices internal_services(const InternalServicesInput& input) {
  InternalServices services;
  const model::StaticConfiguration& configuration = *input.static_configuration;
  if (configuration.ping) {
    services["ping"] =
        std::make_shared<const Ping>(input.stopping, static_cast<int>(configuration.ping->terminatingStatusCode));
  }
  if (input.metrics_page != nullptr) services["prometheus"] = input.metrics_page;
  if (configuration.api) {
    api::Sources sources{.static_configuration = input.static_configuration,
                         .snapshot = [&state = input.state] { return state.snapshot(); },
                         .configuration_errors = [&state = input.state] { return errors_value(state); }};
    if (input.pair != nullptr) {
      sources.pair_status = [pair = input.pair] {
        const auto status = pair->get();
        return status == nullptr ? std::string() : boost::json::serialize(*status);
      };
    }
    services["api"] = api::make_api(sources);
    if (configuration.api->dashboard) services["dashboard"] = api::make_dashboard(sources);
  }
  return services;
}

}  // namespace tandem::app
