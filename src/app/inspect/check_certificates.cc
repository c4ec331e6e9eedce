#include "app/inspect/check_certificates.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "engine/tls/certificate.h"

namespace tandem::inspect {
namespace {

using provider::Place;

/// Finds where an option stands by its path behind that of its object ("rootCAs[0]"). Asked only when there is
/// something to tell: certificates have no names, so finding one is a search.
using PlaceOf = std::function<Place(std::string_view option)>;

/// A word for the option's text, which may be a key: DER in base 64 begins with M and has no dot.
std::string shown(const std::string& text) {
  const bool path = text.find('\n') == std::string::npos && (text.starts_with('/') || text.contains('.'));
  return path ? text : "the text";
}

/// `option` within what stands at `object`.
Place within(Place object, std::string_view option) {
  object.path.append(".").append(option);
  return object;
}

class Reader {
 public:
  explicit Reader(CertificateFindings& into) : into_(into) {}

  void pair(const PlaceOf& place_of, const std::string& option, const std::string& chain, const std::string& key) {
    const std::string dot = option.empty() ? "" : option + ".";
    const auto chain_text = text_at(place_of, dot + "certFile", chain);
    const auto key_text = text_at(place_of, dot + "keyFile", key);
    if (!chain_text || !key_text) return;
    const auto certificate = tls::Certificate::parse(*chain_text, *key_text);
    if (!certificate) {
      const std::string both = fmt::format("{} with {}", shown(chain), shown(key));
      error(place_of(dot + "certFile"), fmt::format("{}: {}", both, certificate.error().text()),
            "PEM texts of a certificate, with those of its issuers behind it, and of its private key");
      return;
    }
    if ((*certificate)->loaded() == nullptr) {
      error(place_of(dot + "certFile"), fmt::format("{}: it does not fit {}", shown(chain), shown(key)),
            "the key that the certificate was made for");
    }
    doubt_expired(place_of, dot + "certFile", chain, (*certificate)->facts());
  }

  void authorities(const PlaceOf& place_of, const std::string& option, const std::vector<std::string>& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string numbered = fmt::format("{}[{}]", option, i);
      const auto text = text_at(place_of, numbered, files[i]);
      if (!text) continue;
      const std::vector<tls::Certificate::Facts> found = tls::facts_in(*text);
      if (found.empty()) {
        error(place_of(numbered), fmt::format("{}: there is no certificate in PEM form", shown(files[i])),
              "PEM texts of authorities");
      }
      for (const auto& facts : found) doubt_expired(place_of, numbered, files[i], facts);
    }
  }

  /// `transport`: any with rootCAs and certificates.
  template <class Transport>
  void transport(const PlaceOf& place_of, const Transport& transport) {
    authorities(place_of, "rootCAs", transport.rootCAs);
    for (std::size_t i = 0; i < transport.certificates.size(); ++i) {
      const model::Certificate& each = transport.certificates[i];
      pair(place_of, fmt::format("certificates[{}]", i), each.certFile.value, each.keyFile.value);
    }
  }

 private:
  std::optional<std::string> text_at(const PlaceOf& place_of, const std::string& option, const std::string& text) {
    constexpr std::string_view kRight = "a file that the program can read, or the PEM text itself";
    base::Result<std::string> content = tls::file_or_content(text);
    if (!content) {
      error(place_of(option), content.error().text(), kRight);
      return std::nullopt;
    }
    if (text.empty()) {
      error(place_of(option), "neither a file nor a PEM text is named", kRight);
      return std::nullopt;
    }
    // What is no file is taken as PEM.
    if (*content == text && !text.contains("-----BEGIN ")) {
      error(place_of(option),
            text.contains('\n') ? "the text is not in PEM form" : fmt::format("no such file: {}", shown(text)), kRight);
      return std::nullopt;
    }
    return std::move(*content);
  }

  void doubt_expired(const PlaceOf& place_of, const std::string& option, const std::string& text,
                     const tls::Certificate::Facts& facts) {
    const base::WallTime end{std::chrono::seconds(facts.not_after)};
    if (base::wall_now() < end) return;
    const Place place = place_of(option);
    into_.warnings.push_back({.position = place.position,
                              .path = place.path,
                              .message = fmt::format("{}: the certificate {} expired at {}", shown(text),
                                                     facts.common_name, base::rfc3339_text(end)),
                              .suggestion = {}});
  }

  void error(const Place& place, std::string message, std::string_view right) {
    into_.errors.push_back({.position = place.position,
                            .path = place.path,
                            .message = std::move(message),
                            .suggestion = std::string(right)});
  }

  CertificateFindings& into_;
};

/// Of an object "NAME@PROVIDER", or "default", which every provider may define.
PlaceOf place_of_object(const Places& places, std::string_view kind, std::string_view qualified) {
  const std::size_t at = qualified.rfind('@');
  const std::string_view provider = at == std::string_view::npos ? std::string_view() : qualified.substr(at + 1);
  const Place object{.position = places.object(provider, fmt::format("{}.{}", kind, qualified.substr(0, at))),
                     .path = fmt::format("{}.{}", kind, qualified)};
  return [object](std::string_view option) { return within(object, option); };
}

}  // namespace

void check_certificates(const app::StaticLoad& load, CertificateFindings& into) {
  const PlaceOf place_of = [&load](std::string_view option) {
    std::string path = fmt::format("serversTransport.{}", option);
    format::Position position = app::position_at(load.tree, path);
    return Place{.position = std::move(position), .path = std::move(path)};
  };
  Reader(into).authorities(place_of, "rootCAs", load.configuration.serversTransport.rootCAs);
}

void check_certificates(const DryRun& run, const Places& places, CertificateFindings& into) {
  if (run.dynamic == nullptr) return;
  Reader reader(into);
  for (const model::StoredCertificate& each : run.dynamic->tls.certificates) {
    const PlaceOf place_of = [&places, &each](std::string_view option) {
      return within(places.certificate(each), option);
    };
    reader.pair(place_of, "", each.certFile.value, each.keyFile.value);
  }
  for (const auto& [name, store] : run.dynamic->tls.stores) {
    if (!store.defaultCertificate) continue;
    reader.pair(place_of_object(places, "tls.stores", name), "defaultCertificate",
                store.defaultCertificate->certFile.value, store.defaultCertificate->keyFile.value);
  }
  for (const auto& [name, options] : run.dynamic->tls.options) {
    reader.authorities(place_of_object(places, "tls.options", name), "clientAuth.caFiles", options.clientAuth.caFiles);
  }
  for (const auto& [name, transport] : run.dynamic->http.serversTransports) {
    if (name.ends_with("@internal")) continue;  // those of the static configuration
    reader.transport(place_of_object(places, "http.serversTransports", name), transport);
  }
  for (const auto& [name, transport] : run.dynamic->tcp.serversTransports) {
    if (!transport.tls) continue;
    const PlaceOf object = place_of_object(places, "tcp.serversTransports", name);
    reader.transport([&object](std::string_view option) { return object(fmt::format("tls.{}", option)); },
                     *transport.tls);
  }
}

}  // namespace tandem::inspect
