// Time zones: UTC, fixed offsets, the machine's by the C library, named ones from the zone database (RFC 8536).

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "config/template/moment.h"

namespace tandem::templates {
namespace {

class Fixed final : public Zone {
 public:
  explicit Fixed(Offset offset) : offset_(std::move(offset)) {}
  Offset at(std::int64_t) const override { return offset_; }

 private:
  Offset offset_;
};

class Local final : public Zone {
 public:
  Offset at(std::int64_t unix_seconds) const override {
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm calendar{};
    if (::localtime_r(&time, &calendar) == nullptr) return {0, "UTC"};
    return {static_cast<std::int32_t>(calendar.tm_gmtoff), calendar.tm_zone};
  }
};

/// A file of the zone database.
class Named final : public Zone {
 public:
  static std::shared_ptr<const Zone> read(std::string_view bytes);

  Offset at(std::int64_t unix_seconds) const override {
    const auto after = std::ranges::upper_bound(times_, unix_seconds);
    if (after == times_.begin()) return types_.front();
    return types_[kinds_[static_cast<std::size_t>(after - times_.begin()) - 1]];
  }

 private:
  std::vector<std::int64_t> times_;
  std::vector<unsigned char> kinds_;
  std::vector<Offset> types_;
};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

constexpr std::size_t kHeader = 44;

/// The six counts of a header: isut, isstd, leap, time, type, char.
std::array<std::size_t, 6> counts_of(std::string_view header) {
  std::array<std::size_t, 6> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = big_endian(header.substr(20 + 4 * i, 4));
  return counts;
}

std::size_t body_size(const std::array<std::size_t, 6>& counts, std::size_t width) {
  return counts[3] * (width + 1) + counts[4] * 6 + counts[5] + counts[2] * (width + 4) + counts[1] + counts[0];
}

std::shared_ptr<const Zone> Named::read(std::string_view bytes) {
  if (bytes.size() < kHeader || !bytes.starts_with("TZif") || bytes[4] < '2') return nullptr;
  // The first block has 32 bits a time and is there for old readers.
  const std::size_t first = kHeader + body_size(counts_of(bytes), 4);
  if (bytes.size() < first + kHeader) return nullptr;
  bytes.remove_prefix(first);
  const auto counts = counts_of(bytes);
  bytes.remove_prefix(kHeader);
  if (counts[4] == 0 || bytes.size() < body_size(counts, 8)) return nullptr;
  auto zone = std::make_shared<Named>();
  for (std::size_t i = 0; i < counts[3]; ++i) {
    zone->times_.push_back(static_cast<std::int64_t>(big_endian(bytes.substr(8 * i, 8))));
    zone->kinds_.push_back(static_cast<unsigned char>(bytes[8 * counts[3] + i]));
    if (zone->kinds_.back() >= counts[4]) return nullptr;
  }
  bytes.remove_prefix(9 * counts[3]);
  const std::string_view names = bytes.substr(6 * counts[4], counts[5]);
  for (std::size_t i = 0; i < counts[4]; ++i) {
    const std::string_view type = bytes.substr(6 * i, 6);
    const auto name = static_cast<unsigned char>(type[5]);
    if (name >= names.size()) return nullptr;
    zone->types_.push_back({static_cast<std::int32_t>(big_endian(type.substr(0, 4))),
                            std::string(names.substr(name, names.substr(name).find('\0')))});
  }
  return zone;
}

}  // namespace

std::shared_ptr<const Zone> Zone::utc() {
  static const std::shared_ptr<const Zone> zone = std::make_shared<Fixed>(Offset{0, "UTC"});
  return zone;
}

std::shared_ptr<const Zone> Zone::local() {
  static const std::shared_ptr<const Zone> zone = [] {
    ::tzset();
    return std::make_shared<Local>();
  }();
  return zone;
}

std::shared_ptr<const Zone> Zone::fixed(std::int32_t seconds, std::string name) {
  return std::make_shared<Fixed>(Offset{seconds, std::move(name)});
}

base::Result<std::shared_ptr<const Zone>> Zone::named(std::string_view name) {
  if (name.empty() || name == "UTC") return utc();
  if (name == "Local") return local();
  const bool safe = !name.starts_with('/') && !name.contains("..") && !name.contains('\0') && !name.contains('\\');
  if (!safe) return base::Error(base::ErrorKind::kInvalid, "time: invalid location name");
  std::ifstream file(fmt::format("/usr/share/zoneinfo/{}", name), std::ios::binary);
  std::ostringstream bytes;  // stays empty when the name is a folder's
  bytes << file.rdbuf();
  if (auto zone = Named::read(bytes.str())) return zone;
  return base::Error(base::ErrorKind::kNotFound, fmt::format("unknown time zone {}", name));
}

}  // namespace tandem::templates
