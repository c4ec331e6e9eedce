#include "control/peer/peer_invitation.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/text.h"
#include "config/format/json_fields.h"
#include "control/peer/peer_frames.h"
#include "control/peer/peer_keys.h"

namespace tandem::peer {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::object;
using format::part_in;
using format::whole_in;

constexpr std::string_view kPrefix = "tandem1-";
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kSecretSize = 16;
constexpr std::size_t kFingerprintSize = 32;
constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kSumSize = 4;  // against slips of the hand
constexpr std::size_t kHead = kSecretSize + kFingerprintSize + kTimeSize;
constexpr std::size_t kLongestToken = 4096;
constexpr unsigned kByte = 8;

std::string digest(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, ::EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

/// RFC 4648 §5 without padding.
std::string base64url(std::string_view bytes) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char each : bytes) {
    held = held << kByte | static_cast<unsigned char>(each);
    for (bits += kByte; bits >= 6; bits -= 6) out.push_back(kDigits[held >> (bits - 6) & 63U]);
  }
  if (bits > 0) out.push_back(kDigits[held << (6 - bits) & 63U]);
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char each : text) {
    const std::size_t digit = kDigits.find(each);
    if (digit == std::string_view::npos) return std::nullopt;
    held = held << 6U | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < kByte) continue;
    bits -= kByte;
    out.push_back(static_cast<char>(held >> bits & 0xffU));
  }
  return out;
}

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    const auto value = [&](std::size_t i) {
      return static_cast<unsigned>(std::string_view("0123456789abcdef").find(text[i]));
    };
    out.push_back(static_cast<char>(value(at) << 4U | value(at + 1)));
  }
  return out;
}

std::string folder_of(const std::string& directory) { return directory + "/invitations"; }

object read_object(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  return error || !value.is_object() ? object() : std::move(value.get_object());
}

void drop_old(const std::string& directory, std::int64_t now) {
  std::error_code error;
  std::vector<std::string> old;
  for (fs::directory_iterator it(folder_of(directory), error), end; !error && it != end; it.increment(error)) {
    if (static_cast<std::int64_t>(whole_in(read_object(it->path()), "expires")) < now) old.push_back(it->path());
  }
  for (const std::string& path : old) ::unlink(path.c_str());
}

}  // namespace

std::string token_of(const Invitation& invitation) {
  std::string bytes = invitation.secret + from_hex(invitation.fingerprint);
  for (std::size_t i = 0; i < kTimeSize; ++i) {
    bytes.push_back(
        static_cast<char>(static_cast<std::uint64_t>(invitation.expires) >> (kByte * (kTimeSize - 1 - i)) & 0xffU));
  }
  for (const std::string& address : invitation.addresses) bytes.append(address).push_back('\n');
  bytes += digest(bytes).substr(0, kSumSize);
  return std::string(kPrefix) + base64url(bytes);
}

Result<Invitation> parse_token(std::string_view token) {
  const Error wrong(ErrorKind::kInvalid,
                    "this is not a whole token: copy the line that `tandem ha invite` printed on the first node, from "
                    "\"tandem1-\" to its end");
  token = base::trimmed(token);
  if (!token.starts_with(kPrefix) || token.size() > kLongestToken) return wrong;
  const std::optional<std::string> bytes = from_base64url(token.substr(kPrefix.size()));
  if (!bytes || bytes->size() <= kHead + kSumSize) return wrong;
  const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kSumSize);
  if (digest(body).substr(0, kSumSize) != std::string_view(*bytes).substr(body.size())) return wrong;
  Invitation out;
  out.secret = body.substr(0, kSecretSize);
  out.fingerprint = hex_text(body.substr(kSecretSize, kFingerprintSize));
  std::uint64_t expires = 0;
  for (const char each : body.substr(kHead - kTimeSize, kTimeSize)) {
    expires = expires << kByte | static_cast<unsigned char>(each);
  }
  out.expires = static_cast<std::int64_t>(expires);
  for (const std::string_view address : base::split(body.substr(kHead), '\n')) {
    if (!address.empty()) out.addresses.emplace_back(address);
  }
  if (out.addresses.empty()) return wrong;
  return out;
}

Result<void> keep_invitation(const std::string& directory, const Invitation& invitation, const object& offer,
                             std::int64_t now) {
  if (Result<void> made = make_directory(folder_of(directory)); !made) return made;
  drop_old(directory, now);
  const object kept{{"expires", invitation.expires}, {"offer", offer}};
  return write_private_file(folder_of(directory) + "/" + hex_text(digest(invitation.secret)) + ".json",
                            boost::json::serialize(kept));
}

Result<object> redeem_invitation(const std::string& directory, std::string_view secret, std::int64_t now) {
  const std::string path = folder_of(directory) + "/" + hex_text(digest(secret)) + ".json";
  const object kept = read_object(path);
  // Whoever removes the file is the one that may use it.
  if (kept.empty() || ::unlink(path.c_str()) != 0) {
    return Error(ErrorKind::kRefused,
                 "this node knows no such invitation: it was used already, or is over; run `tandem ha invite` again");
  }
  if (static_cast<std::int64_t>(whole_in(kept, "expires")) < now) {
    return Error(ErrorKind::kRefused,
                 "the invitation is over (they last 15 minutes): run `tandem ha invite` again on the first node");
  }
  return part_in(kept, "offer");
}

}  // namespace tandem::peer
