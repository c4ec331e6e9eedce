// Any bytes as YAML: an error or a tree that the writer can print, never a crash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/format/json.h"
#include "config/format/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto tree = tandem::format::parse_yaml(text, "fuzz.yaml")) (void)tandem::format::serialize_json(*tree);
  return 0;
}
