#include "app/command/show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>

#include "app/inspect/seen_site.h"
#include "base/text.h"
#include "config/format/json.h"
#include "proxy/routing/names.h"

namespace tandem::command {
namespace {

using format::Object;
using format::Value;
using inspect::object_named;
using inspect::text_at;
using inspect::texts_at;
using routing::qualified_reference;

constexpr int kDeepest = 100;
constexpr std::array<std::string_view, 3> kProtocols{"http", "tcp", "udp"};

/// Members of an item that tell what became of it, not what it is.
constexpr std::array<std::string_view, 5> kFindings{"error", "status", "using", "usedBy", "serverStatus"};

/// "routers", "tcpRouters".
std::string section_of(std::string_view protocol, std::string_view kind) {
  if (protocol == "http") return fmt::format("{}s", kind);
  std::string plural = fmt::format("{}{}s", protocol, kind);
  plural[protocol.size()] = static_cast<char>(plural[protocol.size()] - 'a' + 'A');
  return plural;
}

std::string number_at(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value == nullptr ? std::string() : format::serialize_json(*value);
}

/// The member that says which kind of service or middleware it is.
const format::Member* kind_of(const Value& item) {
  if (item.object() == nullptr) return nullptr;
  const auto found = std::ranges::find_if(*item.object(), [](const format::Member& member) {
    const bool finding = std::ranges::find(kFindings, member.name) != kFindings.end();
    return !finding && member.value.object() != nullptr;
  });
  return found == item.object()->end() ? nullptr : &*found;
}

void add_middlewares(const Value& objects, std::string_view section, const std::string& name, int depth,
                     std::vector<std::string>& lines) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  const Value* item = object_named(objects, section, name);
  if (item == nullptr) {
    lines.push_back(fmt::format("{}{} (does not exist)", indent, name));
    return;
  }
  const format::Member* kind = kind_of(*item);
  const bool broken = text_at(*item, "status") == "disabled";
  lines.push_back(fmt::format("{}{} ({}{})", indent, name, kind == nullptr ? "of no kind" : kind->name,
                              broken ? ", disabled" : ""));
  if (kind == nullptr || kind->name != "chain" || depth > kDeepest) return;
  for (const std::string& child : texts_at(kind->value, "middlewares")) {
    add_middlewares(objects, section, qualified_reference(child, name), depth + 1, lines);
  }
}

struct ServiceTree {
  const Value& objects;
  std::string section;
  std::vector<std::string> lines;

  void add(const std::string& name, std::string_view note, int depth) {
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    const Value* item = object_named(objects, section, name);
    if (item == nullptr) {
      lines.push_back(fmt::format("{}{}{} (does not exist)", indent, name, note));
      return;
    }
    const format::Member* kind = kind_of(*item);
    const bool broken = text_at(*item, "status") == "disabled";
    const bool own = kind == nullptr && name.ends_with("@internal");
    lines.push_back(fmt::format("{}{}{} ({}{})", indent, name, note,
                                kind != nullptr ? kind->name
                                : own           ? "of the program itself"
                                                : "of no kind",
                                broken ? ", disabled" : ""));
    if (kind == nullptr || depth > kDeepest) return;
    add_servers(*item, kind->value, depth + 1);
    add_children(name, kind->value, depth + 1);
  }

  void add_servers(const Value& item, const Value& options, int depth) {
    const Value* servers = options.find("servers");
    if (servers == nullptr || servers->array() == nullptr) return;
    const Value* status = item.find("serverStatus");
    for (const Value& server : *servers->array()) {
      std::string address = text_at(server, "url");
      if (address.empty()) address = text_at(server, "address");
      std::string line = std::string(static_cast<std::size_t>(depth) * 2, ' ') + address;
      if (const std::string weight = number_at(server, "weight"); !weight.empty()) line += " weight " + weight;
      if (status != nullptr && status->object() != nullptr) {
        const auto found = std::ranges::find(*status->object(), address, &format::Member::name);
        const auto* text = found == status->object()->end() ? nullptr : std::get_if<std::string>(&found->value.data());
        if (text != nullptr) line += " " + *text;
      }
      lines.push_back(std::move(line));
    }
  }

  void add_children(const std::string& owner, const Value& options, int depth) {
    const auto child = [&](const std::string& name, const std::string& note) {
      if (!name.empty()) add(qualified_reference(name, owner), note, depth);
    };
    child(text_at(options, "service"), "");
    child(text_at(options, "fallback"), ", the fallback");
    for (const char* list : {"services", "mirrors"}) {
      const Value* services = options.find(list);
      if (services == nullptr || services->array() == nullptr) continue;
      for (const Value& each : *services->array()) {
        const std::string weight = number_at(each, "weight");
        const std::string percent = number_at(each, "percent");
        child(text_at(each, "name"), !weight.empty()    ? " weight " + weight
                                     : !percent.empty() ? " gets a copy of " + percent + " %"
                                                        : std::string());
      }
    }
  }
};

/// One object that was asked for.
struct Shown {
  std::string protocol;
  std::string name;
  const Value* item;
};

class Show {
 public:
  Show(const Value& objects, std::string_view kind) : objects_(objects), kind_(kind) {}

  /// Those of that name, or of that name with any provider.
  std::vector<Shown> find(const std::string& name) const {
    std::vector<Shown> found;
    for (const std::string_view protocol : kProtocols) {
      const Value* all = objects_.find(section_of(protocol, kind_));
      if (all == nullptr || all->object() == nullptr) continue;
      for (const auto& [qualified, item] : *all->object()) {
        const bool same = qualified == name || (!name.contains('@') && qualified.starts_with(name + "@"));
        if (same) found.push_back({std::string(protocol), qualified, &item});
      }
    }
    return found;
  }

  std::string text(const Shown& shown) const {
    const std::vector<std::string> errors = texts_at(*shown.item, "error");
    std::string out =
        fmt::format("{} {} ({}), {}\n", kind_, shown.name, shown.protocol, text_at(*shown.item, "status"));
    for (const std::string& error : errors) out += fmt::format("  error: {}\n", error);
    if (kind_ == "router") return out + router(shown);
    if (kind_ == "service") return out + service(shown);
    return out + middleware(shown);
  }

  Value json(const Shown& shown) const {
    Object out{{"kind", Value(std::string(kind_), {})},
               {"protocol", Value(shown.protocol, {})},
               {"name", Value(shown.name, {})}};
    for (const format::Member& member : *shown.item->object()) out.push_back(member);
    const auto add_lines = [&out](const char* name, const std::vector<std::string>& lines) {
      format::Array array;
      for (const std::string& line : lines) array.push_back(Value(line, {}));
      out.push_back({name, Value(std::move(array), {})});
    };
    if (kind_ == "router") {
      add_lines("through", middleware_lines(objects_, shown.protocol, texts_at(*shown.item, "middlewares")));
      add_lines("to", service_lines(objects_, shown.protocol, service_of(shown)));
      Object order;
      for (const auto& [entry_point, line] : order_of(shown)) order.push_back({entry_point, Value(line, {})});
      out.push_back({"asked", Value(std::move(order), {})});
    }
    if (kind_ == "service") add_lines("to", service_lines(objects_, shown.protocol, shown.name));
    if (kind_ == "middleware") add_lines("through", middleware_lines(objects_, shown.protocol, {shown.name}));
    return {std::move(out), {}};
  }

 private:
  static std::string service_of(const Shown& shown) {
    const std::string service = text_at(*shown.item, "service");
    return service.empty() ? std::string() : qualified_reference(service, shown.name);
  }

  static std::string line(std::string_view label, std::string_view text) {
    return text.empty() ? std::string() : fmt::format("  {:<13} {}\n", label, text);
  }
  static std::string lines(std::string_view label, const std::vector<std::string>& texts) {
    std::string out;
    for (std::size_t i = 0; i < texts.size(); ++i) out += line(i == 0 ? label : "", texts[i]);
    return out;
  }
  static std::string joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, ", ")); }

  std::string router(const Shown& shown) const {
    const Value& item = *shown.item;
    std::string out = line("rule", text_at(item, "rule"));
    if (shown.protocol != "udp") out += line("priority", number_at(item, "priority"));
    out += line("entry points", joined(texts_at(item, "using")));
    if (const Value* tls = item.find("tls")) out += line("tls", format::serialize_json(*tls));
    out += line("child of", joined(texts_at(item, "parentRefs")));
    std::vector<std::string> order;
    for (const auto& [entry_point, place] : order_of(shown))
      order.push_back(fmt::format("on {} {}", entry_point, place));
    out += lines("asked", order);
    out += lines("through", middleware_lines(objects_, shown.protocol, texts_at(item, "middlewares")));
    if (const std::string service = service_of(shown); !service.empty()) {
      out += lines("to", service_lines(objects_, shown.protocol, service));
    }
    return out + lines("children", children_of(shown));
  }

  std::vector<std::string> children_of(const Shown& shown) const {
    std::vector<std::string> children;
    const Value* all = objects_.find("routers");
    if (shown.protocol != "http" || all == nullptr || all->object() == nullptr) return children;
    for (const auto& [name, item] : *all->object()) {
      const std::vector<std::string> parents = texts_at(item, "parentRefs");
      if (std::ranges::find(parents, shown.name) == parents.end()) continue;
      children.push_back(fmt::format("{}: {}", name, text_at(item, "rule")));
    }
    return children;
  }

  /// For each entry point: which place the router has among those that are asked there.
  std::vector<std::pair<std::string, std::string>> order_of(const Shown& shown) const {
    std::vector<std::pair<std::string, std::string>> order;
    const Value* all = objects_.find(section_of(shown.protocol, "router"));
    const bool asked = shown.protocol != "udp" && text_at(*shown.item, "status") != "disabled";
    if (!asked || all == nullptr || all->object() == nullptr) return order;
    for (const std::string& entry_point : texts_at(*shown.item, "using")) {
      const std::vector<Rank> ranks = ranks_on(*all->object(), entry_point, shown.item->find("tls") != nullptr);
      const auto at = std::ranges::find(ranks, shown.name, &Rank::name);
      if (at == ranks.end()) continue;
      std::string place = fmt::format("as number {} of {}", at - ranks.begin() + 1, ranks.size());
      if (at != ranks.begin()) place += fmt::format(", after {} ({})", (at - 1)->name, (at - 1)->priority);
      if (at + 1 != ranks.end()) place += fmt::format(", before {} ({})", (at + 1)->name, (at + 1)->priority);
      order.emplace_back(entry_point, std::move(place));
    }
    return order;
  }

  struct Rank {
    std::int64_t priority;
    std::string name;
  };
  static std::vector<Rank> ranks_on(const Object& routers, const std::string& entry_point, bool tls) {
    std::vector<Rank> ranks;
    for (const auto& [name, item] : routers) {
      const std::vector<std::string> used = texts_at(item, "using");
      if (std::ranges::find(used, entry_point) == used.end() || text_at(item, "status") == "disabled") continue;
      if ((item.find("tls") != nullptr) != tls) continue;
      const Value* priority = item.find("priority");
      const auto* number = priority == nullptr ? nullptr : std::get_if<std::int64_t>(&priority->data());
      ranks.push_back({number == nullptr ? 0 : *number, name});
    }
    std::ranges::stable_sort(ranks, [](const Rank& a, const Rank& b) { return a.priority > b.priority; });
    return ranks;
  }

  std::string service(const Shown& shown) const {
    std::string out = lines("to", service_lines(objects_, shown.protocol, shown.name));
    if (const format::Member* kind = kind_of(*shown.item)) {
      Object options = *kind->value.object();
      std::erase_if(options,
                    [](const format::Member& member) { return member.name == "servers" || member.name == "services"; });
      if (!options.empty()) out += line("options", format::serialize_json(Value(std::move(options), {})));
    }
    out += lines("through", middleware_lines(objects_, shown.protocol, texts_at(*shown.item, "middlewares")));
    return out + line("used by", joined(texts_at(*shown.item, "usedBy")));
  }

  std::string middleware(const Shown& shown) const {
    std::string out;
    if (const format::Member* kind = kind_of(*shown.item)) {
      out += line(kind->name, format::serialize_json(kind->value));
      if (kind->name == "chain") out += lines("through", middleware_lines(objects_, shown.protocol, {shown.name}));
    }
    return out + line("used by", joined(texts_at(*shown.item, "usedBy")));
  }

  const Value& objects_;
  std::string_view kind_;
};

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

std::vector<std::string> middleware_lines(const Value& objects, std::string_view protocol,
                                          const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  for (const std::string& name : names) add_middlewares(objects, section_of(protocol, "middleware"), name, 0, lines);
  return lines;
}

std::vector<std::string> service_lines(const Value& objects, std::string_view protocol, const std::string& name) {
  ServiceTree tree{.objects = objects, .section = section_of(protocol, "service"), .lines = {}};
  tree.add(name, "", 0);
  return std::move(tree.lines);
}

int run_show(const CommandArguments& arguments) {
  const auto& words = arguments.words;
  const bool known = !words.empty() && (words[0] == "router" || words[0] == "service" || words[0] == "middleware");
  if (!known || words.size() != 2) return command_failed("usage: tandem show router|service|middleware NAME");
  const auto site = inspect::see_site(arguments.api, arguments.static_flags);
  if (!site) return command_failed(site.error().text());
  const Show show(site->objects, words[0]);
  const std::vector<Shown> found = show.find(words[1]);
  if (found.empty()) {
    command_failed(fmt::format("{}: there is no {} {}", site->origin, words[0], words[1]));
    return 1;
  }
  if (arguments.json) {
    format::Array all;
    for (const Shown& shown : found) all.push_back(show.json(shown));
    print(format::serialize_json_pretty(Value(std::move(all), {})) + "\n");
    return 0;
  }
  for (const Shown& shown : found) print(show.text(shown));
  return 0;
}

}  // namespace tandem::command
