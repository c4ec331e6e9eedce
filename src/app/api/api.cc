#include "app/api/api.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "app/api/items.h"
#include "app/api/listing.h"
#include "app/api/overview.h"
#include "app/api/reply.h"
#include "config/format/decode.h"
#include "proxy/routing/names.h"

namespace tandem::api {

namespace {

using format::Array;
using format::Object;
using format::Value;
using http::Exchange;
using http::Request;
using http::Response;

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

Value entry_point_item(const std::string& name, const model::EntryPoint& entry_point) {
  Value value = format::encode(entry_point, true);
  value.object()->push_back({"name", text(name)});
  return value;
}

/// Go compares the part of the parameter before '@' with an unqualified service name.
bool uses_service(const model::HttpRouter& router, std::string_view wanted) {
  if (router.service.find('@') != std::string::npos) return router.service == wanted;
  return router.service == wanted.substr(0, wanted.find('@'));
}

bool has_status(const routing::Condition& condition, std::string_view wanted) {
  return wanted.empty() || http::equals_ignoring_case(routing::text_of(condition.status), wanted);
}

/// What a list is sorted by: a number, or a text; then the name.
struct SortKey {
  std::int64_t number = 0;
  std::string text;
  auto operator<=>(const SortKey&) const = default;
};

SortKey key_of(const routing::RuntimeRouter& r, std::string_view by) {
  if (by == "provider") return {0, std::string(routing::provider_of(r.name))};
  if (by == "priority") return {r.state->priority, {}};
  if (by == "status") return {0, std::string(routing::text_of(r.state->condition.status))};
  if (by == "rule") return {0, r.config->rule};
  if (by == "service") return {0, r.config->service};
  if (by == "entryPoints") return {static_cast<std::int64_t>(r.config->entryPoints.size()), {}};
  return {0, std::string(r.name)};
}

SortKey key_of(const routing::RuntimeService& s, std::string_view by) {
  if (by == "provider") return {0, std::string(routing::provider_of(s.name))};
  if (by == "type") return {0, type_of(*s.config)};
  if (by == "servers")
    return {s.config->loadBalancer ? static_cast<std::int64_t>(s.config->loadBalancer->servers.size()) : 0, {}};
  if (by == "status") return {0, std::string(routing::text_of(s.state->condition.status))};
  return {0, std::string(s.name)};
}

SortKey key_of(const routing::RuntimeMiddleware& m, std::string_view by) {
  if (by == "provider") return {0, std::string(routing::provider_of(m.name))};
  if (by == "type") return {0, type_of(*m.config)};
  if (by == "status") return {0, std::string(routing::text_of(m.condition->status))};
  return {0, std::string(m.name)};
}

/// Sorts, cuts the page out and answers with it.
template <class T>
Response listed(const std::vector<const T*>& items, const Parameters& parameters, Exchange& exchange,
                const std::function<Value(const T&)>& shown) {
  const std::string_view by = parameters.text("sortBy");
  const bool descending = parameters.text("direction") == "desc";
  std::vector<std::pair<SortKey, const T*>> sorted;
  for (const T* item : items) sorted.emplace_back(key_of(*item, by), item);
  std::ranges::sort(sorted, [descending](const auto& a, const auto& b) {
    if (a.first != b.first) return descending ? b.first < a.first : a.first < b.first;
    return descending ? b.second->name < a.second->name : a.second->name < b.second->name;
  });
  const PageOrError part = page_of(parameters, sorted.size());
  if (!part.error.empty()) return failure(kBadRequest, part.error, exchange);
  Array out;
  for (std::size_t i = part.page.begin; i < part.page.end; ++i) out.push_back(shown(*sorted[i].second));
  Response response = json(Value(std::move(out), {}), exchange);
  response.headers.add("X-Next-Page", std::to_string(part.page.next));
  return response;
}

Response routers(const routing::Snapshot& snapshot, const Parameters& parameters, Exchange& exchange) {
  std::vector<const routing::RuntimeRouter*> found;
  for (const routing::RuntimeRouter& router : snapshot.routers()) {
    const std::string_view search = parameters.text("search");
    const std::string_view service = parameters.text("serviceName");
    const std::string_view middleware = parameters.text("middlewareName");
    if (!contains_ignoring_case(router.name, search) && !contains_ignoring_case(router.config->rule, search)) continue;
    if (!has_status(router.state->condition, parameters.text("status"))) continue;
    if (!service.empty() && !uses_service(*router.config, service)) continue;
    if (!middleware.empty() &&
        std::ranges::find(router.config->middlewares, middleware) == router.config->middlewares.end())
      continue;
    found.push_back(&router);
  }
  return listed<routing::RuntimeRouter>(found, parameters, exchange,
                                        [](const auto& router) { return router_item(router, true); });
}

Response services(const routing::Snapshot& snapshot, const Parameters& parameters, Exchange& exchange) {
  std::vector<const routing::RuntimeService*> found;
  for (const routing::RuntimeService& service : snapshot.services()) {
    if (!contains_ignoring_case(service.name, parameters.text("search"))) continue;
    if (has_status(service.state->condition, parameters.text("status"))) found.push_back(&service);
  }
  const routing::Usage usage = snapshot.usage();
  return listed<routing::RuntimeService>(found, parameters, exchange,
                                         [&](const auto& service) { return service_item(service, usage, true); });
}

Response middlewares(const routing::Snapshot& snapshot, const Parameters& parameters, Exchange& exchange) {
  std::vector<const routing::RuntimeMiddleware*> found;
  for (const routing::RuntimeMiddleware& middleware : snapshot.middlewares()) {
    if (!contains_ignoring_case(middleware.name, parameters.text("search"))) continue;
    if (has_status(*middleware.condition, parameters.text("status"))) found.push_back(&middleware);
  }
  const routing::Usage usage = snapshot.usage();
  return listed<routing::RuntimeMiddleware>(
      found, parameters, exchange, [&](const auto& middleware) { return middleware_item(middleware, usage, true); });
}

Value raw_data(const routing::Snapshot& snapshot) {
  const routing::Usage usage = snapshot.usage();
  Object all_routers;
  Object all_middlewares;
  Object all_services;
  for (const auto& router : snapshot.routers())
    all_routers.push_back({std::string(router.name), router_item(router, false)});
  for (const auto& middleware : snapshot.middlewares()) {
    all_middlewares.push_back({std::string(middleware.name), middleware_item(middleware, usage, false)});
  }
  for (const auto& service : snapshot.services()) {
    all_services.push_back({std::string(service.name), service_item(service, usage, false)});
  }
  Object out;
  if (!all_routers.empty()) out.push_back({"routers", Value(std::move(all_routers), {})});
  if (!all_middlewares.empty()) out.push_back({"middlewares", Value(std::move(all_middlewares), {})});
  if (!all_services.empty()) out.push_back({"services", Value(std::move(all_services), {})});
  return {std::move(out), {}};
}

class Api final : public http::Handler {
 public:
  explicit Api(Sources sources) : sources_(std::move(sources)), started_(start_time_text()) {}

  loop::Task<Response> handle(Request request, Exchange& exchange) const override {
    return http::ready(answer(request, exchange));
  }

 private:
  Response answer(const Request& request, Exchange& exchange) const {
    std::string_view path = request.path;
    std::string_view base;
    if (sources_.static_configuration->api) base = sources_.static_configuration->api->basePath;
    while (base.ends_with('/')) base.remove_suffix(1);
    if (path.starts_with(base)) path.remove_prefix(base.size());
    const bool known = path.starts_with("/api/");
    if (!known) return http::error_response(kNotFound, "404 page not found", exchange.arena);
    path.remove_prefix(std::string_view("/api/").size());
    if (request.method != "GET") {
      const bool exists = find(path, Parameters(request.query), exchange).status != kNotFound;
      return exists ? http::empty_response(kMethodNotAllowed, exchange.arena)
                    : http::error_response(kNotFound, "404 page not found", exchange.arena);
    }
    return find(path, Parameters(request.query), exchange);
  }

  Response find(std::string_view path, const Parameters& parameters, Exchange& exchange) const {
    const std::shared_ptr<const routing::Snapshot> snapshot = sources_.snapshot();
    if (path == "version")
      return page("application/json; charset=UTF-8", version_text(*sources_.static_configuration, started_), exchange);
    if (path == "entrypoints") return entry_points(parameters, exchange);
    if (path.starts_with("entrypoints/")) return entry_point(path.substr(12), exchange);
    if (path == "config/errors") return json(sources_.configuration_errors(), exchange);
    if (snapshot == nullptr) return failure(503, "no configuration yet", exchange);
    if (path == "rawdata") return json(raw_data(*snapshot), exchange);
    if (path == "overview") return json(overview(*snapshot, *sources_.static_configuration), exchange);
    if (path.starts_with("http/")) return http_objects(*snapshot, path.substr(5), parameters, exchange);
    const bool other = path == "tcp/routers" || path == "tcp/services" || path == "tcp/middlewares" ||
                       path == "udp/routers" || path == "udp/services";
    if (other) return nothing_listed(parameters, exchange);
    return http::error_response(kNotFound, "404 page not found", exchange.arena);
  }

  static Response nothing_listed(const Parameters& parameters, Exchange& exchange) {
    return listed<routing::RuntimeRouter>({}, parameters, exchange, {});
  }

  static Response http_objects(const routing::Snapshot& snapshot, std::string_view path, const Parameters& parameters,
                               Exchange& exchange) {
    if (path == "routers") return routers(snapshot, parameters, exchange);
    if (path == "services") return services(snapshot, parameters, exchange);
    if (path == "middlewares") return middlewares(snapshot, parameters, exchange);
    const std::size_t slash = path.find('/');
    const std::string_view kind = path.substr(0, slash);
    const std::string_view escaped = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    const bool one = !escaped.empty() && escaped.find('/') == std::string_view::npos;
    const auto name = http::percent_decode(escaped, exchange.arena);
    if (one && name && kind == "routers") {
      const routing::RuntimeRouter* router = snapshot.router(*name);
      return router != nullptr ? json(router_item(*router, true), exchange)
                               : failure(kNotFound, fmt::format("router not found: {}", *name), exchange);
    }
    if (one && name && kind == "services") {
      const routing::RuntimeService* service = snapshot.service(*name);
      return service != nullptr ? json(service_item(*service, snapshot.usage(), true), exchange)
                                : failure(kNotFound, fmt::format("service not found: {}", *name), exchange);
    }
    if (one && name && kind == "middlewares") {
      const routing::RuntimeMiddleware* middleware = snapshot.middleware(*name);
      return middleware != nullptr ? json(middleware_item(*middleware, snapshot.usage(), true), exchange)
                                   : failure(kNotFound, fmt::format("middleware not found: {}", *name), exchange);
    }
    return http::error_response(kNotFound, "404 page not found", exchange.arena);
  }

  Response entry_points(const Parameters& parameters, Exchange& exchange) const {
    const auto& all = sources_.static_configuration->entryPoints;
    const PageOrError part = page_of(parameters, all.size());
    if (!part.error.empty()) return failure(kBadRequest, part.error, exchange);
    Array out;
    std::size_t index = 0;
    for (const auto& [name, entry_point] : all) {
      if (index >= part.page.begin && index < part.page.end) out.push_back(entry_point_item(name, entry_point));
      ++index;
    }
    Response response = json(Value(std::move(out), {}), exchange);
    response.headers.add("X-Next-Page", std::to_string(part.page.next));
    return response;
  }

  Response entry_point(std::string_view escaped, Exchange& exchange) const {
    const std::string name(http::percent_decode(escaped, exchange.arena).value_or(escaped));
    const auto& all = sources_.static_configuration->entryPoints;
    const auto found = all.find(name);
    if (found == all.end()) return failure(kNotFound, fmt::format("entry point not found: {}", name), exchange);
    return json(entry_point_item(found->first, found->second), exchange);
  }

  Sources sources_;
  std::string started_;
};

}  // namespace

http::HandlerPtr make_api(Sources sources) { return std::make_shared<const Api>(std::move(sources)); }

}  // namespace tandem::api
