#include "engine/tls/server_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "engine/tls/algorithms.h"
#include "engine/tls/der.h"
#include "engine/tls/ocsp.h"
#include "engine/tls/secure_stream.h"
#include "engine/tls/ticket_keys.h"

namespace tandem::tls {

namespace {

using base::Error;
using base::ErrorKind;

/// Seals and opens session tickets with the process' keys.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  constexpr int kNotOurs = 0;
  constexpr int kFine = 1;
  constexpr int kFineButOld = 2;  // the client gets a new ticket
  TicketKeys& keys = TicketKeys::instance();
  if (sealing != 0) keys.rotate(base::wall_now());
  const std::shared_ptr<const TicketKeys::Set> set = keys.current();
  auto key = set->begin();
  if (sealing == 0) {
    key = std::ranges::find_if(
        *set, [name](const TicketKey& each) { return std::memcmp(each.name.data(), name, each.name.size()) == 0; });
    if (key == set->end()) return kNotOurs;
  } else {
    std::memcpy(name, key->name.data(), key->name.size());
    if (::RAND_bytes(iv, ::EVP_CIPHER_get_iv_length(::EVP_aes_256_cbc())) != 1) return -1;
  }
  std::array<char, 7> digest{"SHA256"};
  std::array<unsigned char, 32> mac_key = key->mac;
  const std::array<OSSL_PARAM, 3> parameters{
      ::OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key.data(), mac_key.size()),
      ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), ::OSSL_PARAM_construct_end()};
  if (::EVP_MAC_CTX_set_params(mac, parameters.data()) != 1) return -1;
  const int ready = sealing != 0 ? ::EVP_EncryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv)
                                 : ::EVP_DecryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv);
  if (ready != 1) return -1;
  if (sealing != 0) return kFine;
  // Clients use a ticket of TLS 1.3 once (RFC 8446 §C.4): without a new one every other handshake would be a full one.
  return key != set->begin() || ::SSL_version(ssl) == TLS1_3_VERSION ? kFineButOld : kFine;
}

/// The first protocol of ours that the client has (RFC 7301 §3.2).
int on_alpn(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
            unsigned int offered_size, void* self) {
  const auto& ours = static_cast<const ServerContext*>(self)->settings().alpn;
  if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
  bool offers_http1 = false;
  for (const std::string& protocol : ours) {
    for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
      const std::string_view theirs(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
      offers_http1 = offers_http1 || theirs == "http/1.1";
      if (theirs != protocol) continue;
      *chosen = offered + at + 1;
      *size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  // A client that only knows HTTP/1.1 may speak it with a server that prefers HTTP/2, as with Go's.
  const bool prefers_http2 = std::ranges::find(ours, "h2") != ours.end();
  return offers_http1 && prefers_http2 ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Called for every hello, also without a name, once the version is agreed on.
int on_server_name(SSL* ssl, int* alert, void* /*self*/) {
  const SecureStream& stream = SecureStream::of(ssl);
  if (stream.certificate() != nullptr) return SSL_TLSEXT_ERR_OK;
  const bool possible = !stream.server_context()->settings().curves.empty();
  *alert = possible ? SSL_AD_UNRECOGNIZED_NAME : SSL_AD_HANDSHAKE_FAILURE;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Called when the handshake needs a certificate: a resumed one does not.
int on_certificate(SSL* ssl, void* /*self*/) {
  const CertificatePtr& certificate = SecureStream::of(ssl).certificate();
  const Certificate::Loaded* const loaded = certificate == nullptr ? nullptr : certificate->loaded();
  if (loaded == nullptr) return 0;
  return ::SSL_use_cert_and_key(ssl, loaded->leaf, loaded->key, loaded->chain, 1);
}

/// A client asks for the certificate's status: the handshake waits for nobody to get it.
int on_status(SSL* ssl, void* /*self*/) {
  const CertificatePtr& certificate = SecureStream::of(ssl).certificate();
  const std::shared_ptr<const Staple> staple = certificate == nullptr ? nullptr : certificate->staple();
  if (staple == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch());
  if (staple->expired(now.count())) return SSL_TLSEXT_ERR_NOACK;
  auto* const copy = static_cast<unsigned char*>(OPENSSL_memdup(staple->response.data(), staple->response.size()));
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple->response.size()));
  return SSL_TLSEXT_ERR_OK;
}

int accept_any(int /*verified*/, X509_STORE_CTX* /*store*/) { return 1; }

int explain_refusal(int verified, X509_STORE_CTX* store) {
  // A certificate that is not for clients is a bad one, not one of an unsupported kind.
  if (verified == 0 && ::X509_STORE_CTX_get_error(store) == X509_V_ERR_INVALID_PURPOSE)
    ::X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return verified;
}

Error refused(std::string_view what) {
  const unsigned long code = ::ERR_peek_last_error();
  const char* const reason = ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return {ErrorKind::kTls, std::string(what) + ": " + (reason == nullptr ? "OpenSSL refuses it" : reason)};
}

}  // namespace

ServerContext::ServerContext(ServerSettings settings)
    : settings_(std::move(settings)), context_(::SSL_CTX_new(::TLS_server_method())) {}

ServerContext::~ServerContext() { ::SSL_CTX_free(context_); }

base::Result<ServerContextPtr> ServerContext::build(ServerSettings settings) {
  std::shared_ptr<ServerContext> context(new ServerContext(std::move(settings)));
  if (context->context_ == nullptr) return refused("cannot make a TLS context");
  if (base::Result<void> configured = context->configure(); !configured) return std::move(configured.error());
  return ServerContextPtr(std::move(context));
}

base::Result<void> ServerContext::configure() {
  const int lowest = settings_.min_version == 0 ? TLS1_2_VERSION : settings_.min_version;
  if (::SSL_CTX_set_min_proto_version(context_, lowest) != 1 ||
      ::SSL_CTX_set_max_proto_version(context_, settings_.max_version) != 1) {
    return refused("versions");
  }
  // Before TLS 1.2 signatures are made with SHA-1, which needs the lowest level.
  ::SSL_CTX_set_security_level(context_, lowest < TLS1_2_VERSION ? 0 : 1);
  // An empty list would be taken for an error; this one holds no suite that could be agreed on.
  const std::string ciphers = settings_.ciphers.empty() ? "NULL-SHA256:@SECLEVEL=1" : settings_.ciphers;
  if (::SSL_CTX_set_cipher_list(context_, ciphers.c_str()) != 1 ||
      ::SSL_CTX_set_ciphersuites(context_, kSuites13) != 1) {
    return refused("cipher suites");
  }
  const std::string curves(settings_.curves.empty() ? kDefaultCurves : settings_.curves);
  if (::SSL_CTX_set1_groups_list(context_, curves.c_str()) != 1) return refused("curves");
  ::SSL_CTX_set_options(context_, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_RENEGOTIATION |
                                      SSL_OP_NO_COMPRESSION);
  // Idle connections hold no buffers; a read takes whatever is there, not a header first.
  ::SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  ::SSL_CTX_set_read_ahead(context_, 1);
  ::SSL_CTX_set_alpn_select_cb(context_, &on_alpn, this);
  ::SSL_CTX_set_tlsext_servername_callback(context_, &on_server_name);
  ::SSL_CTX_set_cert_cb(context_, &on_certificate, nullptr);
  SSL_CTX_set_tlsext_status_cb(context_, &on_status);
  ::SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  if (settings_.tickets) {
    ::SSL_CTX_set_tlsext_ticket_key_evp_cb(context_, &on_ticket);
    ::SSL_CTX_set_timeout(context_, static_cast<long>(TicketKeys::kTicketLife.count()));
    ::SSL_CTX_set_num_tickets(context_, 1);
  } else {
    ::SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
    ::SSL_CTX_set_num_tickets(context_, 0);
  }
  if (!set_client_auth()) return Error(ErrorKind::kInvalid, "invalid certificate(s) content");
  set_session_scope();
  return {};
}

bool ServerContext::set_client_auth() {
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context_);
  for (const std::string& text : settings_.authorities) {
    bool found = false;
    for (const PemBlock& block : pem_blocks(text)) {
      if (block.label != "CERTIFICATE") continue;
      const auto* at = reinterpret_cast<const unsigned char*>(block.content.data());
      X509* const authority = ::d2i_X509(nullptr, &at, static_cast<long>(block.content.size()));
      if (authority == nullptr) continue;
      found = true;
      ::X509_STORE_add_cert(store, authority);
      ::SSL_CTX_add_client_CA(context_, authority);
      ::X509_free(authority);
    }
    if (!found) return false;
  }
  ::ERR_clear_error();
  switch (settings_.client_auth) {
    case ClientAuth::kNone:
      ::SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
      break;
    case ClientAuth::kRequest:
      ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, &accept_any);
      break;
    case ClientAuth::kRequireAny:
      ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &accept_any);
      break;
    case ClientAuth::kVerifyIfGiven:
      ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, &explain_refusal);
      break;
    case ClientAuth::kRequireAndVerify:
      ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &explain_refusal);
      break;
  }
  return true;
}

void ServerContext::set_session_scope() {
  // A session that was agreed on under other options, perhaps without a certificate, must not be resumed under these;
  // the same options on another node, or after a restart, are the same scope.
  std::string all = settings_.name;
  all.append("\n").append(std::to_string(static_cast<int>(settings_.client_auth))).append("\n");
  for (const std::string& text : settings_.authorities) all.append(text).append("\n");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ::EVP_Digest(all.data(), all.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  ::SSL_CTX_set_session_id_context(context_, digest.data(), std::min<unsigned int>(size, SSL_MAX_SID_CTX_LENGTH));
}

}  // namespace tandem::tls
