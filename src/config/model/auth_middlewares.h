#pragma once

// Middlewares that ask who the client is. Any thread; plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// HTTP basic authentication, RFC 7617 (Traefik: http.middlewares.NAME.basicAuth).
struct BasicAuth {
  std::vector<format::Secret> users;  ///< name:hash as htpasswd writes it (MD5, SHA1, bcrypt).
  std::string usersFile;              ///< A file of such lines; read again when it changes.
  std::string realm;                  ///< Realm shown to the client; empty: traefik.
  bool removeHeader = false;          ///< Do not hand Authorization on.
  std::string headerField;            ///< Request header that gets the user's name.
  bool operator==(const BasicAuth&) const = default;
};
BOOST_DESCRIBE_STRUCT(BasicAuth, (), (users, usersFile, realm, removeHeader, headerField))

/// HTTP digest authentication.
struct DigestAuth {
  std::vector<format::Secret> users;  ///< name:realm:hash as htdigest writes it.
  std::string usersFile;              ///< A file of such lines.
  bool removeHeader = false;          ///< Do not hand Authorization on.
  std::string realm;                  ///< Realm shown to the client; empty: traefik.
  std::string headerField;            ///< Request header that gets the user's name.
  bool operator==(const DigestAuth&) const = default;
};
BOOST_DESCRIBE_STRUCT(DigestAuth, (), (users, usersFile, removeHeader, realm, headerField))

/// TLS towards the authentication service.
struct ForwardAuthTls {
  std::string ca;                   ///< Certificate authority: path or PEM; empty: the system's.
  format::Secret cert;              ///< Client certificate: path or PEM.
  format::Secret key;               ///< Private key: path or PEM.
  bool insecureSkipVerify = false;  ///< Accept any certificate.
  std::optional<bool> caOptional;   ///< Deprecated; no effect.
  bool operator==(const ForwardAuthTls&) const = default;
};
BOOST_DESCRIBE_STRUCT(ForwardAuthTls, (), (ca, cert, key, insecureSkipVerify, caOptional))

/// Asks another service whether the request may pass.
struct ForwardAuth {
  std::string address;                                ///< URL of the service that is asked; obligatory.
  std::optional<ForwardAuthTls> tls;                  ///< TLS towards it.
  std::optional<bool> trustForwardHeader;             ///< Trust X-Forwarded-* that came in; absent differs from false.
  std::vector<std::string> authResponseHeaders;       ///< Its response headers that are put on the request.
  std::string authResponseHeadersRegex;               ///< The same, for all whose names match.
  std::vector<std::string> authRequestHeaders;        ///< Request headers it gets; empty: all.
  std::optional<std::int64_t> maxResponseBodySize;    ///< Largest answer read, in bytes; absent or -1: no limit.
  std::vector<std::string> addAuthCookiesToResponse;  ///< Its cookies that are put on the response.
  std::string headerField;                            ///< Request header that gets the user's name.
  bool forwardBody = false;                           ///< Send it the request body.
  std::optional<std::int64_t> maxBodySize = -1;       ///< Largest body sent to it, in bytes; -1: no limit.
  bool preserveLocationHeader = false;                ///< Leave Location as it is.
  bool preserveRequestMethod = false;                 ///< Ask with the request's own method.
  std::string authSigninURL;  ///< Where to redirect those who are not signed in; empty: the service's own answer.
  bool operator==(const ForwardAuth&) const = default;
};
BOOST_DESCRIBE_STRUCT(ForwardAuth, (),
                      (address, tls, trustForwardHeader, authResponseHeaders, authResponseHeadersRegex,
                       authRequestHeaders, maxResponseBodySize, addAuthCookiesToResponse, headerField, forwardBody,
                       maxBodySize, preserveLocationHeader, preserveRequestMethod, authSigninURL))

/// Which parts of a certificate's subject are told.
struct CertSubject {
  bool country = false;             ///< Country (C).
  bool province = false;            ///< Province (ST).
  bool locality = false;            ///< Locality (L).
  bool organization = false;        ///< Organisation (O).
  bool organizationalUnit = false;  ///< Unit (OU).
  bool commonName = false;          ///< Common name (CN).
  bool serialNumber = false;        ///< Serial number (SN).
  bool domainComponent = false;     ///< Domain components (DC).
  bool operator==(const CertSubject&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertSubject, (),
                      (country, province, locality, organization, organizationalUnit, commonName, serialNumber,
                       domainComponent))

/// Which parts of a certificate's issuer are told.
struct CertIssuer {
  bool country = false;          ///< Country (C).
  bool province = false;         ///< Province (ST).
  bool locality = false;         ///< Locality (L).
  bool organization = false;     ///< Organisation (O).
  bool commonName = false;       ///< Common name (CN).
  bool serialNumber = false;     ///< Serial number (SN).
  bool domainComponent = false;  ///< Domain components (DC).
  bool operator==(const CertIssuer&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertIssuer, (),
                      (country, province, locality, organization, commonName, serialNumber, domainComponent))

/// Which parts of a client certificate are told in X-Forwarded-Tls-Client-Cert-Info.
struct CertInfo {
  bool notAfter = false;      ///< End of validity.
  bool notBefore = false;     ///< Begin of validity.
  bool sans = false;          ///< Subject alternative names.
  bool serialNumber = false;  ///< Serial number.
  std::optional<CertSubject> subject;
  std::optional<CertIssuer> issuer;
  bool operator==(const CertInfo&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertInfo, (), (notAfter, notBefore, sans, serialNumber, subject, issuer))

/// Tells the service about the client's certificate.
struct PassTlsClientCert {
  bool pem = false;              ///< The whole certificate in X-Forwarded-Tls-Client-Cert.
  std::optional<CertInfo> info;  ///< Parts of it.
  bool operator==(const PassTlsClientCert&) const = default;
};
BOOST_DESCRIBE_STRUCT(PassTlsClientCert, (), (pem, info))

}  // namespace tandem::model
