#include "config/template/version.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace tandem::templates {
namespace {

base::Error invalid(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

bool number_of(std::string_view text, std::uint64_t& value) {
  if (text.empty()) return true;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

int compare_numbers(std::uint64_t a, std::uint64_t b) { return a < b ? -1 : a > b ? 1 : 0; }

/// Numbers before words, numbers by value (Semantic Versioning 2.0.0, 11.4).
int compare_parts(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  const bool a_number = is_number(a) && number_of(a, x);
  const bool b_number = is_number(b) && number_of(b, y);
  if (a_number && b_number) return compare_numbers(x, y);
  if (a_number != b_number) return a_number ? -1 : 1;
  return a < b ? -1 : 1;
}

int compare_prereleases(const std::string& a, const std::string& b) {
  if (a == b) return 0;
  if (a.empty()) return 1;
  if (b.empty()) return -1;
  const auto x = base::split(a, '.');
  const auto y = base::split(b, '.');
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (const int order = compare_parts(x[i], y[i]); order != 0) return order;
  }
  return compare_numbers(x.size(), y.size());
}

/// One comparison, such as ">=1.2".
struct Constraint {
  std::string operation;
  Version version;
  bool any = false;  // 1.x and the like: parts are left open
  bool any_minor = false;
  bool any_patch = false;
};

bool is_wildcard(std::string_view part) { return part == "x" || part == "X" || part == "*"; }

constexpr const char* kVersionPattern =
    R"(v?([0-9xX*]+)(\.[0-9xX*]+)?(\.[0-9xX*]+)?(-(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?)";
constexpr const char* kOperations = R"((=|!=|>=|=>|<=|=<|>|<|~>|~|\^|))";

base::Result<Constraint> parse_constraint(const std::string& text) {
  static const RE2 pattern(fmt::format(R"(\s*{}\s*{}\s*)", kOperations, kVersionPattern));
  std::string major;
  std::string minor;
  std::string patch;
  std::string prerelease;
  Constraint constraint;
  if (!RE2::FullMatch(text, pattern, &constraint.operation, &major, &minor, &patch, &prerelease)) {
    return invalid("improper constraint: " + text);
  }
  std::string whole;
  if (is_wildcard(major)) {
    whole = "0.0.0" + prerelease;
    constraint.any = true;
  } else if (minor.empty() || is_wildcard(minor.substr(1))) {
    whole = major + ".0.0" + prerelease;
    constraint.any = constraint.any_minor = true;
  } else if (patch.empty() || is_wildcard(patch.substr(1))) {
    whole = major + minor + ".0" + prerelease;
    constraint.any = constraint.any_patch = true;
  } else {
    whole = major + minor + patch + prerelease;
  }
  auto version = parse_version(whole);
  if (!version) return invalid("constraint parser error");
  constraint.version = *std::move(version);
  return constraint;
}

bool fulfils_tilde(const Version& v, const Constraint& c) {
  const Version& w = c.version;
  if (compare(v, w) < 0) return false;
  if (w.major == 0 && w.minor == 0 && w.patch == 0 && !c.any_minor && !c.any_patch) return true;
  return v.major == w.major && (v.minor == w.minor || c.any_minor);
}

bool fulfils_caret(const Version& v, const Constraint& c) {
  const Version& w = c.version;
  if (compare(v, w) < 0) return false;
  if (w.major > 0 || c.any_minor) return v.major == w.major;
  if (v.major > 0) return false;
  if (w.minor > 0 || c.any_patch) return v.minor == w.minor;
  return v.minor == 0 && v.patch == w.patch;
}

bool differs(const Version& v, const Constraint& c) {
  const Version& w = c.version;
  if (c.any) {
    if (w.major != v.major) return true;
    if (c.any_minor) return false;
    if (w.minor != v.minor) return true;
    if (c.any_patch) {
      return (!v.prerelease.empty() || !w.prerelease.empty()) && compare_prereleases(v.prerelease, w.prerelease) != 0;
    }
    if (w.patch != v.patch) return true;
  }
  return compare(v, w) != 0;
}

bool is_greater(const Version& v, const Constraint& c) {
  const Version& w = c.version;
  if (!c.any) return compare(v, w) > 0;
  if (v.major != w.major) return v.major > w.major;
  if (c.any_minor) return false;
  if (c.any_patch) return v.minor > w.minor;
  return compare(v, w) > 0;
}

bool is_at_most(const Version& v, const Constraint& c) {
  const Version& w = c.version;
  if (!c.any) return compare(v, w) <= 0;
  if (v.major > w.major) return false;
  return v.major != w.major || v.minor <= w.minor || c.any_minor;
}

bool fulfils_one(const Version& v, const Constraint& c) {
  const std::string& operation = c.operation;
  if (operation.empty() || operation == "=") return c.any ? fulfils_tilde(v, c) : compare(v, c.version) == 0;
  if (operation == "!=") return differs(v, c);
  if (operation == ">") return is_greater(v, c);
  if (operation == "<") return compare(v, c.version) < 0;
  if (operation == ">=" || operation == "=>") return compare(v, c.version) >= 0;
  if (operation == "<=" || operation == "=<") return is_at_most(v, c);
  if (operation == "^") return fulfils_caret(v, c);
  return fulfils_tilde(v, c);
}

/// "1.2 - 1.4" is ">=1.2 <=1.4".
std::string without_ranges(std::string text) {
  static const RE2 range(
      fmt::format(R"(\s*({0})\s+-\s+({0})\s*)",
                  R"(v?[0-9xX*]+(?:\.[0-9xX*]+)?(?:\.[0-9xX*]+)?(?:-[0-9A-Za-z\-.]+)?(?:\+[0-9A-Za-z\-.]+)?)"));
  RE2::GlobalReplace(&text, range, R"(>= \1, <= \2 )");
  return text;
}

base::Result<bool> fulfils_all(const std::string& text, const Version& version) {
  static const RE2 each(fmt::format(R"(({}\s*{}))", kOperations, kVersionPattern));
  static const RE2 whole(fmt::format(R"((\s*{0}\s*{1}\s*)((?:\s+|,\s*){0}\s*{1}\s*)*)", kOperations, kVersionPattern));
  if (!RE2::FullMatch(text, whole)) return invalid("improper constraint: " + text);
  std::vector<Constraint> constraints;
  re2::StringPiece rest(text);
  std::string one;
  while (RE2::FindAndConsume(&rest, each, &one)) {
    auto constraint = parse_constraint(one);
    if (!constraint) return constraint.error();
    constraints.push_back(*std::move(constraint));
  }
  // A prerelease is taken only when the constraints speak of prereleases.
  const bool prereleases =
      std::ranges::any_of(constraints, [](const Constraint& c) { return !c.version.prerelease.empty(); });
  if (!version.prerelease.empty() && !prereleases) return false;
  return std::ranges::all_of(constraints, [&version](const Constraint& c) { return fulfils_one(version, c); });
}

}  // namespace

bool Version::operator==(const Version& other) const {
  return compare(*this, other) == 0 && metadata == other.metadata && original == other.original;
}

std::string Version::text() const {
  std::string result = fmt::format("{}.{}.{}", major, minor, patch);
  if (!prerelease.empty()) result += "-" + prerelease;
  if (!metadata.empty()) result += "+" + metadata;
  return result;
}

base::Result<Version> parse_version(std::string_view text) {
  static const RE2 pattern(
      R"(v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?)");
  Version version;
  version.original = text;
  std::string major;
  std::string minor;
  std::string patch;
  if (!RE2::FullMatch(version.original, pattern, &major, &minor, &patch, &version.prerelease, &version.metadata)) {
    return invalid("invalid semantic version");
  }
  if (!number_of(major, version.major) || !number_of(minor, version.minor) || !number_of(patch, version.patch)) {
    return invalid("error parsing version segment: value out of range");
  }
  for (const std::string_view part : base::split(version.prerelease, '.')) {
    if (part.size() > 1 && part.front() == '0' && is_number(part)) {
      return invalid("version segment starts with 0");
    }
  }
  return version;
}

int compare(const Version& a, const Version& b) {
  if (const int order = compare_numbers(a.major, b.major); order != 0) return order;
  if (const int order = compare_numbers(a.minor, b.minor); order != 0) return order;
  if (const int order = compare_numbers(a.patch, b.patch); order != 0) return order;
  return compare_prereleases(a.prerelease, b.prerelease);
}

base::Result<bool> fulfils(std::string_view constraints, const Version& version) {
  std::string rest = without_ranges(std::string(constraints));
  bool any = false;
  for (;;) {
    const std::size_t bars = rest.find("||");
    auto one = fulfils_all(rest.substr(0, bars), version);
    if (!one) return one;
    any |= *one;
    if (bars == std::string::npos) return any;
    rest.erase(0, bars + 2);
  }
}

}  // namespace tandem::templates
