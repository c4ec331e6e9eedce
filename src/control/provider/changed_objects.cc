#include "control/provider/changed_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/text.h"

namespace tandem::provider {
namespace {

// More is as well read as a whole.
constexpr std::size_t kMostChanged = std::size_t{256} * 1024;

/// One line without its end.
struct Line {
  std::string_view text;
  std::size_t indent = 0;
  bool says_something = false;  // neither blank nor a comment
};

Line line_at(std::string_view text, std::size_t start) {
  const std::size_t end = std::min(text.find('\n', start), text.size());
  Line line{.text = text.substr(start, end - start)};
  line.indent = std::min(line.text.find_first_not_of(' '), line.text.size());
  const std::string_view rest = line.text.substr(line.indent);
  line.says_something = rest.find_first_not_of(" \t\r") != std::string_view::npos && !rest.starts_with('#');
  return line;
}

std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

std::size_t next_line(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

/// The key of a line "key:" or "key: value"; nothing for anything less plain.
std::optional<std::string_view> key_of(const Line& line) {
  const std::string_view rest = line.text.substr(line.indent);
  const std::size_t end = rest.find(':');
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  if (end + 1 < rest.size() && rest[end + 1] != ' ' && rest[end + 1] != '\r') return std::nullopt;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '@' || c == '/';
  };
  const std::string_view key = rest.substr(0, end);
  if (key.starts_with('-') || !std::ranges::all_of(key, plain)) return std::nullopt;
  return key;
}

/// True for a line "key:" that holds nothing else.
bool opens_block(const Line& line) {
  const auto key = key_of(line);
  if (!key) return false;
  const std::string_view rest = line.text.substr(line.indent + key->size() + 1);
  return rest.find_first_not_of(" \r") == std::string_view::npos;
}

/// An anchor, an alias or a merge would tie the lines to others.
bool may_refer(std::string_view text) {
  if (text.find("<<") != std::string_view::npos) return true;
  for (std::size_t at = text.find_first_of("&*"); at != std::string_view::npos; at = text.find_first_of("&*", at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const char after = at + 1 == text.size() ? ' ' : text[at + 1];
    const bool begins = before == ' ' || before == '\n' || before == '[' || before == '{' || before == ',';
    if (begins && after != ' ' && after != '&' && after != '\n') return true;
  }
  return false;
}

/// How much of the beginnings is the same.
std::size_t common_prefix(std::string_view a, std::string_view b) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at + kBlock <= most && std::memcmp(a.data() + at, b.data() + at, kBlock) == 0) at += kBlock;
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

std::size_t common_suffix(std::string_view a, std::string_view b, std::size_t prefix) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t most = std::min(a.size(), b.size()) - prefix;
  std::size_t size = 0;
  while (size + kBlock <= most &&
         std::memcmp(a.data() + a.size() - size - kBlock, b.data() + b.size() - size - kBlock, kBlock) == 0) {
    size += kBlock;
  }
  while (size < most && a[a.size() - size - 1] == b[b.size() - size - 1]) ++size;
  return size;
}

/// Where a line stands: the lines of section, kind and object above it, or itself.
struct Place {
  std::size_t object_start = 0;
  Line section;
  Line kind;
  Line object;
};

/// `at`: the start of a line that says something.
std::optional<Place> place_of(std::string_view text, std::size_t at) {
  std::vector<std::pair<std::size_t, Line>> above;  // each less indented than the one before
  for (std::size_t start = at;; start = line_start(text, start - 1)) {
    const Line line = line_at(text, start);
    if (line.says_something && (above.empty() || line.indent < above.back().second.indent)) {
      above.emplace_back(start, line);
    }
    if (line.says_something && line.indent == 0) break;
    if (start == 0) return std::nullopt;
  }
  if (above.size() < 3) return std::nullopt;
  const std::size_t last = above.size() - 1;
  return Place{.object_start = above[last - 2].first,
               .section = above[last].second,
               .kind = above[last - 1].second,
               .object = above[last - 2].second};
}

/// Start of the last line before `at` that says something.
std::optional<std::size_t> line_before(std::string_view text, std::size_t at) {
  while (at > 0) {
    at = line_start(text, at - 1);
    if (line_at(text, at).says_something) return at;
  }
  return std::nullopt;
}

/// Start of the first line from `at` on that is not within an object of that indentation.
std::size_t end_of_object(std::string_view text, std::size_t at, std::size_t indent) {
  while (at < text.size()) {
    const Line line = line_at(text, at);
    if (line.says_something && line.indent <= indent) break;
    at = next_line(text, at);
  }
  return at;
}

bool holds_objects_only(std::string_view lines, std::size_t indent) {
  bool first = true;
  for (std::size_t at = 0; at < lines.size(); at = next_line(lines, at)) {
    const Line line = line_at(lines, at);
    if (line.text.find('\t') != std::string_view::npos) return false;
    if (!line.says_something) continue;
    if (line.indent < indent || (first && line.indent != indent)) return false;
    if (line.indent == indent && !key_of(line)) return false;
    first = false;
  }
  return true;
}

std::uint32_t count_lines(std::string_view text) { return static_cast<std::uint32_t>(std::ranges::count(text, '\n')); }

template <class T>
void keep_equal(const format::SharedMap<T>& before, format::SharedMap<T>& now) {
  std::vector<typename format::SharedMap<T>::Entry> kept;
  for (const auto& [name, object] : now) {
    const auto known = before.find(name);
    if (known != before.end() && known->second == object) kept.push_back(format::SharedMap<T>::entry(known));
  }
  for (const auto& entry : kept) now.insert_or_assign(entry);
}

/// Takes the objects of `now` in place of those of `before`; false when `objects` are not what they seem to be.
template <class T>
bool replace(const format::SharedMap<T>& before, const format::SharedMap<T>& now, format::SharedMap<T>& objects) {
  for (const auto& [name, object] : before) {
    const auto known = objects.find(name);
    if (known == objects.end() || !(known->second == object)) return false;
  }
  for (const auto& [name, object] : before) {
    if (!now.contains(name)) objects.erase(name);
  }
  for (auto at = now.begin(); at != now.end(); ++at) objects.insert_or_assign(format::SharedMap<T>::entry(at));
  return true;
}

bool replace(const model::HttpConfiguration& before, model::HttpConfiguration now, model::HttpConfiguration& objects) {
  keep_equal(objects.routers, now.routers);
  keep_equal(objects.services, now.services);
  keep_equal(objects.middlewares, now.middlewares);
  keep_equal(objects.serversTransports, now.serversTransports);
  // All of one kind: the other three are empty.
  return replace(before.routers, now.routers, objects.routers) &&
         replace(before.services, now.services, objects.services) &&
         replace(before.middlewares, now.middlewares, objects.middlewares) &&
         replace(before.serversTransports, now.serversTransports, objects.serversTransports);
}

}  // namespace

std::optional<ChangedObjects> find_changed_objects(std::string_view before, std::string_view now) {
  if (before == now) return std::nullopt;
  const std::size_t prefix = line_start(before, common_prefix(before, now));
  const std::size_t suffix = common_suffix(before, now, prefix);
  // The last line that is the same and what follows it: something may have been added to its object.
  const auto anchor = line_before(before, prefix);
  if (!anchor) return std::nullopt;
  auto place = place_of(before, *anchor);
  if (!place) {
    // The first object of its kind, perhaps.
    std::size_t first = next_line(before, *anchor);
    while (first < before.size() && !line_at(before, first).says_something) first = next_line(before, first);
    if (first >= before.size()) return std::nullopt;
    place = place_of(before, first);
    if (!place || place->object_start != first) return std::nullopt;
  }
  const std::size_t indent = place->object.indent;
  const std::size_t start = place->object_start;
  if (!opens_block(place->section) || !opens_block(place->kind)) return std::nullopt;
  if (start > prefix) return std::nullopt;

  // The first whole line of the common end; what precedes it may be half of a changed one.
  const std::size_t tail = before.size() - suffix;
  const auto begins_line = [suffix](std::string_view text) {
    return text.size() == suffix || text[text.size() - suffix - 1] == '\n';
  };
  const std::size_t whole = begins_line(before) && begins_line(now) ? tail : next_line(before, tail);
  const std::size_t end = end_of_object(before, std::max(whole, start), indent);
  const std::size_t end_now = now.size() - (before.size() - end);
  if (end < start || end_now < start || end_now > now.size()) return std::nullopt;
  const std::string_view lines = before.substr(start, end - start);
  const std::string_view lines_now = now.substr(start, end_now - start);
  if (lines.size() > kMostChanged || lines_now.size() > kMostChanged) return std::nullopt;
  for (const std::string_view each : {lines, lines_now}) {
    if (!holds_objects_only(each, indent) || may_refer(each)) return std::nullopt;
    if (!each.empty() && !each.ends_with('\n') && end != before.size()) return std::nullopt;
  }

  ChangedObjects changed;
  const std::string above = fmt::format("{}\n{}\n", place->section.text, place->kind.text);
  changed.before = above + std::string(lines);
  changed.now = above + std::string(lines_now);
  changed.section = base::lower_case(*key_of(place->section));
  changed.kind = base::lower_case(*key_of(place->kind));
  changed.first_line = 1 + count_lines(before.substr(0, start));
  changed.end_line = changed.first_line + count_lines(lines);
  changed.added_lines = std::int64_t{count_lines(lines_now)} - count_lines(lines);
  return changed;
}

bool read_changes(const std::string& path, std::string_view before, std::string_view now, DynamicFile& file) {
  if (before.find("{{") != std::string_view::npos || now.find("{{") != std::string_view::npos) return false;
  const auto changed = find_changed_objects(before, now);
  if (!changed || changed->section != "http") return false;
  format::Problems problems;
  format::Problems warnings;
  const auto old_objects = parse_dynamic_file(path, changed->before, problems, warnings);
  auto new_objects = parse_dynamic_file(path, changed->now, problems, warnings);
  if (!old_objects || !new_objects || !problems.empty() || !warnings.empty()) return false;

  for (const std::string& each : new_objects->positions.paths()) {
    const bool fresh = old_objects->positions.find(each).source == nullptr;
    if (fresh && file.positions.find(each).source != nullptr) return false;  // twice in the file
  }
  model::HttpConfiguration http = file.configuration.http;
  const model::HttpConfiguration& known = old_objects->configuration.http;
  if (!replace(known, std::move(new_objects->configuration.http), http)) return false;
  file.configuration.http = std::move(http);
  for (const std::string& each : old_objects->positions.paths()) file.positions.erase(each);
  file.positions.shift(changed->end_line, changed->added_lines);
  constexpr std::uint32_t kLinesAbove = 2;
  for (const std::string& each : new_objects->positions.paths()) {
    format::Position position = new_objects->positions.find(each);
    position.line += changed->first_line - 1 - kLinesAbove;
    file.positions.set(each, std::move(position));
  }
  return true;
}

void keep_unchanged(const model::DynamicConfiguration& before, model::DynamicConfiguration& now) {
  keep_equal(before.http.routers, now.http.routers);
  keep_equal(before.http.services, now.http.services);
  keep_equal(before.http.middlewares, now.http.middlewares);
  keep_equal(before.http.serversTransports, now.http.serversTransports);
}

}  // namespace tandem::provider
