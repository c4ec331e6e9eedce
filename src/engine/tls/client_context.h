#pragma once

// ClientContext: how TLS is spoken with servers: which authorities are trusted, certificates of our own, versions and
// suites. Built on the control thread; immutable and shared by all cores.

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tls/certificate.h"

namespace tandem::tls {

struct ClientSettings {
  std::string server_name;                   ///< SNI and name to verify in place of the server's own; empty: that one
  bool verify = true;                        ///< the certificate must be of an authority and hold the name
  std::vector<std::string> authorities;      ///< PEM texts; empty: the system's
  std::vector<CertificatePtr> certificates;  ///< shown to servers that ask; the first counts
  int min_version = 0;                       ///< 0: TLS 1.2
  int max_version = 0;                       ///< 0: the newest
  std::string ciphers;                       ///< OpenSSL's list, TLS 1.2; empty: those that are safe
  std::string peer_uri;  ///< a URI name that the certificate must hold, in place of the server's name

  bool operator==(const ClientSettings& other) const;
};

class ClientContext;
using ClientContextPtr = std::shared_ptr<const ClientContext>;

class ClientContext {
 public:
  /// Errors: kTls for what OpenSSL refuses.
  static base::Result<ClientContextPtr> build(ClientSettings settings);
  ~ClientContext();
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  const ClientSettings& settings() const { return settings_; }
  SSL_CTX* raw() const { return context_; }
  /// Whether the certificate holds the URI asked for; true when none is.
  bool accepts(X509* certificate) const;

 private:
  explicit ClientContext(ClientSettings settings);
  base::Result<void> configure();

  ClientSettings settings_;
  SSL_CTX* context_;
};

}  // namespace tandem::tls
