#include "protocol/http/headers.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tandem::http {

namespace {

constexpr std::array<std::string_view, 34> kNames = {
    "",
    "Accept-Encoding",
    "Authorization",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Host",
    "Keep-Alive",
    "Location",
    "Origin",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Set-Cookie",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
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
};
static_assert(kNames.size() == static_cast<std::size_t>(HeaderId::kXRealIp) + 1);

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
  // Length, first, middle and last letter tell the listed names apart (checked below).
  const auto first = static_cast<unsigned char>(lower(name.front()));
  const auto middle = static_cast<unsigned char>(lower(name[name.size() / 2]));
  const auto last = static_cast<unsigned char>(lower(name.back()));
  return (name.size() * 7 + first * 5 + middle * 31 + last * 3) % kSlots;
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

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

HeaderId header_id(std::string_view name) {
  return find_name(name, [name](HeaderId id) { return equals_ignoring_case(header_name(id), name); });
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

void canonicalize(std::span<char> name) {
  if (!is_token({name.data(), name.size()})) return;
  bool start = true;
  for (char& c : name) {
    c = start ? upper(c) : lower(c);
    start = c == '-';
  }
}

bool list_contains(std::string_view list, std::string_view token) {
  bool found = false;
  for_each_listed(list, [&](std::string_view item) { found |= equals_ignoring_case(item, token); });
  return found;
}

std::optional<std::string_view> Headers::get(HeaderId id) const {
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
  if (id != HeaderId::kOther) {
    add_view(id, header_name(id), arena_->copy(value));
    return;
  }
  char* copy = arena_->allocate_text(name.size());
  if (!name.empty()) std::memcpy(copy, name.data(), name.size());
  canonicalize({copy, name.size()});
  add_view(id, {copy, name.size()}, arena_->copy(value));
}

void Headers::set_view(HeaderId id, std::string_view value) {
  remove(id);
  add_view(id, value);
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(HeaderId id) {
  remove_if([id](const HeaderField& field) { return field.id == id; });
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
