#include "proxy/handshake/tls_table.h"

#include "base/text.h"

namespace tandem::handshake {
namespace {

/// A client that offers this wants the certificate of a challenge (RFC 8737), which only a resolver has.
constexpr std::string_view kAcmeProtocol = "acme-tls/1";

}  // namespace

const tls::ServerContextPtr& TlsTable::context_of(std::string_view host) const {
  if (host.empty() || hosts_.empty()) return fallback_;
  if (const auto exact = hosts_.find(host); exact != hosts_.end()) return exact->second;
  if (const std::size_t dot = host.find('.'); dot != std::string_view::npos) {
    std::string wildcard("*");
    wildcard.append(host.substr(dot));
    if (const auto covering = hosts_.find(wildcard); covering != hosts_.end()) return covering->second;
  }
  return fallback_;
}

TlsChoice TlsTable::choose(const tls::ClientHello& hello, std::string_view local_ip) const {
  const std::string name = base::lower_case(hello.server_name);
  TlsChoice choice{.context = context_of(name), .certificate = nullptr};
  if (choice.context == nullptr || choice.context->settings().curves.empty() || hello.offers(kAcmeProtocol))
    return choice;
  const tls::CertificatePtr* const found = store_->find(name.empty() ? local_ip : std::string_view(name));
  if (found != nullptr) {
    choice.certificate = *found;
  } else if (!choice.context->settings().sni_strict) {
    choice.too_early = !store_->fallback_is_made();
    if (!choice.too_early) choice.certificate = store_->fallback();
  }
  return choice;
}

}  // namespace tandem::handshake
