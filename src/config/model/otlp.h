#pragma once

// The OTLP exporter settings that logs, access logs, metrics and traces share. Any thread; plain values.

#include <array>
#include <map>
#include <optional>
#include <string>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// Export over gRPC.
struct OtlpGrpc {
  std::string endpoint = "localhost:4317";        ///< host:port.
  bool insecure = false;                          ///< Without TLS.
  std::optional<ClientTls> tls;                   ///< TLS towards it.
  std::map<std::string, format::Secret> headers;  ///< Sent with every export.
  bool operator==(const OtlpGrpc&) const = default;
};
BOOST_DESCRIBE_STRUCT(OtlpGrpc, (), (endpoint, insecure, tls, headers))

/// Export over HTTP.
struct OtlpHttp {
  std::string endpoint = "https://localhost:4318";  ///< URL.
  std::optional<ClientTls> tls;                     ///< TLS towards it.
  std::map<std::string, format::Secret> headers;    ///< Sent with every export.
  bool operator==(const OtlpHttp&) const = default;
};
BOOST_DESCRIBE_STRUCT(OtlpHttp, (), (endpoint, tls, headers))

/// Where telemetry goes; gRPC wins when both are set.
struct Otlp {
  std::string serviceName = "traefik";                    ///< Name of this program at the collector.
  std::map<std::string, std::string> resourceAttributes;  ///< Further attributes of this program.
  std::optional<OtlpGrpc> grpc;
  std::optional<OtlpHttp> http;
  static constexpr std::array kMayStandAlone{"grpc", "http"};
  bool operator==(const Otlp&) const = default;
};
BOOST_DESCRIBE_STRUCT(Otlp, (), (serviceName, resourceAttributes, grpc, http))

}  // namespace tandem::model
