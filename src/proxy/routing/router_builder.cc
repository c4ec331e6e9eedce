#include "proxy/routing/router_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/model/entry_point_address.h"
#include "engine/observe/metrics.h"
#include "proxy/handshake/misdirected.h"
#include "proxy/routing/names.h"
#include "proxy/routing/observation.h"
#include "proxy/routing/router_handler.h"
#include "proxy/routing/traced_handler.h"

namespace tandem::routing {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

/// The options that a router names, qualified: "default", "modern@file".
std::string tls_options_name(std::string_view options, std::string_view router) {
  if (options.empty() || options == handshake::kDefaultTlsOptions) return std::string(handshake::kDefaultTlsOptions);
  return qualified_reference(options, router);
}

bool is_http(const model::EntryPoint& entry_point) {
  const auto address = model::parse_entry_point_address(entry_point.address);
  return address && address->protocol == model::EntryPointProtocol::kTcp;
}

std::int64_t priority_of(const model::HttpRouter& config) {
  return config.priority != 0 ? config.priority : rule::default_http_priority(config.rule);
}

}  // namespace

std::vector<std::string> http_entry_points(const model::StaticConfiguration& configuration) {
  std::vector<std::string> names;
  for (const auto& [name, entry_point] : configuration.entryPoints) {
    if (is_http(entry_point)) names.push_back(name);
  }
  return names;
}

RouterBuilder::RouterBuilder(const BuildInput& input, ServiceBuilder& services, const Reusable& reusable,
                             std::vector<TreeNode> tree, std::vector<Slot> slots)
    : input_(input), services_(services), reusable_(reusable), tree_(std::move(tree)), slots_(std::move(slots)) {}

void RouterBuilder::build() {
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].config->parentRefs.empty()) build_root(i);
  }
  // Children that no parent took: broken ones and those out of reach.
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].built) child(i);
  }
}

bool RouterBuilder::unchanged(const Slot& slot, const TreeNode& node) const {
  if (!slot.same_config || slot.before->tree != node.condition) return false;
  if (slot.config->tls && slot.before->tls_error != tls_error(slot)) return false;
  if (!std::ranges::equal(slot.before->children, node.children, {}, {},
                          [this](std::uint32_t child) { return slots_[child].built; })) {
    return false;
  }
  if (!reusable_.services.empty() && reusable_.services.contains(slot.before->service)) return false;
  return reusable_.middlewares.empty() ||
         std::ranges::none_of(slot.before->chain.used,
                              [this](const std::string& name) { return reusable_.middlewares.contains(name); });
}

std::string RouterBuilder::tls_error(const Slot& slot) const {
  if (!slot.config->tls || tls_options_ == nullptr) return {};
  const std::string name = tls_options_name(slot.config->tls->options, slot.name);
  const auto options = tls_options_->find(name);
  if (options == tls_options_->end()) return "unknown TLS options: " + name;
  return options->second.context != nullptr ? std::string() : "building TLS config: " + options->second.error;
}

/// False when the router's TLS options cannot be used.
bool RouterBuilder::check_tls(const Slot& slot, BuiltRouter& into) const {
  if (!slot.config->tls) return true;
  if (const auto tree = rule::parse_http(slot.config->rule, rule::syntax_named(slot.config->ruleSyntax)))
    into.tls_hosts = rule::domains(*tree);
  into.tls_error = tls_error(slot);
  if (!into.tls_error.empty()) into.state.condition.add_error("building router handler: " + into.tls_error, true);
  const auto& fallback = slot.config->tlsFallback;
  if (fallback && !fallback->empty()) into.state.condition.add_error(*fallback, false);
  return into.tls_error.empty();
}

void RouterBuilder::build_root(std::uint32_t position) {
  Slot& slot = slots_[position];
  for (const std::uint32_t at : tree_[position].children) child(at);
  if (unchanged(slot, tree_[position])) {
    slot.built = slot.before;
    services_.keep(slot.service);
    return;
  }
  auto built = std::make_shared<BuiltRouter>();
  built->tree = tree_[position].condition;
  built->state.condition = built->tree;
  find_entry_points(slot, *built);
  Condition& condition = built->state.condition;
  if (built->state.entry_points.empty()) {
    condition.add_error("no valid entryPoint for this router", true);
  } else {
    built->state.priority = priority_of(*slot.config);
    if (built->state.priority > kMaxUserPriority && provider_of(slot.name) != "internal") {
      condition.add_error(fmt::format("the router priority {} exceeds the max user-defined priority {}",
                                      built->state.priority, kMaxUserPriority),
                          true);
    } else {
      build_route(position, *built);
    }
  }
  keep_last_good(slot, *built);
  slot.built = std::move(built);
}

const BuiltRouterPtr& RouterBuilder::child(std::uint32_t position) {
  Slot& slot = slots_[position];
  if (slot.built) return slot.built;
  for (const std::uint32_t at : tree_[position].children) child(at);
  if (unchanged(slot, tree_[position])) {
    slot.built = slot.before;
    services_.keep(slot.service);
    return slot.built;
  }
  auto built = std::make_shared<BuiltRouter>();
  built->tree = tree_[position].condition;
  built->state.condition = built->tree;
  find_entry_points(slot, *built);
  // Children have no entry points; one that names some all the same is shown with its priority.
  if (!built->state.entry_points.empty()) built->state.priority = priority_of(*slot.config);
  if (built->state.condition.errors.empty()) {
    built->state.priority = priority_of(*slot.config);
    build_route(position, *built);
    keep_last_good(slot, *built);
  }
  slot.built = std::move(built);
  return slot.built;
}

/// A router that cannot be built any more goes on as it was: a bad option removes nothing. A service that was taken
/// away does: its servers may belong to somebody else by now.
void RouterBuilder::keep_last_good(const Slot& slot, BuiltRouter& into) const {
  if (into.handler || slot.last_good == nullptr || !slot.last_good->handler) return;
  if (!into.service.empty() && !services_.exists(into.service)) return;
  const BuiltRouter& good = *slot.last_good;
  into.handler = good.handler;
  into.rule = good.rule;
  into.tls = good.tls;
  into.tls_hosts = good.tls_hosts;
  into.state.priority = good.state.priority;
  into.state.entry_points = good.state.entry_points;
  into.state.condition.add_error("the router stays in force as it was before this error", false);
  into.state.condition.status = Status::kWarning;
}

void RouterBuilder::find_entry_points(const Slot& slot, BuiltRouter& into) const {
  for (const std::string& name : slot.config->entryPoints) {
    const auto found = input_.static_configuration->entryPoints.find(name);
    if (found == input_.static_configuration->entryPoints.end() || !is_http(found->second)) {
      into.state.condition.add_error(fmt::format("entryPoint \"{}\" doesn't exist", name), false);
      continue;
    }
    into.state.entry_points.push_back(name);
  }
  std::ranges::sort(into.state.entry_points);
  const auto repeated = std::ranges::unique(into.state.entry_points);
  into.state.entry_points.erase(repeated.begin(), repeated.end());
}

void RouterBuilder::build_route(std::uint32_t position, BuiltRouter& into) {
  const Slot& slot = slots_[position];
  if (!check_tls(slot, into)) return;
  auto handler = build_handler(position, into);
  if (!handler) {
    into.state.condition.add_error(handler.error().text(), true);
    return;
  }
  auto rule = rule_of(slot);
  if (!rule) {
    into.state.condition.add_error(rule.error().text(), true);
    return;
  }
  into.rule = std::move(*rule);
  into.tls = slot.config->tls.has_value();
  if (into.tls) *handler = handshake::guard_misdirected(options_in_force(*slot.config, slot.name), std::move(*handler));
  const bool root = slot.config->parentRefs.empty();
  const bool internal = provider_of(into.service) == "internal";
  RouterIdentity identity{.router = std::string(slot.name),
                          .service = into.service.empty() ? fmt::format("{}-muxer", slot.name) : into.service,
                          .observed = observed_of(*input_.static_configuration, *slot.config, internal),
                          .child = !root,
                          .metric = 0};
  if (input_.metrics != nullptr && input_.metrics->options().routers) {
    identity.metric = input_.metrics->ids().get(observe::MetricScope::kRouter, identity.router, identity.service);
  }
  into.handler = std::make_shared<const RouterHandler>(
      std::move(identity), root ? denied_escapes(slot.config->deniedEncodedPathCharacters) : DeniedEscapes{},
      traced(input_.spans, observe::SpanKind::kRouter, slot.name, std::move(*handler)));
}

Result<http::HandlerPtr> RouterBuilder::build_handler(std::uint32_t position, BuiltRouter& into) {
  const Slot& slot = slots_[position];
  Result<http::HandlerPtr> next = http::HandlerPtr();
  if (!tree_[position].children.empty()) {
    next = build_children(position, into);
    if (!next) return Error(ErrorKind::kInvalid, "building child routers muxer: " + next.error().text());
  } else if (slot.config->service.empty()) {
    return Error(ErrorKind::kInvalid, "router must have either a service or child routers");
  } else {
    into.service = qualified_reference(slot.config->service, slot.name);
    next = services_.get(slot.config->service, slot.name);
    if (!next) return next.error();
  }
  ChainBuilder chain(input_.dynamic->http, into.chain, input_.spans);
  return chain.wrap(slot.config->middlewares, slot.name, std::move(*next));
}

Result<http::HandlerPtr> RouterBuilder::build_children(std::uint32_t position, BuiltRouter& into) {
  std::vector<std::uint32_t> served;
  for (const std::uint32_t at : tree_[position].children) {
    into.children.push_back(child(at));
    if (into.children.back()->handler) served.push_back(at);
  }
  if (served.empty()) {
    return Error(ErrorKind::kInvalid,
                 fmt::format("no child routers could be added to muxer ({} skipped)", into.children.size()));
  }
  return std::make_shared<const match::RouteTable>(routes(std::move(served)), match::RouteTable::Level::kChildren);
}

Result<std::shared_ptr<const match::CompiledRule>> RouterBuilder::rule_of(const Slot& slot) const {
  const bool same_rule = slot.before && slot.before->rule && slot.before->rule->text == slot.config->rule &&
                         slot.before->rule->syntax == rule::syntax_named(slot.config->ruleSyntax);
  if (same_rule) return slot.before->rule;
  const rule::Syntax syntax = rule::syntax_named(slot.config->ruleSyntax);
  auto predicate = match::compile_rule(slot.config->rule, syntax);
  if (!predicate) return predicate.error();
  auto compiled = std::make_shared<match::CompiledRule>();
  compiled->text = slot.config->rule;
  compiled->syntax = syntax;
  compiled->predicate = std::move(*predicate);
  compiled->requirement = match::requirement_of(*compiled->predicate);
  return std::shared_ptr<const match::CompiledRule>(std::move(compiled));
}

std::deque<std::vector<std::uint32_t>> RouterBuilder::listening(std::span<const std::string> entry_points) const {
  std::deque<std::vector<std::uint32_t>> positions(entry_points.size() * 2);
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (!slot.built->handler || !slot.config->parentRefs.empty()) continue;
    for (const std::string& name : slot.built->state.entry_points) {
      const auto at = static_cast<std::size_t>(std::ranges::find(entry_points, name) - entry_points.begin());
      positions[at * 2 + (slot.built->tls ? 1 : 0)].push_back(i);
    }
  }
  return positions;
}

std::vector<std::uint32_t> RouterBuilder::in_order(std::vector<std::uint32_t> positions) const {
  struct Key {
    std::int64_t priority;
    std::uint32_t provider;
    std::uint32_t position;
  };
  std::vector<Key> keys;
  keys.reserve(positions.size());
  for (const std::uint32_t i : positions) {
    keys.push_back({slots_[i].built->state.priority, provider_rank(slots_[i].name), i});
  }
  std::ranges::sort(keys, [](const Key& a, const Key& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    if (a.provider != b.provider) return a.provider < b.provider;
    return a.position < b.position;
  });
  for (std::size_t i = 0; i < keys.size(); ++i) positions[i] = keys[i].position;
  return positions;
}

std::vector<match::Route> RouterBuilder::routes(std::vector<std::uint32_t> positions) const {
  std::vector<match::Route> result;
  result.reserve(positions.size());
  for (const std::uint32_t i : in_order(std::move(positions))) {
    result.push_back({.rule = slots_[i].built->rule, .handler = slots_[i].built->handler});
  }
  return result;
}

std::uint32_t RouterBuilder::provider_rank(std::string_view name) const {
  const auto& precedence = input_.static_configuration->providers.precedence;
  if (precedence.empty()) return 0;
  return static_cast<std::uint32_t>(std::ranges::find(precedence, provider_of(name)) - precedence.begin());
}

std::string options_in_force(const model::HttpRouter& router, std::string_view name) {
  if (!router.tls || router.tlsFallback) return std::string(handshake::kDefaultTlsOptions);
  return tls_options_name(router.tls->options, name);
}

}  // namespace tandem::routing
