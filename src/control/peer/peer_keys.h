#pragma once

// The keys of a node of a pair and the certificates it trusts, as files: `key.pem` (mode 0600), `certificate.pem`, and
// one `peers/NAME.pem` for each other node. A node is who its certificate says; neither machine-id nor address counts.
// Any thread; functions block for file accesses.

#include <openssl/types.h>

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/tls/certificate.h"

namespace tandem::peer {

struct PeerKeys {
  tls::CertificatePtr certificate;
  std::string pem;          ///< the certificate
  std::string fingerprint;  ///< SHA-256 of the certificate, 64 hexadecimal digits
};

/// Reads the keys; makes them when there are none, and the directory (mode 0700). `node` is only the name in the
/// certificate. Errors: what cannot be read or written; a key that others may read.
base::Result<PeerKeys> load_or_make_keys(const std::string& directory, const std::string& node);
/// Puts the keys aside (`.old`), so that the next load makes others.
base::Result<void> retire_keys(const std::string& directory);

struct TrustedPeer {
  std::string name;  ///< of the file, without `.pem`
};
/// Trusted nodes by fingerprint. Files that hold no certificate are passed over with a log line.
std::map<std::string, TrustedPeer, std::less<>> trusted_peers(const std::string& directory);
/// Trusts a certificate (PEM) from now on; it replaces what was trusted under this name. Errors: the file.
base::Result<void> trust_peer(const std::string& directory, std::string_view name, const std::string& pem);

/// Of a certificate.
std::string fingerprint_of(X509* certificate);
std::string pem_of(X509* certificate);

/// A name that can be a file's: letters, digits, '-', '_' and inner dots of `name`, 64 at most; never empty.
std::string file_name_of(std::string_view name);
/// Replaces a file atomically, mode 0600; it belongs to whom the directory belongs, as root would lock the program out
/// otherwise. Errors: the system's.
base::Result<void> write_private_file(const std::string& path, std::string_view text);
/// Makes a directory with all above it, mode 0700, for the same owner. Errors: the system's.
base::Result<void> make_directory(const std::string& path);

std::string hex_text(std::string_view bytes);
/// Bytes that nobody can guess.
std::string random_bytes(std::size_t count);

}  // namespace tandem::peer
