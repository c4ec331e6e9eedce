// Any bytes as a template: no text may crash, hang or eat memory, and what is rendered keeps its promises.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/template/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tandem::templates;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto parsed = Template::parse("fuzz", text);
  if (!parsed) {
    if (!parsed.error().text().starts_with("template: fuzz")) std::abort();
    return 0;
  }
  Surroundings around;
  around.environment = [](const std::string& name) { return std::optional(name); };
  const auto rendered = parsed->render(Value::of(false), around);
  if (!rendered && !rendered.error().text().starts_with("template: fuzz")) std::abort();
  if (rendered && !rendered->text.empty() && rendered->lines.empty()) std::abort();
  if (!has_actions(text) && (!rendered || rendered->text != text)) std::abort();
  return 0;
}
