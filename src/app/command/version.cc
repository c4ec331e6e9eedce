#include "app/command/version.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/version.h"

namespace tandem::command {

std::string version_text() {
  utsname machine{};
  ::uname(&machine);
  std::string text;
  const auto line = [&text](std::string_view name, std::string_view value) {
    text += fmt::format("{:<14}{}\n", name, value);
  };
  line("Version:", base::kVersion);
  line("Codename:", "tandem");
  line("Compiler:", __VERSION__);
  line("OS/Arch:", fmt::format("{}/{}", "linux", machine.machine));
  return text;
}

}  // namespace tandem::command
