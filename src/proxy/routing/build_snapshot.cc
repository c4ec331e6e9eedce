// From a configuration and the snapshot before to the next snapshot: finds out what changed, builds that, and takes
// over the rest.

#include <algorithm>
#include <utility>

#include "proxy/routing/contents.h"
#include "proxy/routing/names.h"
#include "proxy/routing/tls_tables.h"

namespace tandem::routing {
namespace {

using Contents = Snapshot::Contents;

bool refers_to(const std::vector<std::string>& names, const ChangedNames& changed) {
  return !changed.empty() &&
         std::ranges::any_of(names, [&changed](const std::string& name) { return changed.contains(name); });
}

/// Adds middlewares whose chains name changed ones, until there are no more.
void add_changed_chains(const model::HttpConfiguration& configuration, ChangedNames& changed) {
  for (bool more = !changed.empty(); more;) {
    more = false;
    for (const auto& [name, middleware] : configuration.middlewares) {
      if (!middleware.chain || changed.contains(name)) continue;
      const auto names_changed = [&changed, &owner = name](const std::string& reference) {
        return changed.contains(qualified_reference(reference, owner));
      };
      if (std::ranges::any_of(middleware.chain->middlewares, names_changed)) more = changed.insert(name).second || more;
    }
  }
}

/// Adds services that use what changed, until there are no more.
void add_changed_users(const Contents& before, const ChangedNames& transports, Reusable& changed) {
  const bool anything = !transports.empty() || !changed.services.empty() || !changed.middlewares.empty();
  for (bool more = anything; more;) {
    more = false;
    for (std::size_t i = 0; i < before.services.size(); ++i) {
      const BuiltServicePtr& built = before.built_services[i];
      if (!built) continue;
      const bool concerned = refers_to(built->services, changed.services) || transports.contains(built->transport) ||
                             refers_to(built->chain.used, changed.middlewares);
      if (concerned) more = changed.services.emplace(before.services[i].name).second || more;
    }
  }
}

void add_changed_handlers(const BuildInput& before, const BuildInput& now, ChangedNames& changed) {
  ChangedNames names;
  add_differences(before.internal_services, now.internal_services, names);
  for (const std::string& name : names) changed.insert(name + "@internal");
}

/// Whether a middleware was built from files that may hold something else by now.
bool reads_files(const model::HttpMiddleware& middleware) {
  return (middleware.basicAuth && !middleware.basicAuth->usersFile.empty()) ||
         (middleware.digestAuth && !middleware.digestAuth->usersFile.empty()) ||
         (middleware.forwardAuth && middleware.forwardAuth->tls);
}

Reusable find_changes(const BuildInput& input, const Contents& before, const ChangedNames& transports) {
  Reusable changed;
  if (input.look_at_files) {
    for (const auto& [name, middleware] : input.dynamic->http.middlewares) {
      if (reads_files(middleware)) changed.middlewares.insert(name);
    }
    add_changed_chains(input.dynamic->http, changed.middlewares);
  }
  if (input.dynamic != before.input.dynamic) {
    const model::HttpConfiguration& old = before.input.dynamic->http;
    const model::HttpConfiguration& now = input.dynamic->http;
    add_differences(old.middlewares, now.middlewares, changed.middlewares);
    add_differences(old.services, now.services, changed.services);
    add_changed_chains(now, changed.middlewares);
  }
  add_changed_handlers(before.input, input, changed.services);
  add_changed_users(before, transports, changed);
  return changed;
}

/// Where the objects of one snapshot are in the next one. Those that did not change are the same objects, so that no
/// name has to be looked at.
template <class Runtime>
class Before {
 public:
  explicit Before(const std::vector<Runtime>* objects) : objects_(objects), size_(objects ? objects->size() : 0) {}

  /// Position of the object of that name; size() when there was none. To be asked in the order of names.
  template <class Named>
  std::size_t find(const Named& now) {
    while (at_ < size_ && (*objects_)[at_].config != &now.second && (*objects_)[at_].name < now.first) ++at_;
    const bool found = at_ < size_ && ((*objects_)[at_].config == &now.second || (*objects_)[at_].name == now.first);
    return found ? at_++ : size_;
  }
  std::size_t size() const { return size_; }

 private:
  const std::vector<Runtime>* objects_;
  std::size_t size_;
  std::size_t at_ = 0;
};

/// `moved[i]`: where the service is now that was number i in the snapshot before.
std::vector<ServiceBuilder::Slot> service_slots(const BuildInput& input, const Contents* before,
                                                const Reusable& changed, std::vector<std::size_t>& moved) {
  std::vector<ServiceBuilder::Slot> slots;
  slots.reserve(input.dynamic->http.services.size());
  Before<RuntimeService> old(before == nullptr ? nullptr : &before->services);
  moved.assign(old.size() + 1, input.dynamic->http.services.size());
  for (const auto& now : input.dynamic->http.services) {
    const std::size_t at = old.find(now);
    ServiceBuilder::Slot slot{.name = {}, .config = &now.second, .built = nullptr, .reusable = nullptr};
    if (at != old.size()) {
      slot.name = before->services[at].config == &now.second ? before->services[at].name : now.first;
      moved[at] = slots.size();
      const bool same = changed.services.empty() || !changed.services.contains(slot.name);
      if (same) slot.reusable = before->built_services[at];
    } else {
      slot.name = now.first;
    }
    slots.push_back(std::move(slot));
  }
  return slots;
}

/// `last`: the snapshot in force; `before`: the same when its objects may be used again.
std::vector<RouterBuilder::Slot> router_slots(const BuildInput& input, const Contents* before, const Contents* last,
                                              const std::vector<std::size_t>& moved) {
  std::vector<RouterBuilder::Slot> slots;
  slots.reserve(input.dynamic->http.routers.size());
  Before<RuntimeRouter> old(last == nullptr ? nullptr : &last->routers);
  const bool same_entry_points =
      before != nullptr && (input.static_configuration == before->input.static_configuration ||
                            *input.static_configuration == *before->input.static_configuration);
  for (const auto& now : input.dynamic->http.routers) {
    RouterBuilder::Slot slot;
    slot.config = &now.second;
    if (const std::size_t at = old.find(now); at != old.size()) {
      const model::HttpRouter* const config = last->routers[at].config;
      const bool same_object = config == slot.config;
      slot.name = same_object ? last->routers[at].name : now.first;
      const bool same_level = same_object || config->parentRefs.empty() == slot.config->parentRefs.empty();
      if (same_level) slot.last_good = last->built_routers[at].get();
      if (before != nullptr) {
        slot.before = before->built_routers[at];
        slot.same_config = same_entry_points && (same_object || *config == *slot.config);
        slot.service = moved[before->router_services[at]];
      }
    } else {
      slot.name = now.first;
    }
    slots.push_back(std::move(slot));
  }
  return slots;
}

void build_tables(const RouterBuilder& routers, const Contents* before, Contents& into) {
  struct Distinct {
    std::vector<std::uint32_t> positions;
    std::shared_ptr<const match::RouteTable> table;
  };
  std::vector<Distinct> distinct;
  const std::vector<std::string> entry_points = http_entry_points(*into.input.static_configuration);
  auto listening = routers.listening(entry_points);
  for (const std::string& name : entry_points) {
    for (const Security security : {Security::kCleartext, Security::kTls}) {
      std::vector<std::uint32_t> positions = std::move(listening.front());
      listening.pop_front();
      auto same = std::ranges::find(distinct, positions, &Distinct::positions);
      if (same == distinct.end()) {
        std::vector<match::Route> routes = routers.routes(positions);
        std::shared_ptr<const match::RouteTable> table;
        for (std::size_t i = 0; before != nullptr && !table && i < before->tables.size(); ++i) {
          if (before->tables[i].routes->routes() == routes) table = before->tables[i].routes;
        }
        if (!table)
          table = std::make_shared<const match::RouteTable>(std::move(routes), match::RouteTable::Level::kEntryPoint);
        same = distinct.insert(distinct.end(), {.positions = std::move(positions), .table = std::move(table)});
      }
      into.tables.push_back({.entry_point = name, .security = security, .routes = same->table});
    }
  }
}

void note_errors(const ChainTrace& trace, Contents& into) {
  for (const auto& [name, text] : trace.errors) {
    const auto* const found = find_named(std::span<const RuntimeMiddleware>(into.middlewares), name);
    if (found == nullptr) continue;
    into.middleware_conditions[static_cast<std::size_t>(found - into.middlewares.data())].add_error(text, true);
  }
}

void take_services(ServiceBuilder& services, Contents& into) {
  static const ServiceState unused;
  into.services.reserve(services.slots().size());
  into.built_services.reserve(services.slots().size());
  for (ServiceBuilder::Slot& slot : services.slots()) {
    const ServiceState* state = slot.built ? &slot.built->state : &unused;
    into.services.push_back({.name = slot.name, .config = slot.config, .state = state});
    if (slot.built) note_errors(slot.built->chain, into);
    into.built_services.push_back(std::move(slot.built));
  }
}

void take_routers(RouterBuilder& routers, const ServiceBuilder& services, Contents& into) {
  into.routers.reserve(routers.slots().size());
  into.built_routers.reserve(routers.slots().size());
  into.router_services.reserve(routers.slots().size());
  for (RouterBuilder::Slot& slot : routers.slots()) {
    into.routers.push_back({.name = slot.name, .config = slot.config, .state = &slot.built->state});
    const bool same = slot.built == slot.before;
    into.router_services.push_back(same ? slot.service : services.position(slot.built->service));
    note_errors(slot.built->chain, into);
    into.built_routers.push_back(std::move(slot.built));
  }
}

}  // namespace

std::shared_ptr<const Snapshot> build_snapshot(const BuildInput& input,
                                               const std::shared_ptr<const Snapshot>& previous) {
  const Contents* const last = previous ? &previous->contents() : nullptr;
  const Contents* const before = input.look_at_files ? nullptr : last;
  auto contents = std::make_unique<Contents>();
  contents->input = input;

  ChangedNames changed_transports;
  contents->transports = build_transports(*input.static_configuration, *input.dynamic,
                                          before == nullptr ? Transports() : before->transports, changed_transports);
  const Reusable changed = before == nullptr ? Reusable() : find_changes(input, *before, changed_transports);

  std::vector<std::size_t> moved;
  ServiceBuilder services(contents->input, contents->transports, service_slots(input, before, changed, moved));
  RouterBuilder routers(contents->input, services, changed, build_router_tree(input.dynamic->http.routers),
                        router_slots(input, before, last, moved));
  contents->tls_options = handshake::build_tls_options(
      input.dynamic->tls, input.offers_http2, before == nullptr ? handshake::TlsOptionsTable() : before->tls_options);
  routers.use(contents->tls_options);
  routers.build();
  build_tables(routers, before, *contents);
  contents->tls_tables = build_tls_tables(routers, *contents);

  contents->middleware_conditions.resize(input.dynamic->http.middlewares.size());
  contents->middlewares.reserve(input.dynamic->http.middlewares.size());
  for (const auto& [name, config] : input.dynamic->http.middlewares) {
    const Condition* condition = &contents->middleware_conditions[contents->middlewares.size()];
    contents->middlewares.push_back({.name = name, .config = &config, .condition = condition});
  }
  take_routers(routers, services, *contents);
  take_services(services, *contents);
  const BuildInput* const input_before = before == nullptr ? nullptr : &before->input;
  contents->tcp = build_tcp_objects(input, input_before, before == nullptr ? nullptr : before->tcp);
  contents->udp = build_udp_objects(input, input_before, before == nullptr ? nullptr : before->udp);
  return std::make_shared<const Snapshot>(std::move(contents));
}

}  // namespace tandem::routing
