// Paths and URLs.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/template/functions.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

/// Go's path.Clean.
std::string clean(std::string_view path) {
  if (path.empty()) return ".";
  const bool rooted = path.front() == '/';
  std::vector<std::string> kept;
  for (const std::string_view part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.emplace_back(part);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!rooted) {
      kept.emplace_back("..");
    }
  }
  const std::string result = (rooted ? "/" : "") + join(kept, "/");
  return result.empty() ? "." : result;
}

std::string base_of(std::string_view path) {
  if (path.empty()) return ".";
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return "/";
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string extension(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? "" : std::string(name.substr(dot));
}

Outcome as_base(Call& call) { return Value::of(base_of(call.text(0))); }
Outcome as_clean(Call& call) { return Value::of(clean(call.text(0))); }
Outcome as_extension(Call& call) { return Value::of(extension(call.text(0))); }
Outcome as_directory(Call& call) {
  const std::string& path = call.text(0);
  return Value::of(clean(std::string_view(path).substr(0, path.rfind('/') + 1)));
}
Outcome is_absolute(Call& call) { return Value::of(call.text(0).starts_with('/')); }

/// Which characters stay as they are, besides letters, digits and "-_.~" (Go's net/url).
constexpr std::string_view kInPath = "$&+,/:;=@";
constexpr std::string_view kInUser = "$&+,;=";
constexpr std::string_view kInFragment = "$&+,/:;=?@!()*";
constexpr std::string_view kInHost = "!$&'()*+,;=:[]<>\"";

std::string escaped(std::string_view text, std::string_view kept) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 &&
        (is_letter(byte) || is_digit(byte) || std::string_view("-_.~").contains(c) || kept.contains(c))) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

base::Error bad_escape(std::string_view text) {
  return failure(fmt::format("invalid URL escape {}", quoted(text.substr(0, 3))));
}

base::Result<std::string> unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const auto digit = [&text](std::size_t at) {
      return at < text.size() ? std::string_view("0123456789abcdef").find(static_cast<char>(text[at] | 0x20))
                              : std::string_view::npos;
    };
    const std::size_t high = digit(i + 1);
    const std::size_t low = digit(i + 2);
    const bool good =
        high != std::string_view::npos && low != std::string_view::npos && text[i + 1] > ' ' && text[i + 2] > ' ';
    if (!good) return bad_escape(text.substr(i));
    result += static_cast<char>(high << 4U | low);
    i += 2;
  }
  return result;
}

struct Url {
  std::string scheme;
  std::string opaque;
  std::string user;  // escaped, with the password
  std::string host;
  std::string path;
  std::string query;
  std::string fragment;
};

/// Takes the scheme off `rest`; false when a colon stands where none may be.
bool take_scheme(std::string_view& rest, std::string& scheme) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == ':') {
      if (i == 0) return false;
      scheme = base::lower_case(rest.substr(0, i));
      rest.remove_prefix(i + 1);
      return true;
    }
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = byte < 0x80 && is_letter(byte);
    const bool later = is_digit(byte) || c == '+' || c == '-' || c == '.';
    if (!letter && (i == 0 || !later)) return true;
  }
  return true;
}

std::string_view port_of(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return colon == std::string_view::npos ? std::string_view() : host.substr(colon + 1);
}

std::string hostname_of(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close != std::string_view::npos) return std::string(host.substr(1, close - 1));
  }
  return std::string(host.substr(0, host.find(':')));
}

base::Result<void> parse_authority(std::string_view authority, Url& url) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    const auto name = unescaped(user.substr(0, colon));
    if (!name) return name.error();
    url.user = escaped(*name, kInUser);
    if (colon != std::string_view::npos) {
      const auto password = unescaped(user.substr(colon + 1));
      if (!password) return password.error();
      url.user += ":" + escaped(*password, kInUser);
    }
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[') && !authority.contains(']')) return failure("missing ']' in host");
  const std::string_view port = port_of(authority);
  if (port.find_first_not_of("0123456789") != std::string_view::npos) {
    return failure(fmt::format("invalid port {} after host", quoted(":" + std::string(port))));
  }
  auto host = unescaped(authority);
  if (!host) return host.error();
  if (const std::size_t bad = host->find_first_of(" \\^`{|}"); bad != std::string::npos) {
    return failure(fmt::format("invalid character {} in host name", quoted(host->substr(bad, 1))));
  }
  url.host = *std::move(host);
  return {};
}

base::Result<Url> parse_url(std::string_view text) {
  Url url;
  const auto fail = [&text](std::string_view reason) {
    return failure(fmt::format("parse {}: {}", quoted(text), reason));
  };
  std::string_view rest = text;
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; })) {
    return fail("net/url: invalid control character in URL");
  }
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    auto fragment = unescaped(rest.substr(hash + 1));
    if (!fragment) return fail(fragment.error().text());
    url.fragment = *std::move(fragment);
    rest = rest.substr(0, hash);
  }
  if (!take_scheme(rest, url.scheme)) return fail("missing protocol scheme");
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    url.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (!rest.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = rest;
      return url;
    }
    if (rest.substr(0, rest.find('/')).contains(':')) return fail("first path segment in URL cannot contain colon");
  }
  if (rest.starts_with("//") && (!url.scheme.empty() || !rest.starts_with("///"))) {
    const std::string_view authority = rest.substr(2, rest.find('/', 2) - 2);
    rest.remove_prefix(2 + authority.size());
    const auto parsed = parse_authority(authority, url);
    if (!parsed) return fail(parsed.error().text());
  }
  auto path = unescaped(rest);
  if (!path) return fail(path.error().text());
  url.path = *std::move(path);
  return url;
}

std::string text_of(const Url& url) {
  std::string text = url.scheme.empty() ? "" : url.scheme + ":";
  if (!url.opaque.empty()) {
    text += url.opaque;
  } else {
    if (!url.scheme.empty() || !url.host.empty() || !url.user.empty()) {
      if (!url.host.empty() || !url.path.empty() || !url.user.empty()) text += "//";
      if (!url.user.empty()) text += url.user + "@";
      text += escaped(url.host, kInHost);
    }
    const std::string path = url.path == "*" ? "*" : escaped(url.path, kInPath);
    if (!path.empty() && path.front() != '/' && !url.host.empty()) text += '/';
    if (text.empty() && path.substr(0, path.find('/')).contains(':')) text += "./";
    text += path;
  }
  if (!url.query.empty()) text += "?" + url.query;
  if (!url.fragment.empty()) text += "#" + escaped(url.fragment, kInFragment);
  return text;
}

Outcome url_parse(Call& call) {
  const auto url = parse_url(call.text(0));
  if (!url) return failure("unable to parse url: " + url.error().text());
  Value made = call.rendering.heap().map();
  auto& entries = made.fields().entries;
  entries.emplace("scheme", Value::of(url->scheme));
  entries.emplace("host", Value::of(url->host));
  entries.emplace("hostname", Value::of(hostname_of(url->host)));
  entries.emplace("path", Value::of(url->path));
  entries.emplace("query", Value::of(url->query));
  entries.emplace("opaque", Value::of(url->opaque));
  entries.emplace("fragment", Value::of(url->fragment));
  entries.emplace("userinfo", Value::of(url->user));
  return made;
}

Outcome url_join(Call& call) {
  Url url;
  const std::pair<std::string_view, std::string*> parts[] = {
      {"scheme", &url.scheme}, {"host", &url.host},         {"path", &url.path},     {"query", &url.query},
      {"opaque", &url.opaque}, {"fragment", &url.fragment}, {"userinfo", &url.user},
  };
  for (const auto& [key, target] : parts) {
    if (call[0].absent()) break;
    const auto found = call[0].fields().entries.find(key);
    if (found == call[0].fields().entries.end()) continue;
    if (!found->second.is(Type::kString)) {
      return failure(
          fmt::format("unable to parse {} key, must be of type string, but {} found", key, kind_name(found->second)));
    }
    *target = found->second.text();
  }
  if (!url.user.empty()) {
    const auto parsed = parse_url("proto://" + url.user + "@host");
    if (!parsed) return failure("unable to parse userinfo in dict: " + parsed.error().text());
    url.user = parsed->user;
  }
  return Value::of(text_of(url));
}

constexpr BuiltIn kFunctions[] = {
    {"base", "s", as_base},        {"clean", "s", as_clean},     {"dir", "s", as_directory},
    {"ext", "s", as_extension},    {"isAbs", "s", is_absolute},  {"osBase", "s", as_base},
    {"osClean", "s", as_clean},    {"osDir", "s", as_directory}, {"osExt", "s", as_extension},
    {"osIsAbs", "s", is_absolute}, {"urlJoin", "m", url_join},   {"urlParse", "s", url_parse},
};

}  // namespace

std::span<const BuiltIn> path_functions() { return kFunctions; }

}  // namespace tandem::templates
