#include "app/command/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "app/api/objects.h"
#include "app/inspect/differences.h"
#include "app/inspect/dry_run.h"
#include "app/inspect/seen_site.h"
#include "app/static_configuration.h"
#include "config/format/decode.h"
#include "config/format/json.h"
#include "config/model/effective.h"

namespace tandem::command {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using format::Object;
using format::Value;
using inspect::ChangedObject;
using inspect::ChangedOption;
using inspect::differences;
using inspect::text_at;

/// One side of the comparison.
struct Side {
  inspect::DryRun run;
  bool has_static = false;  ///< a static configuration, which names the dynamic one
};

/// Root keys of dynamic files; everything else begins a static one.
bool is_static_problem(const app::StaticLoad& load) {
  return std::ranges::any_of(load.problems, [](const format::Problem& problem) {
    return problem.message.starts_with("no valid configuration found");
  });
}

Result<Side> side_of(const std::string& path, const model::StaticConfiguration* around) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return Error(ErrorKind::kNotFound, fmt::format("no such file or directory: {}", path));
  }
  const bool folder = std::filesystem::is_directory(path, error);
  Side side;
  model::StaticConfiguration configuration;
  if (!folder) {
    app::StaticSources sources;
    sources.arguments = {"--configFile=" + path};
    app::StaticLoad load = app::load_static(sources);
    side.has_static = !is_static_problem(load);
    if (side.has_static && !load.problems.empty()) {
      return Error(ErrorKind::kInvalid, load.problems.front().text());
    }
    if (side.has_static) configuration = std::move(load.configuration);
  }
  if (!side.has_static) {
    if (around != nullptr) configuration = *around;
    configuration.providers = {};
    model::FileProvider& file = configuration.providers.file.emplace();
    (folder ? file.directory : file.filename) = path;
    if (around == nullptr) configuration = model::effective(std::move(configuration));
  }
  side.run = inspect::dry_run(configuration);
  const auto& errors = side.run.errors;
  // Objects that cannot be built are compared all the same; a file that cannot be read cannot.
  const auto unreadable = std::ranges::find_if(
      errors, [](const format::Problem& problem) { return problem.path.empty() || !problem.path.contains('@'); });
  if (unreadable != errors.end()) return Error(ErrorKind::kInvalid, unreadable->text());
  return side;
}

struct Section {
  const char* section;
  const char* kind;
  const char* what;
  const char* raw;  ///< in /api/rawdata; null: not there
};
constexpr std::array<Section, 12> kSections{{{"http", "routers", "router", "routers"},
                                             {"http", "services", "service", "services"},
                                             {"http", "middlewares", "middleware", "middlewares"},
                                             {"http", "serversTransports", "servers transport", nullptr},
                                             {"tcp", "routers", "TCP router", "tcpRouters"},
                                             {"tcp", "services", "TCP service", "tcpServices"},
                                             {"tcp", "middlewares", "TCP middleware", "tcpMiddlewares"},
                                             {"tcp", "serversTransports", "TCP servers transport", nullptr},
                                             {"udp", "routers", "UDP router", "udpRouters"},
                                             {"udp", "services", "UDP service", "udpServices"},
                                             {"tls", "options", "TLS options", nullptr},
                                             {"tls", "stores", "TLS store", nullptr}}};

/// The objects of a configuration by kind.
void add_dynamic(const model::DynamicConfiguration& dynamic, bool redacted, Object& into) {
  const Value all = format::encode(dynamic, redacted);
  for (const Section& section : kSections) {
    const Value* kinds = all.find(section.section);
    const Value* objects = kinds == nullptr ? nullptr : kinds->find(section.kind);
    if (objects != nullptr) into.push_back({section.what, *objects});
  }
  const Value* tls = all.find("tls");
  const Value* certificates = tls == nullptr ? nullptr : tls->find("certificates");
  if (certificates == nullptr) return;
  Object list{{"tls", Value(Object{{"certificates", *certificates}}, {})}};
  into.push_back({"certificates of", Value(std::move(list), {})});
}

/// Static options by what they are about: one entry point, one provider, or a section.
void add_static(const model::StaticConfiguration& configuration, bool redacted, Object& into) {
  const Value all = format::encode(configuration, redacted);
  Object sections;
  for (const format::Member& member : *all.object()) {
    if (member.name == "entryPoints") {
      into.push_back({"entry point", member.value});
    } else if (member.name == "certificatesResolvers") {
      into.push_back({"certificates resolver", member.value});
    } else if (member.name == "providers" && member.value.object() != nullptr) {
      Object providers;
      Object others;
      for (const format::Member& each : *member.value.object()) {
        (each.value.object() != nullptr ? providers : others).push_back(each);
      }
      into.push_back({"provider", Value(std::move(providers), {})});
      if (!others.empty()) sections.push_back({"providers", Value(std::move(others), {})});
    } else {
      sections.push_back(member);
    }
  }
  into.push_back({"section", Value(std::move(sections), {})});
}

/// Where secrets differ, the text is the same on both sides; where they do not, nothing is told.
std::vector<ChangedObject> hide_secrets(std::vector<ChangedObject> changes, const Value& before, const Value& after) {
  const std::vector<ChangedObject> visible = differences(before, after);
  for (ChangedObject& change : changes) {
    const auto same = std::ranges::find_if(
        visible, [&change](const ChangedObject& each) { return each.what == change.what && each.name == change.name; });
    for (ChangedOption& option : change.options) {
      const ChangedOption* shown = nullptr;
      if (same != visible.end()) {
        const auto found = std::ranges::find(same->options, option.path, &ChangedOption::path);
        if (found != same->options.end()) shown = &*found;
      }
      // What only a secret tells apart has no words of its own.
      option = shown != nullptr ? *shown : ChangedOption{option.path, "(a secret)", "(another secret)"};
    }
  }
  return changes;
}

Value tree_of(const Side& side, bool with_static, bool redacted) {
  Object tree;
  add_dynamic(*side.run.dynamic, redacted, tree);
  if (with_static) add_static(*side.run.configuration, redacted, tree);
  return {std::move(tree), {}};
}

std::vector<ChangedObject> compare_files(const Side& before, const Side& after) {
  const bool with_static = before.has_static && after.has_static;
  return hide_secrets(differences(tree_of(before, with_static, false), tree_of(after, with_static, false)),
                      tree_of(before, with_static, true), tree_of(after, with_static, true));
}

/// The priority of a router that sets none follows from its rule.
bool is_derived_priority(const format::Member& member, const Value& item) {
  if (member.name != "priority") return false;
  const auto* number = std::get_if<std::int64_t>(&member.value.data());
  const std::string rule = text_at(item, "rule");
  return number != nullptr && (*number == static_cast<std::int64_t>(rule.size()) || *number == -1);
}

/// Objects of the file provider as /api/rawdata tells them, without what became of them.
Value configured(const Value& objects) {
  constexpr std::array<std::string_view, 5> kFindings{"error", "status", "using", "usedBy", "serverStatus"};
  Object tree;
  for (const Section& section : kSections) {
    const Value* all = section.raw == nullptr ? nullptr : objects.find(section.raw);
    if (all == nullptr || all->object() == nullptr) continue;
    Object kept;
    for (const auto& [name, item] : *all->object()) {
      if (!name.ends_with("@file") || item.object() == nullptr) continue;
      Object options = *item.object();
      std::erase_if(options, [&kFindings, &item](const format::Member& member) {
        return std::ranges::find(kFindings, member.name) != kFindings.end() || is_derived_priority(member, item);
      });
      kept.push_back({name, Value(std::move(options), {})});
    }
    tree.push_back({section.what, Value(std::move(kept), {})});
  }
  return {std::move(tree), {}};
}

Result<std::vector<ChangedObject>> compare_with_running(const CommandArguments& arguments) {
  const auto site = inspect::see_site(arguments.api, arguments.static_flags);
  if (!site) return site.error();
  const auto side = side_of(arguments.words.front(), site->configuration.get());
  if (!side) return side.error();
  return differences(configured(site->objects), configured(api::raw_data(*side->run.snapshot)));
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int report(const std::vector<ChangedObject>& changes, bool json) {
  if (json) {
    print(format::serialize_json_pretty(value_of(changes)) + "\n");
  } else {
    print(text_of(changes));
  }
  return changes.empty() ? 0 : 1;
}

}  // namespace

int run_diff(const CommandArguments& arguments) {
  const std::size_t wanted = arguments.api ? 1 : 2;
  if (arguments.words.size() != wanted) {
    return command_failed("usage: tandem diff OLD NEW, or tandem diff --api[=URL] NEW");
  }
  if (!arguments.api && !arguments.static_flags.empty()) {
    return command_failed(fmt::format("unknown option: {}", arguments.static_flags.front()));
  }
  if (arguments.api) {
    const auto changes = compare_with_running(arguments);
    return changes ? report(*changes, arguments.json) : command_failed(changes.error().text());
  }
  const auto before = side_of(arguments.words[0], nullptr);
  if (!before) return command_failed(before.error().text());
  const auto after = side_of(arguments.words[1], nullptr);
  if (!after) return command_failed(after.error().text());
  return report(compare_files(*before, *after), arguments.json);
}

}  // namespace tandem::command
