#include "app/api/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "app/api/items.h"
#include "app/api/reply.h"
#include "config/format/decode.h"
#include "proxy/routing/names.h"

namespace tandem::api {

namespace {

using format::Array;
using format::Object;
using format::Value;
using http::Exchange;
using http::Response;

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;

template <class View>
constexpr bool kIsRouter = requires(const View& view) { view.config->entryPoints; };

template <class View>
const routing::Condition& condition_of(const View& view) {
  if constexpr (requires { view.condition; }) {
    return *view.condition;
  } else {
    return view.state->condition;
  }
}

/// Go compares the part of the parameter before '@' with an unqualified service name.
bool uses_service(std::string_view service, std::string_view wanted) {
  if (service.find('@') != std::string_view::npos) return service == wanted;
  return service == wanted.substr(0, wanted.find('@'));
}

template <class View>
bool is_wanted(const View& view, const Parameters& parameters) {
  const std::string_view search = parameters.text("search");
  bool found = contains_ignoring_case(view.name, search);
  if constexpr (requires { view.config->rule; }) found = found || contains_ignoring_case(view.config->rule, search);
  if (!found) return false;
  const std::string_view status = parameters.text("status");
  if (!status.empty() && !http::equals_ignoring_case(routing::text_of(condition_of(view).status), status)) return false;
  if constexpr (kIsRouter<View>) {
    const std::string_view service = parameters.text("serviceName");
    if (!service.empty() && !uses_service(view.config->service, service)) return false;
    if constexpr (requires { view.config->middlewares; }) {
      const std::string_view middleware = parameters.text("middlewareName");
      if (middleware.empty()) return true;
      const std::vector<std::string> names = middlewares_of(view.name, view.config->middlewares);
      return std::ranges::find(names, middleware) != names.end();
    }
  }
  return true;
}

/// What a list is sorted by: a number, or a text; then the name.
struct SortKey {
  std::int64_t number = 0;
  std::string text;
  auto operator<=>(const SortKey&) const = default;
};

template <class View>
SortKey router_key(const View& view, std::string_view by) {
  if (by == "service") return {0, view.config->service};
  if (by == "entryPoints") return {static_cast<std::int64_t>(view.config->entryPoints.size()), {}};
  if constexpr (requires { view.config->rule; }) {
    if (by == "rule") return {0, view.config->rule};
    if (by == "priority") return {view.state->priority, {}};
  }
  return {0, std::string(view.name)};
}

template <class View>
SortKey key_of(const View& view, std::string_view by) {
  if (by == "provider") return {0, std::string(routing::provider_of(view.name))};
  if (by == "status") return {0, std::string(routing::text_of(condition_of(view).status))};
  if constexpr (kIsRouter<View>) {
    return router_key(view, by);
  } else {
    if (by == "type") return {0, type_of(format::encode(*view.config, true))};
    if constexpr (requires { view.config->loadBalancer; }) {
      if (by == "servers") {
        const auto& balancer = view.config->loadBalancer;
        return {balancer ? static_cast<std::int64_t>(balancer->servers.size()) : 0, {}};
      }
    }
    return {0, std::string(view.name)};
  }
}

/// Filters, sorts, cuts the page out and answers with it.
template <class View>
Response listed(std::span<const View> all, const routing::Usage& usage, const Parameters& parameters,
                Exchange& exchange) {
  const std::string_view by = parameters.text("sortBy");
  const std::string_view direction = parameters.text("direction");
  const bool descending = !direction.empty() && direction != "asc";
  std::vector<std::pair<SortKey, const View*>> sorted;
  for (const View& view : all) {
    if (is_wanted(view, parameters)) sorted.emplace_back(key_of(view, by), &view);
  }
  std::ranges::sort(sorted, [descending](const auto& a, const auto& b) {
    if (a.first != b.first) return descending ? b.first < a.first : a.first < b.first;
    return descending ? b.second->name < a.second->name : a.second->name < b.second->name;
  });
  const PageOrError part = page_of(parameters, sorted.size());
  if (!part.error.empty()) return failure(kBadRequest, part.error, exchange);
  Array out;
  for (std::size_t i = part.page.begin; i < part.page.end; ++i) out.push_back(item_of(*sorted[i].second, usage, true));
  Response response = json(Value(std::move(out), {}), exchange);
  response.headers.add("X-Next-Page", std::to_string(part.page.next));
  return response;
}

template <class View>
Response answer(std::span<const View> all, const routing::Usage& usage, const ObjectPath& path,
                const Parameters& parameters, Exchange& exchange) {
  if (path.escaped.empty()) return listed(all, usage, parameters, exchange);
  const std::string_view name = http::percent_decode(path.escaped, exchange.arena).value_or(path.escaped);
  const auto found = std::ranges::lower_bound(all, name, {}, &View::name);
  if (found != all.end() && found->name == name) return json(item_of(*found, usage, true), exchange);
  const std::string_view kind = path.kind.substr(0, path.kind.size() - 1);
  return failure(kNotFound, fmt::format("{} not found: {}", kind, name), exchange);
}

template <class View>
void add_all(Object& into, std::string_view name, std::span<const View> all, const routing::Usage& usage) {
  if (all.empty()) return;
  Object objects;
  for (const View& view : all) objects.push_back({std::string(view.name), item_of(view, usage, false)});
  into.push_back({std::string(name), Value(std::move(objects), {})});
}

}  // namespace

ObjectPath object_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  ObjectPath found{.protocol = path.substr(0, slash), .kind = path.substr(slash + 1), .escaped = {}};
  if (const std::size_t next = found.kind.find('/'); next != std::string_view::npos) {
    found.escaped = found.kind.substr(next + 1);
    found.kind = found.kind.substr(0, next);
    if (found.escaped.empty() || found.escaped.find('/') != std::string_view::npos) return {};
  }
  const bool known_protocol = found.protocol == "http" || found.protocol == "tcp" || found.protocol == "udp";
  const bool known_kind =
      found.kind == "routers" || found.kind == "services" || (found.kind == "middlewares" && found.protocol != "udp");
  return known_protocol && known_kind ? found : ObjectPath{};
}

Response answer_objects(const routing::Snapshot& snapshot, const ObjectPath& path, const Parameters& parameters,
                        Exchange& exchange) {
  const bool routers = path.kind == "routers";
  const bool services = path.kind == "services";
  if (path.protocol == "tcp") {
    const routing::TcpObjects& tcp = *snapshot.tcp();
    if (routers) return answer(tcp.routers(), {}, path, parameters, exchange);
    if (services) return answer(tcp.services(), tcp.usage(), path, parameters, exchange);
    return answer(tcp.middlewares(), {}, path, parameters, exchange);
  }
  if (path.protocol == "udp") {
    const routing::UdpObjects& udp = *snapshot.udp();
    if (routers) return answer(udp.routers(), {}, path, parameters, exchange);
    return answer(udp.services(), udp.usage(), path, parameters, exchange);
  }
  if (routers) return answer(snapshot.routers(), {}, path, parameters, exchange);
  if (services) return answer(snapshot.services(), snapshot.usage(), path, parameters, exchange);
  return answer(snapshot.middlewares(), snapshot.usage(), path, parameters, exchange);
}

Value raw_data(const routing::Snapshot& snapshot) {
  const routing::Usage usage = snapshot.usage();
  const routing::TcpObjects& tcp = *snapshot.tcp();
  const routing::UdpObjects& udp = *snapshot.udp();
  Object out;
  add_all(out, "routers", snapshot.routers(), usage);
  add_all(out, "middlewares", snapshot.middlewares(), usage);
  add_all(out, "services", snapshot.services(), usage);
  add_all(out, "tcpRouters", tcp.routers(), {});
  add_all(out, "tcpMiddlewares", tcp.middlewares(), {});
  add_all(out, "tcpServices", tcp.services(), tcp.usage());
  add_all(out, "udpRouters", udp.routers(), {});
  add_all(out, "udpServices", udp.services(), udp.usage());
  return {std::move(out), {}};
}

}  // namespace tandem::api
