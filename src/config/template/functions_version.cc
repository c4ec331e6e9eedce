// Semantic versions.

#include "config/template/functions.h"
#include "config/template/version.h"

namespace tandem::templates {
namespace {

Outcome semver(Call& call) {
  auto version = parse_version(call.text(0));
  if (!version) return version.error();
  return Value::of(std::make_shared<const Version>(*std::move(version)));
}

Outcome semver_compare(Call& call) {
  // A constraint is read many times; long ones are nobody's versions.
  if (call.text(0).size() > 4096 || call.text(1).size() > 4096) return failure("improper constraint: it is too long");
  // An error in the constraints comes first.
  const auto readable = fulfils(call.text(0), Version{});
  if (!readable) return readable.error();
  const auto version = parse_version(call.text(1));
  if (!version) return version.error();
  const auto result = fulfils(call.text(0), *version);
  if (!result) return result.error();
  return Value::of(*result);
}

constexpr BuiltIn kFunctions[] = {
    {"semver", "s", semver},
    {"semverCompare", "ss", semver_compare},
};

}  // namespace

std::span<const BuiltIn> version_functions() { return kFunctions; }

}  // namespace tandem::templates
