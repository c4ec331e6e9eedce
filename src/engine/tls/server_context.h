#pragma once

// ServerContext: how TLS is spoken with clients whose host has these options: versions, suites, curves, certificates
// asked of clients, protocols, tickets. Built on the control thread; immutable and shared by all cores. Connections
// hold it by shared_ptr, so that a change does not touch them.

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::tls {

/// Whether a client shows a certificate (Traefik: clientAuth.clientAuthType).
enum class ClientAuth : std::uint8_t {
  kNone,
  kRequest,           ///< ask; whatever comes is taken
  kRequireAny,        ///< one is needed, whosever it is
  kVerifyIfGiven,     ///< one that comes must be of an authority
  kRequireAndVerify,  ///< one of an authority is needed
};

struct ServerSettings {
  std::string name;     ///< of the options: "default", "modern@file"
  int min_version = 0;  ///< 0: TLS 1.2
  int max_version = 0;  ///< 0: the newest
  std::string ciphers;  ///< OpenSSL's list, TLS 1.2 and before; empty: none of them
  std::string curves;   ///< OpenSSL's list; empty: none, so that nobody can connect
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> authorities;  ///< PEM texts
  bool sni_strict = false;               ///< names without a certificate are refused
  std::vector<std::string> alpn;         ///< in the order of preference; empty: none is agreed on
  bool tickets = true;                   ///< sessions may be resumed

  bool operator==(const ServerSettings&) const = default;
};

class ServerContext;
using ServerContextPtr = std::shared_ptr<const ServerContext>;

class ServerContext {
 public:
  /// Errors: kInvalid "invalid certificate(s) content" for authorities, kTls for what OpenSSL refuses.
  static base::Result<ServerContextPtr> build(ServerSettings settings);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  const ServerSettings& settings() const { return settings_; }
  SSL_CTX* raw() const { return context_; }

 private:
  explicit ServerContext(ServerSettings settings);
  base::Result<void> configure();
  bool set_client_auth();
  void set_session_scope();

  ServerSettings settings_;
  SSL_CTX* context_;
};

}  // namespace tandem::tls
