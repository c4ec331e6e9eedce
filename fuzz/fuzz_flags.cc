// Any lines as command-line arguments, as variables, as labels and as KV keys: an error or a tree, never a crash.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/format/environment.h"
#include "config/format/flags.h"
#include "config/format/json.h"
#include "config/format/kv.h"
#include "config/format/labels.h"

namespace {

using tandem::format::Schema;

const Schema& text_schema() {
  static const Schema kSchema{.kind = Schema::Kind::kText};
  return kSchema;
}
const Schema& list_schema() {
  static const Schema kSchema{.kind = Schema::Kind::kList, .element = &text_schema};
  return kSchema;
}
const Schema& switch_schema() {
  static const Schema kSchema{.kind = Schema::Kind::kBool};
  return kSchema;
}
/// A section that holds itself, so that paths may have any length.
const Schema& section_schema() {
  static const Schema kSchema{.kind = Schema::Kind::kSection,
                              .fields = {{.name = "a", .schema = &section_schema},
                                         {.name = "b", .schema = &switch_schema},
                                         {.name = "c", .schema = &list_schema},
                                         {.name = "d", .schema = &text_schema}}};
  return kSchema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace format = tandem::format;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::vector<std::string> lines;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto line : tandem::base::split(text, '\n')) {
    lines.emplace_back(line);
    const auto equals = std::min(line.find('='), line.size());
    pairs.emplace_back(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
  }
  constexpr std::array<std::string_view, 2> kSections{"a", "c"};
  if (const auto flags = format::parse_flags(lines, section_schema())) (void)format::serialize_json(flags->tree);
  if (const auto tree = format::parse_environment(lines, section_schema())) (void)format::serialize_json(*tree);
  if (const auto tree = format::parse_labels(pairs, "a", kSections, "fuzz")) (void)format::serialize_json(*tree);
  if (const auto tree = format::parse_key_values(pairs, "a", kSections, "fuzz")) (void)format::serialize_json(*tree);
  return 0;
}
