#include "proxy/handshake/tls_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "engine/tls/algorithms.h"
#include "engine/tls/certificate.h"

namespace tandem::handshake {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

/// The ClientHello of a challenge (RFC 8737) is no client's; its name decides (engine/tls), not this list.
constexpr std::string_view kAcmeProtocol = "acme-tls/1";
constexpr std::string_view kHttp2 = "h2";

Result<tls::ClientAuth> client_auth_of(const model::ClientAuth& from) {
  const std::string& type = from.clientAuthType;
  const bool authorities = !from.caFiles.empty();
  if (type.empty()) return authorities ? tls::ClientAuth::kRequireAndVerify : tls::ClientAuth::kNone;
  if (type == "NoClientCert") return tls::ClientAuth::kNone;
  if (type == "RequestClientCert") return tls::ClientAuth::kRequest;
  if (type == "RequireAnyClientCert") return tls::ClientAuth::kRequireAny;
  const bool if_given = type == "VerifyClientCertIfGiven";
  if (!if_given && type != "RequireAndVerifyClientCert")
    return Error(ErrorKind::kInvalid, fmt::format("unknown client auth type \"{}\"", type));
  if (!authorities)
    return Error(ErrorKind::kInvalid, fmt::format("invalid clientAuthType: {}, CAFiles is required", type));
  return if_given ? tls::ClientAuth::kVerifyIfGiven : tls::ClientAuth::kRequireAndVerify;
}

Result<std::string> curves_of(const std::string& owner, const std::vector<std::string>& names) {
  if (names.empty()) return std::string(tls::kDefaultCurves);
  std::vector<std::string_view> curves;
  for (const std::string& name : names) {
    const auto curve = tls::curve_named(name);
    if (!curve) return Error(ErrorKind::kInvalid, "invalid CurveID in curvePreferences: " + name);
    if (!curve->empty() && std::ranges::find(curves, *curve) == curves.end()) curves.push_back(*curve);
  }
  if (curves.empty()) base::log_warn("TLS options without a curve that can be used", {{"options", owner}});
  return fmt::format("{}", fmt::join(curves, ":"));
}

}  // namespace

Result<tls::ServerSettings> server_settings(std::string name, const model::TlsOptions& options, bool http2) {
  tls::ServerSettings out;
  out.name = std::move(name);
  for (const std::string& file : options.clientAuth.caFiles) {
    Result<std::string> text = tls::file_or_content(file);
    if (!text) return std::move(text.error());
    out.authorities.push_back(std::move(*text));
  }
  const Result<tls::ClientAuth> auth = client_auth_of(options.clientAuth);
  if (!auth) return auth.error();
  out.client_auth = *auth;
  // Words that name no version are ignored.
  out.min_version = tls::version_named(options.minVersion).value_or(0);
  out.max_version = tls::version_named(options.maxVersion).value_or(0);
  for (const std::string& suite : options.cipherSuites) {
    if (tls::cipher_suite_named(suite) == nullptr) return Error(ErrorKind::kInvalid, "invalid CipherSuite: " + suite);
  }
  out.ciphers = tls::cipher_list(options.cipherSuites);
  Result<std::string> curves = curves_of(out.name, options.curvePreferences);
  if (!curves) return std::move(curves.error());
  out.curves = std::move(*curves);
  out.sni_strict = options.sniStrict;
  out.tickets = !options.disableSessionTickets;
  const std::vector<std::string> defaults = model::TlsOptions().alpnProtocols;
  for (const std::string& protocol : options.alpnProtocols.empty() ? defaults : options.alpnProtocols) {
    if (protocol != kAcmeProtocol && (http2 || protocol != kHttp2)) out.alpn.push_back(protocol);
  }
  return out;
}

TlsOptionsTable build_tls_options(const model::TlsConfiguration& configuration, bool http2,
                                  const TlsOptionsTable& previous) {
  TlsOptionsTable table;
  for (const auto& [name, options] : configuration.options) {
    TlsOptionsState& state = table[name];
    Result<tls::ServerSettings> settings = server_settings(name, options, http2);
    if (!settings) {
      state.error = settings.error().text();
      continue;
    }
    const auto before = previous.find(name);
    if (before != previous.end() && before->second.context != nullptr &&
        before->second.context->settings() == *settings) {
      state.context = before->second.context;
      continue;
    }
    Result<tls::ServerContextPtr> context = tls::ServerContext::build(std::move(*settings));
    if (context) {
      state.context = std::move(*context);
    } else {
      state.error = context.error().text();
    }
  }
  return table;
}

}  // namespace tandem::handshake
