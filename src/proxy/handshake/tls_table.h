#pragma once

// TlsTable: what a TLS connection to an entry point gets by the name it asks for: options and certificate. Built with a
// snapshot; immutable, shared by all cores.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/tls/certificate_store.h"
#include "engine/tls/client_hello.h"
#include "engine/tls/server_context.h"

namespace tandem::handshake {

/// How a connection is accepted.
struct TlsChoice {
  tls::ServerContextPtr context;    ///< null: the connection is closed without a word
  tls::CertificatePtr certificate;  ///< null: the client is refused
  bool too_early = false;           ///< the certificate is still being made: choose again in a moment
};

class TlsTable {
 public:
  /// `fallback`: the options of names that no router has.
  TlsTable(tls::ServerContextPtr fallback, std::shared_ptr<const tls::CertificateStore> store)
      : fallback_(std::move(fallback)), store_(std::move(store)) {}
  /// While it is built: connections for a host, or a wildcard for one label, take these options; null: they are closed.
  void add(std::string host, tls::ServerContextPtr context) { hosts_[std::move(host)] = std::move(context); }

  /// `local_ip`: the address that was connected to; it stands for a name that was not sent.
  TlsChoice choose(const tls::ClientHello& hello, std::string_view local_ip) const;
  const std::shared_ptr<const tls::CertificateStore>& store() const { return store_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  const tls::ServerContextPtr& context_of(std::string_view host) const;

  std::unordered_map<std::string, tls::ServerContextPtr, Hash, std::equal_to<>> hosts_;
  tls::ServerContextPtr fallback_;
  std::shared_ptr<const tls::CertificateStore> store_;
};
using TlsTablePtr = std::shared_ptr<const TlsTable>;

}  // namespace tandem::handshake
