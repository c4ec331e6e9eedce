#include "engine/tls/client_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "engine/tls/algorithms.h"
#include "engine/tls/der.h"
#include "engine/tls/secure_stream.h"

namespace tandem::tls {

namespace {

using base::Error;
using base::ErrorKind;

Error refused(std::string_view what) {
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return {ErrorKind::kTls, std::string(what) + ": " + (reason == nullptr ? "OpenSSL refuses it" : reason)};
}

}  // namespace

bool ClientSettings::operator==(const ClientSettings& other) const {
  const auto same = [](const CertificatePtr& a, const CertificatePtr& b) { return a->same_as(*b); };
  return server_name == other.server_name && verify == other.verify && authorities == other.authorities &&
         std::ranges::equal(certificates, other.certificates, same) && min_version == other.min_version &&
         max_version == other.max_version && ciphers == other.ciphers && peer_uri == other.peer_uri;
}

ClientContext::ClientContext(ClientSettings settings)
    : settings_(std::move(settings)), context_(::SSL_CTX_new(::TLS_client_method())) {}

ClientContext::~ClientContext() { ::SSL_CTX_free(context_); }

base::Result<ClientContextPtr> ClientContext::build(ClientSettings settings) {
  std::shared_ptr<ClientContext> context(new ClientContext(std::move(settings)));
  if (context->context_ == nullptr) return refused("cannot make a TLS context");
  if (base::Result<void> configured = context->configure(); !configured) return std::move(configured.error());
  return ClientContextPtr(std::move(context));
}

base::Result<void> ClientContext::configure() {
  const int lowest = settings_.min_version == 0 ? TLS1_2_VERSION : settings_.min_version;
  if (::SSL_CTX_set_min_proto_version(context_, lowest) != 1 ||
      ::SSL_CTX_set_max_proto_version(context_, settings_.max_version) != 1) {
    return refused("versions");
  }
  ::SSL_CTX_set_security_level(context_, lowest < TLS1_2_VERSION ? 0 : 1);
  const std::string ciphers = settings_.ciphers.empty() ? cipher_list({}) : settings_.ciphers;
  if (::SSL_CTX_set_cipher_list(context_, ciphers.c_str()) != 1 ||
      ::SSL_CTX_set_ciphersuites(context_, kSuites13) != 1) {
    return refused("cipher suites");
  }
  if (::SSL_CTX_set1_groups_list(context_, std::string(kDefaultCurves).c_str()) != 1) return refused("curves");
  ::SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  ::SSL_CTX_set_read_ahead(context_, 1);
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context_);
  bool trusted = false;
  for (const std::string& text : settings_.authorities) {
    for (const PemBlock& block : pem_blocks(text)) {
      if (block.label != "CERTIFICATE") continue;
      const auto* at = reinterpret_cast<const unsigned char*>(block.content.data());
      X509* const authority = ::d2i_X509(nullptr, &at, static_cast<long>(block.content.size()));
      trusted = trusted || authority != nullptr;
      if (authority != nullptr) ::X509_STORE_add_cert(store, authority);
      ::X509_free(authority);
    }
  }
  if (!trusted) ::SSL_CTX_set_default_verify_paths(context_);
  // An authority of its own that a certificate ends at need not be a root (as Go verifies).
  ::X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  ::ERR_clear_error();
  ::SSL_CTX_set_verify(context_, settings_.verify || !settings_.peer_uri.empty() ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       nullptr);
  for (const CertificatePtr& certificate : settings_.certificates) {
    const Certificate::Loaded* const loaded = certificate->loaded();
    if (loaded == nullptr) continue;
    if (::SSL_CTX_use_cert_and_key(context_, loaded->leaf, loaded->key, loaded->chain, 1) != 1)
      return refused("client certificate");
    break;
  }
  ::SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
    if (ClientSession* const kept = SecureStream::of(ssl).session(); kept != nullptr) kept->keep(session);
    return 0;
  });
  return {};
}

bool ClientContext::accepts(X509* certificate) const {
  if (settings_.peer_uri.empty()) return true;
  if (certificate == nullptr) return false;
  auto* const names =
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const uri = name->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(::ASN1_STRING_length(uri)));
    found = found || base::equal_ignoring_case(text, settings_.peer_uri);
  }
  ::GENERAL_NAMES_free(names);
  return found;
}

}  // namespace tandem::tls
