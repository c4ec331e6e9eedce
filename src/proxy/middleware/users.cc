#include "proxy/middleware/users.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "proxy/middleware/text.h"

namespace tandem::middleware {

namespace {

base::Error cannot(std::string_view verb, const std::string& file, int code) {
  char buffer[128];
  std::string reason = strerror_r(code, buffer, sizeof buffer);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') reason[0] = static_cast<char>(reason[0] + 32);
  return {base::ErrorKind::kIo, std::string(verb) + " " + file + ": " + reason};
}

}  // namespace

base::Result<std::vector<std::string>> user_entries(const std::string& file, const std::vector<format::Secret>& list) {
  std::vector<std::string> entries;
  if (!file.empty()) {
    errno = 0;
    std::ifstream in(file);
    if (!in) return cannot("open", file, errno);
    for (std::string line; std::getline(in, line);) {
      const std::string_view entry = trimmed(line);
      if (!entry.empty() && entry.front() != '#') entries.emplace_back(entry);
    }
    if (in.bad()) return cannot("read", file, errno);
  }
  for (const format::Secret& secret : list) entries.push_back(secret.value);
  return entries;
}

}  // namespace tandem::middleware
