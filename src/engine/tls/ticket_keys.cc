#include "engine/tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

#include "base/text.h"

namespace tandem::tls {

namespace {

constexpr std::string_view kHead = "tandem-ticket-keys-1";

std::int64_t seconds_of(base::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

TicketKey make_key(std::int64_t since) {
  TicketKey key;
  key.since = since;
  const bool drawn = ::RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1 &&
                     ::RAND_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) == 1 &&
                     ::RAND_bytes(key.mac.data(), static_cast<int>(key.mac.size())) == 1;
  if (!drawn) std::abort();  // without random numbers nothing of this is safe
  return key;
}

void write_hex(std::span<const unsigned char> bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15U]);
  }
}

bool read_hex(std::string_view text, std::span<unsigned char> into) {
  if (text.size() != into.size() * 2) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, into[i], 16);
    if (error != std::errc{} || end != text.data() + 2 * i + 2) return false;
  }
  return true;
}

}  // namespace

TicketKeys& TicketKeys::instance() {
  static TicketKeys keys;
  return keys;
}

TicketKeys::TicketKeys() {
  keys_.store(std::make_shared<const Set>(Set{make_key(seconds_of(base::wall_now()))}), std::memory_order_release);
}

void TicketKeys::rotate(base::WallTime now) {
  const std::int64_t at = seconds_of(now);
  if (at - current()->front().since < kSealing.count()) return;
  (void)merge({make_key(at)}, at);
}

/// Returns how many of them were not known and are now.
std::size_t TicketKeys::merge(const Set& more, std::int64_t now) {
  const std::int64_t oldest = now - (kSealing + kTicketLife).count();
  std::shared_ptr<const Set> before = current();
  for (;;) {
    auto merged = std::make_shared<Set>(*before);
    std::size_t fresh = 0;
    for (const TicketKey& key : more) {
      const bool known = std::ranges::find(*merged, key.name, &TicketKey::name) != merged->end();
      if (known || key.since < oldest) continue;
      merged->push_back(key);
      ++fresh;
    }
    // Nodes that know the same keys seal with the same one.
    std::ranges::sort(*merged, std::ranges::greater(),
                      [](const TicketKey& key) { return std::pair(key.since, key.name); });
    while (merged->size() > 1 && merged->back().since < oldest) merged->pop_back();
    if (keys_.compare_exchange_strong(before, std::shared_ptr<const Set>(std::move(merged)))) return fresh;
  }
}

std::string TicketKeys::export_text() const {
  std::string out(kHead);
  out.push_back('\n');
  for (const TicketKey& key : *current()) {
    out.append(std::to_string(key.since)).push_back(' ');
    write_hex(key.name, out);
    write_hex(key.cipher, out);
    write_hex(key.mac, out);
    out.push_back('\n');
  }
  return out;
}

base::Result<std::size_t> TicketKeys::import_text(std::string_view text) {
  const auto invalid = [] { return base::Error(base::ErrorKind::kInvalid, "these are no session ticket keys"); };
  std::vector<std::string_view> lines = base::split(text, '\n');
  if (lines.size() < 2 || lines.front() != kHead) return invalid();
  Set keys;
  for (const std::string_view line : std::span(lines).subspan(1)) {
    if (line.empty()) continue;
    TicketKey key;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), key.since);
    if (error != std::errc{} || end == line.data() + line.size() || *end != ' ') return invalid();
    const std::string_view hex = line.substr(static_cast<std::size_t>(end + 1 - line.data()));
    const std::size_t name = 2 * key.name.size();
    const std::size_t cipher = name + 2 * key.cipher.size();
    if (hex.size() < cipher || !read_hex(hex.substr(0, name), key.name) ||
        !read_hex(hex.substr(name, cipher - name), key.cipher) || !read_hex(hex.substr(cipher), key.mac)) {
      return invalid();
    }
    keys.push_back(key);
  }
  if (keys.empty()) return invalid();
  // A clock that is ahead must not keep a key sealing for longer.
  const std::int64_t now = seconds_of(base::wall_now());
  for (TicketKey& key : keys) key.since = std::min(key.since, now);
  return merge(keys, now);
}

}  // namespace tandem::tls
