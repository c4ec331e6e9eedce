#pragma once

// Der: reads DER (X.690) from the front of bytes without copying, and PEM blocks (RFC 7468). Enough to tell the names
// of a certificate and whether a key belongs to it: OpenSSL takes half a millisecond to load a pair, which 50,000 of
// them do not have. Any thread, no state.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::tls {

/// One element after the other. After a failure there is nothing more.
class Der {
 public:
  // Identifiers (X.690 §8.1.2).
  static constexpr unsigned char kInteger = 0x02;
  static constexpr unsigned char kBitString = 0x03;
  static constexpr unsigned char kOctetString = 0x04;
  static constexpr unsigned char kObject = 0x06;
  static constexpr unsigned char kSequence = 0x30;
  static constexpr unsigned char kSet = 0x31;

  explicit Der(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  bool failed() const { return failed_; }

  struct Element {
    unsigned char identifier = 0;
    std::string_view content;
    std::string_view whole;  ///< with identifier and length
  };
  /// The next element, whatever it is.
  Element next();
  /// The next element's content; fails when it is another one.
  std::string_view take(unsigned char identifier);
  /// Whether the next element is of this kind.
  bool is_next(unsigned char identifier) const {
    return !rest_.empty() && static_cast<unsigned char>(rest_[0]) == identifier;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct PemBlock {
  std::string_view label;  ///< "CERTIFICATE"
  std::string content;     ///< decoded
};
/// All blocks of a text in order; what is between them, and what is not well formed, is passed over.
std::vector<PemBlock> pem_blocks(std::string_view text);

}  // namespace tandem::tls
