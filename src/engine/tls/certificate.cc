#include "engine/tls/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "engine/tls/der.h"
#include "engine/tls/ocsp.h"

namespace tandem::tls {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kCommonName("\x55\x04\x03", 3);                                // 2.5.4.3
constexpr std::string_view kOrganization("\x55\x04\x0a", 3);                              // 2.5.4.10
constexpr std::string_view kSubjectAltName("\x55\x1d\x11", 3);                            // 2.5.29.17
constexpr std::string_view kAuthorityInformation("\x2b\x06\x01\x05\x05\x07\x01\x01", 8);  // 1.3.6.1.5.5.7.1.1
constexpr std::string_view kOcsp("\x2b\x06\x01\x05\x05\x07\x30\x01", 8);                  // 1.3.6.1.5.5.7.48.1
constexpr std::string_view kRsa("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9);               // 1.2.840.113549.1.1.1
constexpr std::string_view kEllipticCurve("\x2a\x86\x48\xce\x3d\x02\x01", 7);             // 1.2.840.10045.2.1
constexpr unsigned char kDnsName = 0x82;
constexpr unsigned char kUriName = 0x86;
constexpr unsigned char kIpAddressName = 0x87;

/// What is needed of a certificate (RFC 5280 §4.1).
struct Leaf {
  Certificate::Facts facts;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
  std::vector<std::string> responders;
  std::string_view key_algorithm;  // OID
  std::string_view public_key;     // content of the bit string, without its count of unused bits
};

/// The last attribute of a type in a name (RFC 5280 §4.1.2.4).
std::string last_attribute(std::string_view name, std::string_view wanted) {
  std::string found;
  Der sets(name);
  while (!sets.empty()) {
    Der pairs(sets.take(Der::kSet));
    while (!pairs.empty()) {
      Der pair(pairs.take(Der::kSequence));
      const std::string_view type = pair.take(Der::kObject);
      const Der::Element value = pair.next();
      if (!pair.failed() && type == wanted) found = value.content;
    }
  }
  return found;
}

/// UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5) as seconds since 1970; 0 for what is neither.
std::int64_t seconds_of(const Der::Element& time) {
  constexpr unsigned char kUtcTime = 0x17;
  std::string_view text = time.content;
  const std::size_t year_digits = time.identifier == kUtcTime ? 2 : 4;
  if (text.size() != year_digits + 11) return 0;
  const auto take = [&text](std::size_t digits) {
    int value = 0;
    const std::string_view part = text.substr(0, digits);
    std::from_chars(part.data(), part.data() + part.size(), value);
    text.remove_prefix(digits);
    return value;
  };
  int year = take(year_digits);
  if (year_digits == 2) year += year < 50 ? 2000 : 1900;
  const auto month = static_cast<unsigned>(take(2));
  const auto day = static_cast<unsigned>(take(2));
  const std::chrono::sys_days date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  const std::chrono::hours hours(take(2));
  const std::chrono::minutes minutes(take(2));
  const std::chrono::seconds seconds(take(2));
  return (date.time_since_epoch() + hours + minutes + seconds) / std::chrono::seconds(1);
}

std::string address_text(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  if (bytes.size() == 4) ::inet_ntop(AF_INET, bytes.data(), text, sizeof text);
  if (bytes.size() == 16) ::inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

bool read_alternative_names(std::string_view content, Leaf& leaf) {
  Der outer(content);
  Der names(outer.take(Der::kSequence));
  while (!names.empty()) {
    const Der::Element name = names.next();
    if (name.identifier == kDnsName) leaf.dns_names.emplace_back(name.content);
    if (name.identifier == kIpAddressName) leaf.addresses.push_back(address_text(name.content));
  }
  return !outer.failed() && !names.failed();
}

/// AuthorityInfoAccessSyntax (RFC 5280 §4.2.2.1).
void read_responders(std::string_view content, Leaf& leaf) {
  Der outer(content);
  Der descriptions(outer.take(Der::kSequence));
  while (!descriptions.empty()) {
    Der description(descriptions.take(Der::kSequence));
    const bool is_ocsp = description.take(Der::kObject) == kOcsp;
    const Der::Element location = description.next();
    if (description.failed()) return;
    if (is_ocsp && location.identifier == kUriName) leaf.responders.emplace_back(location.content);
  }
}

bool read_extensions(std::string_view content, Leaf& leaf) {
  Der outer(content);
  Der extensions(outer.take(Der::kSequence));
  while (!extensions.empty()) {
    Der extension(extensions.take(Der::kSequence));
    const std::string_view type = extension.take(Der::kObject);
    constexpr unsigned char kBoolean = 0x01;
    if (extension.is_next(kBoolean)) extension.next();
    const std::string_view value = extension.take(Der::kOctetString);
    if (extension.failed()) return false;
    if (type == kAuthorityInformation) read_responders(value, leaf);
    if (type == kSubjectAltName && !read_alternative_names(value, leaf)) return false;
  }
  return !outer.failed() && !extensions.failed();
}

std::optional<Leaf> read_leaf(std::string_view certificate) {
  constexpr unsigned char kVersion = 0xa0;
  constexpr unsigned char kExtensions = 0xa3;
  Leaf leaf;
  Der whole(certificate);
  Der signed_part(whole.take(Der::kSequence));
  Der fields(signed_part.take(Der::kSequence));
  if (fields.is_next(kVersion)) fields.next();
  fields.take(Der::kInteger);   // serial number
  fields.take(Der::kSequence);  // algorithm of the signature
  const std::string_view issuer = fields.take(Der::kSequence);
  Der validity(fields.take(Der::kSequence));
  validity.next();
  leaf.facts.not_after = seconds_of(validity.next());
  leaf.facts.issuer_common_name = last_attribute(issuer, kCommonName);
  leaf.facts.issuer_organization = last_attribute(issuer, kOrganization);
  leaf.facts.common_name = last_attribute(fields.take(Der::kSequence), kCommonName);
  Der key(fields.take(Der::kSequence));
  Der algorithm(key.take(Der::kSequence));
  leaf.key_algorithm = algorithm.take(Der::kObject);
  leaf.public_key = key.take(Der::kBitString);
  if (leaf.public_key.empty() || leaf.public_key.front() != 0) return std::nullopt;
  leaf.public_key.remove_prefix(1);
  while (!fields.empty()) {
    const Der::Element field = fields.next();
    if (field.identifier == kExtensions && !read_extensions(field.content, leaf)) return std::nullopt;
  }
  if (whole.failed() || signed_part.failed() || fields.failed() || key.failed() || algorithm.failed())
    return std::nullopt;
  return leaf;
}

enum class Match : std::uint8_t { kSame, kOther, kUnknown, kMalformed };

/// RSAPrivateKey (RFC 8017 §A.1.2) holds the numbers of RSAPublicKey.
Match match_rsa(std::string_view private_key, std::string_view public_key) {
  Der outer(private_key);
  Der numbers(outer.take(Der::kSequence));
  numbers.take(Der::kInteger);  // version
  const std::string_view modulus = numbers.take(Der::kInteger);
  Der public_outer(public_key);
  Der public_numbers(public_outer.take(Der::kSequence));
  const std::string_view public_modulus = public_numbers.take(Der::kInteger);
  if (numbers.failed() || public_numbers.failed()) return Match::kMalformed;
  return modulus == public_modulus ? Match::kSame : Match::kOther;
}

/// ECPrivateKey (RFC 5915 §3) may hold the public key.
Match match_curve(std::string_view private_key, std::string_view public_key) {
  constexpr unsigned char kPublicKey = 0xa1;
  Der outer(private_key);
  Der fields(outer.take(Der::kSequence));
  fields.take(Der::kInteger);
  fields.take(Der::kOctetString);
  if (fields.failed()) return Match::kMalformed;
  while (!fields.empty()) {
    const Der::Element field = fields.next();
    if (field.identifier != kPublicKey) continue;
    Der inside(field.content);
    std::string_view bits = inside.take(Der::kBitString);
    if (bits.empty()) return Match::kMalformed;
    bits.remove_prefix(1);
    return bits == public_key ? Match::kSame : Match::kOther;
  }
  return Match::kUnknown;
}

Match match(const PemBlock& key, const Leaf& leaf) {
  if (key.label == "RSA PRIVATE KEY")
    return leaf.key_algorithm == kRsa ? match_rsa(key.content, leaf.public_key) : Match::kOther;
  if (key.label == "EC PRIVATE KEY")
    return leaf.key_algorithm == kEllipticCurve ? match_curve(key.content, leaf.public_key) : Match::kOther;
  // PrivateKeyInfo (RFC 5208 §5).
  Der outer(key.content);
  Der fields(outer.take(Der::kSequence));
  fields.take(Der::kInteger);
  Der algorithm(fields.take(Der::kSequence));
  const std::string_view type = algorithm.take(Der::kObject);
  const std::string_view inside = fields.take(Der::kOctetString);
  if (fields.failed() || algorithm.failed()) return Match::kMalformed;
  if (type != leaf.key_algorithm) return Match::kOther;
  if (type == kRsa) return match_rsa(inside, leaf.public_key);
  if (type == kEllipticCurve) return match_curve(inside, leaf.public_key);
  return Match::kUnknown;
}

std::vector<std::string> names_of(const Leaf& leaf) {
  std::vector<std::string> names;
  if (!leaf.facts.common_name.empty()) names.push_back(base::lower_case(leaf.facts.common_name));
  for (const auto* more : {&leaf.dns_names, &leaf.addresses}) {
    for (const std::string& name : *more) {
      if (!name.empty() && name != leaf.facts.common_name) names.push_back(base::lower_case(name));
    }
  }
  std::ranges::sort(names);
  return names;
}

X509* to_x509(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return ::d2i_X509(nullptr, &at, static_cast<long>(der.size()));
}

}  // namespace

base::Result<CertificatePtr> Certificate::parse(std::string_view chain_pem, std::string_view key_pem) {
  std::shared_ptr<Certificate> out(new Certificate);
  for (PemBlock& block : pem_blocks(chain_pem)) {
    if (block.label == "CERTIFICATE") out->chain_.push_back(std::move(block.content));
  }
  if (out->chain_.empty()) return Error(ErrorKind::kInvalid, "there is no certificate in PEM form");
  std::vector<PemBlock> keys = pem_blocks(key_pem);
  const auto key = std::ranges::find_if(
      keys, [](const PemBlock& block) { return block.label.ends_with("PRIVATE KEY") && !block.content.empty(); });
  if (key == keys.end()) return Error(ErrorKind::kInvalid, "there is no private key in PEM form");
  const std::optional<Leaf> leaf = read_leaf(out->chain_.front());
  if (!leaf) return Error(ErrorKind::kInvalid, "the certificate is malformed");
  switch (match(*key, *leaf)) {
    case Match::kOther:
      return Error(ErrorKind::kInvalid, "the private key is not that of the certificate");
    case Match::kMalformed:
      return Error(ErrorKind::kInvalid, "the private key is malformed");
    case Match::kSame:
    case Match::kUnknown:
      break;
  }
  out->names_ = names_of(*leaf);
  out->facts_ = leaf->facts;
  out->responders_ = leaf->responders;
  for (const std::string& name : out->names_) out->identity_.append(out->identity_.empty() ? "" : ",").append(name);
  out->key_ = std::move(key->content);
  return CertificatePtr(std::move(out));
}

void Certificate::load() const {
  loaded_.leaf = to_x509(chain_.front());
  const auto* at = reinterpret_cast<const unsigned char*>(key_.data());
  loaded_.key = ::d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key_.size()));
  loaded_.chain = sk_X509_new_null();
  for (std::size_t i = 1; i < chain_.size(); ++i) {
    if (X509* const authority = to_x509(chain_[i]); authority != nullptr) sk_X509_push(loaded_.chain, authority);
  }
  usable_ = loaded_.leaf != nullptr && loaded_.key != nullptr && loaded_.chain != nullptr &&
            ::X509_check_private_key(loaded_.leaf, loaded_.key) == 1;
  if (!usable_) base::log_error("A certificate cannot be used: it and its key do not fit", {{"names", identity_}});
}

const Certificate::Loaded* Certificate::loaded() const {
  std::call_once(once_, [this] { load(); });
  return usable_ ? &loaded_ : nullptr;
}

Certificate::~Certificate() {
  ::X509_free(loaded_.leaf);
  sk_X509_pop_free(loaded_.chain, ::X509_free);
  ::EVP_PKEY_free(loaded_.key);
}

std::vector<Certificate::Facts> facts_in(std::string_view pem) {
  std::vector<Certificate::Facts> all;
  for (const PemBlock& block : pem_blocks(pem)) {
    if (block.label != "CERTIFICATE") continue;
    if (auto leaf = read_leaf(block.content)) all.push_back(std::move(leaf->facts));
  }
  return all;
}

base::Result<std::string> file_or_content(const std::string& text) {
  // What holds a line break is no path; asking costs a system call.
  if (text.empty() || text.find('\n') != std::string::npos || text.find('\0') != std::string::npos) return text;
  const int fd = ::open(text.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENAMETOOLONG || errno == ENOTDIR) return text;
    return Error::from_errno(errno, "cannot read " + text);
  }
  struct stat status{};
  std::string out;
  if (::fstat(fd, &status) == 0 && status.st_size > 0) out.reserve(static_cast<std::size_t>(status.st_size));
  char piece[8192];
  ssize_t got;
  while ((got = ::read(fd, piece, sizeof piece)) > 0) out.append(piece, static_cast<std::size_t>(got));
  const int code = errno;
  ::close(fd);
  if (got < 0) return Error::from_errno(code, "cannot read " + text);
  return out;
}

}  // namespace tandem::tls
