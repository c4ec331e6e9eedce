#include "proxy/match/predicate.h"

#include <algorithm>

#include "base/text.h"

namespace tandem::match {
namespace {

/// Go's url.QueryUnescape.
std::optional<std::string_view> unescape(std::string_view text, http::Arena& arena) {
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  char* const out = arena.allocate_text(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out[size++] = ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = base::hex_digit(text[i + 1]);
      const int low = base::hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out[size++] = static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out[size++] = text[i];
    }
  }
  return std::string_view(out, size);
}

bool matches(const Regexp& regexp, std::string_view text) {
  return regexp->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::string_view without_final_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

template <class Accept>
bool any_header(const MatchInput& input, const Test& test, Accept accept) {
  for (const http::HeaderField& field : input.request.headers) {
    const bool same = test.header != http::HeaderId::kOther
                          ? field.id == test.header
                          : field.id == http::HeaderId::kOther && http::equals_ignoring_case(field.name, test.key);
    if (same && accept(field.value)) return true;
  }
  return false;
}

bool query_holds(MatchInput& input, const Test& test) {
  for (const QueryPair& pair : input.query()) {
    if (pair.key != test.key) continue;
    switch (test.kind) {
      case Test::Kind::kQuery:
        if (pair.value == test.text) return true;
        break;
      case Test::Kind::kQueryRegexp:
        if (matches(test.regexp, pair.value)) return true;
        break;
      default: {
        std::string whole(pair.key);
        whole += '=';
        whole += pair.value;
        return matches(test.regexp, whole);
      }
    }
  }
  return false;
}

bool host_suffix_holds(std::string_view host, std::string_view suffix) {
  host = without_final_dot(host);
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && host.substr(dot) == suffix;
}

}  // namespace

std::span<const QueryPair> MatchInput::query() {
  if (query_) return *query_;
  const std::string_view text = request.query;
  const auto is_separator = [](char c) { return c == '&' || c == ';'; };
  const auto most = 1 + static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_separator));
  auto* const pairs = static_cast<QueryPair*>(exchange_.arena.allocate(most * sizeof(QueryPair)));
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("&;", at), text.size());
    const std::string_view piece = text.substr(at, end - at);
    at = end + 1;
    if (piece.empty()) continue;
    const std::size_t equals = piece.find('=');
    const auto key = unescape(piece.substr(0, equals), exchange_.arena);
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : unescape(piece.substr(equals + 1), exchange_.arena);
    if (key && value) new (pairs + count++) QueryPair{*key, *value};
  }
  query_ = std::span<const QueryPair>(pairs, count);
  return *query_;
}

const std::optional<net::IpAddress>& MatchInput::peer() {
  if (!peer_) {
    const net::Address& address = exchange_.connection.peer;
    peer_.emplace(address.is_ip() ? std::optional(address.ip()) : std::nullopt);
  }
  return *peer_;
}

bool Test::holds(MatchInput& input) const {
  switch (kind) {
    case Kind::kAlways:
      return true;
    case Kind::kNever:
      return false;
    case Kind::kHost:
      return !input.host.empty() && without_final_dot(input.host) == text;
    case Kind::kHostSuffix:
      return host_suffix_holds(input.host, text);
    case Kind::kHostRegexp:
      return matches(regexp, input.host);
    case Kind::kPath:
      return input.path == text;
    case Kind::kPathPrefix:
      return input.path.starts_with(text);
    case Kind::kPathRegexp:
      return matches(regexp, input.path);
    case Kind::kMethod:
      return input.request.method == text;
    case Kind::kHeader:
      return any_header(input, *this, [this](std::string_view value) { return value == text; });
    case Kind::kHeaderPresent:
      return any_header(input, *this, [](std::string_view) { return true; });
    case Kind::kHeaderRegexp:
      return any_header(input, *this, [this](std::string_view value) { return matches(regexp, value); });
    case Kind::kQuery:
    case Kind::kQueryRegexp:
    case Kind::kFirstQuery:
      return query_holds(input, *this);
    case Kind::kClientIp:
      return input.peer() && network.contains(*input.peer());
  }
  return false;
}

bool Predicate::Node::holds(MatchInput& input) const {
  bool result = false;
  switch (kind) {
    case Kind::kTest:
      result = test.holds(input);
      break;
    case Kind::kAll:
      result = std::ranges::all_of(children, [&input](const Node& child) { return child.holds(input); });
      break;
    case Kind::kAny:
      result = std::ranges::any_of(children, [&input](const Node& child) { return child.holds(input); });
      break;
  }
  return result != negated;
}

}  // namespace tandem::match
