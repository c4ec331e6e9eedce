#include "app/inspect/seen_site.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "app/api/objects.h"
#include "app/inspect/dry_run.h"
#include "app/inspect/plain_http.h"
#include "app/static_configuration.h"
#include "config/format/json.h"
#include "config/model/decode_configuration.h"
#include "config/model/effective.h"
#include "config/model/entry_point_address.h"

namespace tandem::inspect {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using format::Object;
using format::Value;

Result<app::StaticLoad> load(const std::vector<std::string>& static_flags) {
  const app::StaticSources sources = app::sources_of(static_flags);
  const auto is_file = [](const std::string& flag) { return flag.starts_with("--configFile="); };
  const auto other = std::ranges::find_if_not(sources.arguments, is_file);
  // Beside a file they would have no effect, so one that is misspelt would never show.
  if (std::ranges::any_of(sources.arguments, is_file) && other != sources.arguments.end()) {
    return Error(ErrorKind::kInvalid, fmt::format("unknown option: {}", *other));
  }
  app::StaticLoad loaded = app::load_static(sources);
  if (loaded.problems.empty()) return loaded;
  return Error(ErrorKind::kInvalid, loaded.problems.front().text());
}

/// Where the API of an instance with this configuration is, when it has a place of its own.
Result<std::string> api_url(const model::StaticConfiguration& configuration) {
  const auto entry_point = configuration.entryPoints.find(std::string(model::kInternalEntryPoint));
  if (!configuration.api || !configuration.api->insecure || entry_point == configuration.entryPoints.end()) {
    return Error(ErrorKind::kInvalid, "the static configuration does not say where the API is: give --api=URL");
  }
  const auto address = model::parse_entry_point_address(entry_point->second.address);
  if (!address) return address.error();
  const std::string host = address->host.empty() || address->host == "0.0.0.0" ? "127.0.0.1" : address->host;
  return fmt::format("http://{}:{}", host.contains(':') ? "[" + host + "]" : host, address->port);
}

Result<Value> fetch_json(const std::string& url, std::string_view path) {
  const auto body = fetch(url, path);
  if (!body) return body.error();
  return format::parse_json(*body, url + std::string(path));
}

/// The API shows empty sections that no configuration would have.
Value without_empty(const Value& value) {
  if (value.object() == nullptr) return value;
  Object kept;
  for (const format::Member& member : *value.object()) {
    Value inside = without_empty(member.value);
    const bool empty = inside.object() != nullptr && inside.object()->empty();
    if (!empty) kept.push_back({member.name, std::move(inside)});
  }
  return {std::move(kept), {}};
}

/// What of a router decides who gets a request. Its service stands for all services.
Value router_to_route(const Value& item) {
  Object router;
  for (const char* name : {"rule", "ruleSyntax", "priority", "parentRefs"}) {
    if (const Value* value = item.find(name)) router.push_back({name, *value});
  }
  if (const Value* value = item.find("using")) router.push_back({"entryPoints", *value});
  if (item.find("tls") != nullptr) router.push_back({"tls", Value(Object(), {})});
  const bool works = text_at(item, "status") != "disabled";
  if (works && !text_at(item, "service").empty())
    router.push_back({"service", Value(std::string("noop@internal"), {})});
  return {std::move(router), {}};
}

}  // namespace

const Value* object_named(const Value& objects, std::string_view section, std::string_view name) {
  const Value* all = objects.find(section);
  if (all == nullptr || all->object() == nullptr) return nullptr;
  const auto found = std::ranges::find(*all->object(), name, &format::Member::name);
  return found == all->object()->end() ? nullptr : &found->value;
}

std::string text_at(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->data());
  return text == nullptr ? std::string() : *text;
}

std::vector<std::string> texts_at(const Value& object, std::string_view name) {
  std::vector<std::string> texts;
  const Value* value = object.find(name);
  if (value == nullptr || value->array() == nullptr) return texts;
  for (const Value& element : *value->array()) {
    if (const auto* text = std::get_if<std::string>(&element.data())) texts.push_back(*text);
  }
  return texts;
}

Result<SeenSite> see_running(const std::string& url) {
  auto objects = fetch_json(url, "/api/rawdata");
  if (!objects) return objects.error();
  const auto entry_points = fetch_json(url, "/api/entrypoints?per_page=100000");
  if (!entry_points) return entry_points.error();

  Object named;
  if (entry_points->array() != nullptr) {
    for (const Value& each : *entry_points->array()) {
      if (each.object() == nullptr) continue;
      Object options = *each.object();
      std::erase_if(options, [](const format::Member& member) { return member.name == "name"; });
      named.push_back({text_at(each, "name"), without_empty(Value(std::move(options), {}))});
    }
  }
  format::Problems problems;
  std::vector<std::string> ignored;
  model::StaticConfiguration configuration =
      model::decode_static({Object{{"entryPoints", Value(std::move(named), {})}}, {}}, problems, ignored);

  Object routers;
  if (const Value* all = objects->find("routers"); all != nullptr && all->object() != nullptr) {
    for (const auto& [name, item] : *all->object()) routers.push_back({name, router_to_route(item)});
  }
  const Value tree(Object{{"http", Value(Object{{"routers", Value(std::move(routers), {})}}, {})}}, {});
  auto dynamic = std::make_shared<model::DynamicConfiguration>(model::decode_dynamic(tree, problems, ignored));
  dynamic->tls.options["default"];
  if (!problems.empty()) {
    return Error(ErrorKind::kProtocol,
                 fmt::format("{} tells what this version does not know: {}", url, problems.front().text()));
  }
  SeenSite site;
  site.origin = url;
  site.running = true;
  site.configuration = std::make_shared<const model::StaticConfiguration>(std::move(configuration));
  site.snapshot = build_unserved(site.configuration, std::move(dynamic));
  site.objects = std::move(*objects);
  return site;
}

Result<SeenSite> see_site(const std::optional<std::string>& api_option, const std::vector<std::string>& static_flags) {
  if (api_option && !api_option->empty()) return see_running(*api_option);
  const auto loaded = load(static_flags);
  if (!loaded) return loaded.error();
  if (api_option) {
    const auto url = api_url(loaded->configuration);
    if (!url) return url.error();
    return see_running(*url);
  }
  DryRun run = dry_run(loaded->configuration);
  SeenSite site;
  site.origin = loaded->origin;
  site.configuration = run.configuration;
  site.snapshot = run.snapshot;
  site.objects = api::raw_data(*run.snapshot);
  return site;
}

}  // namespace tandem::inspect
