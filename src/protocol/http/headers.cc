#include "protocol/http/headers.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tandem::http {

namespace {

constexpr std::array<std::string_view, 62> kNames = {
    "",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Age",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Etag",
    "Expect",
    "Grpc-Accept-Encoding",
    "Grpc-Encoding",
    "Grpc-Message",
    "Grpc-Status",
    "Grpc-Timeout",
    "Host",
    "If-Modified-Since",
    "If-None-Match",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Origin",
    "Pragma",
    "Priority",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-Fetch-User",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    "Vary",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Method",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Forwarded-Uri",
    "X-Real-Ip",
    "X-Request-Id",
};
static_assert(kNames.size() == static_cast<std::size_t>(HeaderId::kLast) + 1);

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kTokenTable = make_token_table();

constexpr std::size_t kSlots = 256;
constexpr std::size_t hash_name(std::string_view name) {
  // Length, first, middle and last letter tell the listed names apart, but for few. The bit makes letters lower case.
  constexpr unsigned kCase = 0x20;
  const unsigned first = static_cast<unsigned char>(name.front()) | kCase;
  const unsigned middle = static_cast<unsigned char>(name[name.size() / 2]) | kCase;
  const unsigned last = static_cast<unsigned char>(name.back()) | kCase;
  return (name.size() + first * 5 + middle * 17 + last * 19) % kSlots;
}

constexpr std::array<std::uint8_t, kSlots> make_slots() {
  std::array<std::uint8_t, kSlots> slots{};
  for (std::size_t id = 1; id < kNames.size(); ++id) {
    std::size_t slot = hash_name(kNames[id]);
    while (slots[slot] != 0) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<std::uint8_t>(id);
  }
  return slots;
}
constexpr std::array<std::uint8_t, kSlots> kSlotTable = make_slots();

constexpr std::size_t kLongestName = 32;
constexpr auto kLowerTexts = [] {
  std::array<std::array<char, kLongestName>, kNames.size()> texts{};
  for (std::size_t id = 0; id < kNames.size(); ++id) {
    for (std::size_t i = 0; i < kNames[id].size(); ++i) texts[id].at(i) = lower(kNames[id][i]);
  }
  return texts;
}();

/// The listed name that is `same` as this one.
template <class Same>
HeaderId find_name(std::string_view name, Same same) {
  if (name.empty()) return HeaderId::kOther;
  for (std::size_t slot = hash_name(name); kSlotTable[slot] != 0; slot = (slot + 1) % kSlots) {
    const auto id = static_cast<HeaderId>(kSlotTable[slot]);
    if (same(id)) return id;
  }
  return HeaderId::kOther;
}

/// Whether one of the eight bytes is below 0x20 or DEL.
bool has_control(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  const std::uint64_t del = word ^ (kOnes * 0x7f);
  return ((((word - kOnes * 0x20) & ~word) | ((del - kOnes) & ~del)) & (kOnes * 0x80)) != 0;
}

/// The canonical spelling of a name with this id.
std::string_view spelling(HeaderId id, std::string_view name, Arena& arena) {
  if (id != HeaderId::kOther) return header_name(id);
  char* const copy = arena.allocate_text(name.size());
  if (!name.empty()) std::memcpy(copy, name.data(), name.size());
  canonicalize({copy, name.size()});
  return {copy, name.size()};
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

HeaderId header_id(std::string_view name) {
  return find_name(name, [name](HeaderId id) {
    const std::string_view listed = header_name(id);
    return listed == name || equals_ignoring_case(listed, name);
  });
}

HeaderId header_id_of_lower(std::string_view name) {
  return find_name(name, [name](HeaderId id) { return lower_header_name(id) == name; });
}

std::string_view header_name(HeaderId id) { return kNames[static_cast<std::size_t>(id)]; }

std::string_view lower_header_name(HeaderId id) {
  return {kLowerTexts[static_cast<std::size_t>(id)].data(), header_name(id).size()};
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kTokenTable[static_cast<unsigned char>(c)]; });
}

bool is_field_content(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (text.size() >= kWord) {
    const char* const last = text.data() + text.size() - kWord;
    bool suspicious = has_control(last);
    for (const char* at = text.data(); at < last; at += kWord) suspicious |= has_control(at);
    if (!suspicious) return true;
  }
  // Short, or it may be nothing but a tab.
  return std::ranges::all_of(text, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x20 ? u != 0x7f : u == '\t';
  });
}

bool canonicalize(std::span<char> name) {
  if (!is_token({name.data(), name.size()})) return false;
  bool start = true;
  for (char& c : name) {
    c = start ? upper(c) : lower(c);
    start = c == '-';
  }
  return true;
}

std::string_view canonical_name(std::string_view name, Arena& arena) { return spelling(header_id(name), name, arena); }

bool list_contains(std::string_view list, std::string_view token) {
  bool found = false;
  for_each_listed(list, [&](std::string_view item) { found |= equals_ignoring_case(item, token); });
  return found;
}

std::optional<std::string_view> Headers::find(HeaderId id) const {
  for (const HeaderField& field : *this) {
    if (field.id == id) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  if (const HeaderId id = header_id(name); id != HeaderId::kOther) return get(id);
  for (const HeaderField& field : *this) {
    if (field.id == HeaderId::kOther && equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

void Headers::add(std::string_view name, std::string_view value) {
  const HeaderId id = header_id(name);
  add_view(id, spelling(id, name, *arena_), arena_->copy(value));
}

void Headers::set_view(HeaderId id, std::string_view value) {
  remove(id);
  add_view(id, value);
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  if (const HeaderId id = header_id(name); id != HeaderId::kOther) {
    remove(id);
    return;
  }
  remove_if([name](const HeaderField& f) { return f.id == HeaderId::kOther && equals_ignoring_case(f.name, name); });
}

void Headers::grow() {
  const std::uint32_t capacity = capacity_ == 0 ? expected_ : capacity_ * 2;
  auto* fields = static_cast<HeaderField*>(arena_->allocate(capacity * sizeof(HeaderField)));
  if (size_ != 0) std::memcpy(static_cast<void*>(fields), fields_, size_ * sizeof(HeaderField));
  fields_ = fields;
  capacity_ = capacity;
}

}  // namespace tandem::http
