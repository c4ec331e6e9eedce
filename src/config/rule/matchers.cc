#include "config/rule/matchers.h"

#include <algorithm>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "config/rule/errors.h"

namespace tandem::rule {
namespace {

struct Signature {
  std::string_view name;
  std::size_t least = 1;
  std::size_t most = 1;
};

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

constexpr Signature kHttpV3[] = {
    {"ClientIP"},         {"Method"},     {"Host"},         {"HostRegexp"},         {"Path"},
    {"PathRegexp"},       {"PathPrefix"}, {"Header", 2, 2}, {"HeaderRegexp", 2, 2}, {"Query", 1, 2},
    {"QueryRegexp", 1, 2}};

constexpr Signature kHttpV2[] = {{"Host", 1, kAny},     {"HostHeader", 1, kAny}, {"HostRegexp", 1, kAny},
                                 {"ClientIP", 1, kAny}, {"Path", 1, kAny},       {"PathPrefix", 1, kAny},
                                 {"Method", 1, kAny},   {"Headers", 1, kAny},    {"HeadersRegexp", 1, kAny},
                                 {"Query", 1, kAny}};

constexpr Signature kTcpV3[] = {{"HostSNI"}, {"HostSNIRegexp"}, {"ClientIP"}, {"ALPN"}};

constexpr Signature kTcpV2[] = {
    {"HostSNI", 1, kAny}, {"HostSNIRegexp", 1, kAny}, {"ClientIP", 1, kAny}, {"ALPN", 1, kAny}};

std::span<const Signature> signatures(Protocol protocol, Syntax syntax) {
  if (protocol == Protocol::kHttp) return syntax == Syntax::kV2 ? std::span<const Signature>(kHttpV2) : kHttpV3;
  return syntax == Syntax::kV2 ? std::span<const Signature>(kTcpV2) : kTcpV3;
}

bool is_pairwise(std::string_view name) { return name == "Headers" || name == "HeadersRegexp"; }

}  // namespace

std::optional<std::string_view> matcher_named(std::string_view written, Protocol protocol, Syntax syntax) {
  for (const Signature& signature : signatures(protocol, syntax)) {
    if (written == signature.name) return signature.name;
    if (!base::equal_ignoring_case(written, signature.name)) continue;
    const std::string lower = base::lower_case(written);
    std::string title = lower;
    title.front() = signature.name.front();  // every canonical name starts with a capital
    if (written == lower || written == title || written == base::upper_case(written)) return signature.name;
  }
  return std::nullopt;
}

Result<void> check_arguments(const Matcher& matcher) {
  if (matcher.arguments.empty()) {
    return base::Error(base::ErrorKind::kInvalid, fmt::format("no args for matcher {}", matcher.name));
  }
  if (std::ranges::any_of(matcher.arguments, &std::string::empty)) {
    return base::Error(base::ErrorKind::kInvalid,
                       fmt::format("empty args for matcher {}, {}", matcher.name, bracketed(matcher.arguments)));
  }
  return {};
}

Result<void> check_arity(const Matcher& matcher, Protocol protocol, Syntax syntax) {
  const std::size_t count = matcher.arguments.size();
  if (syntax == Syntax::kV2) {
    if (!is_pairwise(matcher.name) || count % 2 == 0) return {};
    return base::Error(base::ErrorKind::kInvalid, fmt::format("mux: number of parameters must be multiple of 2, got {}",
                                                              bracketed(matcher.arguments)));
  }
  const auto table = signatures(protocol, syntax);
  const auto found = std::ranges::find(table, matcher.name, &Signature::name);
  if (found == table.end() || (count >= found->least && count <= found->most)) return {};
  std::string expected = fmt::format("{}", found->least);
  if (found->most != found->least) expected += fmt::format(" {}", found->most);
  if (protocol == Protocol::kHttp) expected = fmt::format("one of [{}]", expected);
  return base::Error(base::ErrorKind::kInvalid,
                     fmt::format("unexpected number of parameters; got {}, expected {}", count, expected));
}

}  // namespace tandem::rule
