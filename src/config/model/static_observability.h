#pragma once

// What the program tells about itself: log, access log, metrics, traces, ping, API. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/otlp.h"

namespace tandem::model {

/// The program's own log (Traefik: log).
struct Log {
  std::string level = "ERROR";    ///< TRACE, DEBUG, INFO, WARN, ERROR, FATAL, PANIC; any case; others: ERROR.
  std::string format = "common";  ///< common or json.
  bool noColor = false;           ///< No colours (format common).
  std::string filePath;           ///< Empty: standard output.
  std::int64_t maxSize = 0;       ///< MB before rotation; 0: 100.
  std::int64_t maxAge = 0;        ///< Days old files are kept; 0: for ever.
  std::int64_t maxBackups = 0;    ///< Old files kept; 0: all.
  bool compress = false;          ///< Has no effect: rotated files are always compressed.
  std::optional<Otlp> otlp;
  static constexpr std::array kMayStandAlone{"otlp"};
  static constexpr std::array kNotBuilt{"otlp"};
  bool operator==(const Log&) const = default;
};
BOOST_DESCRIBE_STRUCT(Log, (), (level, format, noColor, filePath, maxSize, maxAge, maxBackups, compress, otlp))

/// Which requests are logged.
struct AccessLogFilters {
  std::vector<std::string> statusCodes;  ///< Those with these statuses and ranges: 500-599.
  bool retryAttempts = false;            ///< Those that were retried.
  format::Duration minDuration;          ///< Those that took longer than this.
  bool operator==(const AccessLogFilters&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessLogFilters, (), (statusCodes, retryAttempts, minDuration))

/// Which headers are logged.
struct AccessLogHeaders {
  std::string defaultMode = "drop";          ///< For headers that are not named: keep, drop or redact.
  std::map<std::string, std::string> names;  ///< Header to keep, drop or redact.
  bool operator==(const AccessLogHeaders&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessLogHeaders, (), (defaultMode, names))

/// Whether queries are logged.
struct AccessLogQueryParameters {
  std::string defaultMode = "keep";  ///< keep or drop.
  bool operator==(const AccessLogQueryParameters&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessLogQueryParameters, (), (defaultMode))

/// Which fields are logged.
struct AccessLogFields {
  std::string defaultMode = "keep";          ///< For fields that are not named: keep or drop.
  std::map<std::string, std::string> names;  ///< Field to keep or drop.
  AccessLogHeaders headers;
  AccessLogQueryParameters queryParameters;
  bool operator==(const AccessLogFields&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessLogFields, (), (defaultMode, names, headers, queryParameters))

/// One line per request (Traefik: accessLog).
struct AccessLog {
  std::string filePath;           ///< Empty: standard output.
  std::string format = "common";  ///< common, genericCLF or json.
  std::optional<AccessLogFilters> filters;
  std::optional<AccessLogFields> fields;
  std::int64_t bufferingSize = 0;  ///< Lines that may wait for the disk beyond the usual.
  bool addInternals = false;       ///< Requests to `@internal` services too.
  bool dualOutput = false;         ///< With otlp: write lines too.
  std::optional<Otlp> otlp;
  static constexpr std::array kNotBuilt{"dualOutput", "otlp"};
  static constexpr std::array kMayStandAlone{"otlp"};
  bool operator==(const AccessLog&) const = default;
};
BOOST_DESCRIBE_STRUCT(AccessLog, (), (filePath, format, filters, fields, bufferingSize, addInternals, dualOutput, otlp))

/// The page Prometheus reads (Traefik: metrics.prometheus).
struct Prometheus {
  std::vector<double> buckets{0.1, 0.3, 1.2, 5.0};  ///< Bounds of the histograms in seconds.
  bool addEntryPointsLabels = true;                 ///< Count by entry point.
  bool addRoutersLabels = false;                    ///< Count by router.
  bool addServicesLabels = true;                    ///< Count by service.
  std::string entryPoint = "traefik";               ///< Entry point of `/metrics`.
  bool manualRouting = false;                       ///< No router of its own: use the service `prometheus@internal`.
  std::map<std::string, std::string> headerLabels;  ///< Label to request header whose value it shows.
  bool operator==(const Prometheus&) const = default;
};
BOOST_DESCRIBE_STRUCT(Prometheus, (),
                      (buckets, addEntryPointsLabels, addRoutersLabels, addServicesLabels, entryPoint, manualRouting,
                       headerLabels))

/// Metrics to Datadog.
struct Datadog {
  std::string address = "localhost:8125";                   ///< host:port or Unix socket of the agent.
  format::Duration pushInterval{std::chrono::seconds(10)};  ///< Time between two pushes.
  bool addEntryPointsLabels = true;                         ///< Count by entry point.
  bool addRoutersLabels = false;                            ///< Count by router.
  bool addServicesLabels = true;                            ///< Count by service.
  std::string prefix = "traefik";                           ///< Beginning of the metrics' names.
  bool operator==(const Datadog&) const = default;
};
BOOST_DESCRIBE_STRUCT(Datadog, (),
                      (address, pushInterval, addEntryPointsLabels, addRoutersLabels, addServicesLabels, prefix))

/// Metrics to StatsD.
struct StatsD {
  std::string address = "localhost:8125";                   ///< host:port of the server.
  format::Duration pushInterval{std::chrono::seconds(10)};  ///< Time between two pushes.
  bool addEntryPointsLabels = true;                         ///< Count by entry point.
  bool addRoutersLabels = false;                            ///< Count by router.
  bool addServicesLabels = true;                            ///< Count by service.
  std::string prefix = "traefik";                           ///< Beginning of the metrics' names.
  bool operator==(const StatsD&) const = default;
};
BOOST_DESCRIBE_STRUCT(StatsD, (),
                      (address, pushInterval, addEntryPointsLabels, addRoutersLabels, addServicesLabels, prefix))

/// Metrics to InfluxDB 2.
struct InfluxDb2 {
  std::string address = "http://localhost:8086";            ///< URL of the server.
  format::Secret token;                                     ///< Access token; obligatory.
  format::Duration pushInterval{std::chrono::seconds(10)};  ///< Time between two pushes.
  std::string org;                                          ///< Organisation; obligatory.
  std::string bucket;                                       ///< Bucket; obligatory.
  bool addEntryPointsLabels = true;                         ///< Count by entry point.
  bool addRoutersLabels = false;                            ///< Count by router.
  bool addServicesLabels = true;                            ///< Count by service.
  std::map<std::string, std::string> additionalLabels;      ///< Labels added to everything.
  bool operator==(const InfluxDb2&) const = default;
};
BOOST_DESCRIBE_STRUCT(InfluxDb2, (),
                      (address, token, pushInterval, org, bucket, addEntryPointsLabels, addRoutersLabels,
                       addServicesLabels, additionalLabels))

/// Metrics over OTLP.
struct OtlpMetrics {
  std::optional<OtlpGrpc> grpc;
  std::optional<OtlpHttp> http;
  bool addEntryPointsLabels = true;  ///< Count by entry point.
  bool addRoutersLabels = false;     ///< Count by router.
  bool addServicesLabels = true;     ///< Count by service.
  std::vector<double> explicitBoundaries{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                         0.5,   0.75, 1.0,   2.5,  5.0,   7.5, 10.0};  ///< Seconds.
  format::Duration pushInterval{std::chrono::seconds(10)};                             ///< Time between two pushes.
  std::string serviceName = "traefik";                    ///< Name of this program at the collector.
  std::map<std::string, std::string> resourceAttributes;  ///< Further attributes of this program.
  static constexpr std::array kMayStandAlone{"grpc", "http"};
  bool operator==(const OtlpMetrics&) const = default;
};
BOOST_DESCRIBE_STRUCT(OtlpMetrics, (),
                      (grpc, http, addEntryPointsLabels, addRoutersLabels, addServicesLabels, explicitBoundaries,
                       pushInterval, serviceName, resourceAttributes))

/// Numbers about requests (Traefik: metrics).
struct Metrics {
  bool addInternals = false;  ///< Count requests to `@internal` services too.
  std::optional<Prometheus> prometheus;
  std::optional<Datadog> datadog;
  std::optional<StatsD> statsD;
  std::optional<InfluxDb2> influxDB2;
  std::optional<OtlpMetrics> otlp;
  static constexpr std::array kMayStandAlone{"prometheus", "datadog", "statsD", "influxDB2", "otlp"};
  static constexpr std::array kNotBuilt{"datadog", "statsD", "influxDB2", "otlp"};
  bool operator==(const Metrics&) const = default;
};
BOOST_DESCRIBE_STRUCT(Metrics, (), (addInternals, prometheus, datadog, statsD, influxDB2, otlp))

/// Traces over OTLP.
struct TracingOtlp {
  std::optional<OtlpGrpc> grpc;
  std::optional<OtlpHttp> http;
  static constexpr std::array kMayStandAlone{"grpc", "http"};
  bool operator==(const TracingOtlp&) const = default;
};
BOOST_DESCRIBE_STRUCT(TracingOtlp, (), (grpc, http))

/// Spans (Traefik: tracing).
struct Tracing {
  std::string serviceName = "traefik";                    ///< Name of this program in traces.
  std::map<std::string, std::string> resourceAttributes;  ///< Further attributes of this program.
  std::vector<std::string> capturedRequestHeaders;        ///< Request headers that become attributes.
  std::vector<std::string> capturedResponseHeaders;       ///< Response headers that become attributes.
  std::vector<std::string> safeQueryParams;               ///< Query parameters that are not redacted.
  double sampleRate = 1.0;                                ///< Share of requests that is traced, 0 to 1.
  bool addInternals = false;                              ///< Trace requests to `@internal` services too.
  std::optional<TracingOtlp> otlp;                        ///< Where spans go; absent: HTTP to localhost.
  std::map<std::string, std::string> globalAttributes;    ///< Deprecated name of resourceAttributes.
  static constexpr std::array kMayStandAlone{"otlp"};
  bool operator==(const Tracing&) const = default;
};
BOOST_DESCRIBE_STRUCT(Tracing, (),
                      (serviceName, resourceAttributes, capturedRequestHeaders, capturedResponseHeaders,
                       safeQueryParams, sampleRate, addInternals, otlp, globalAttributes))

/// Answers health checks under /ping (Traefik: ping).
struct Ping {
  std::string entryPoint = "traefik";        ///< Entry point of `/ping`.
  bool manualRouting = false;                ///< No router of its own: use the service `ping@internal`.
  std::int64_t terminatingStatusCode = 503;  ///< Status while the program ends.
  bool operator==(const Ping&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ping, (), (entryPoint, manualRouting, terminatingStatusCode))

/// The REST API and the dashboard (Traefik: api).
struct Api {
  std::string basePath = "/";       ///< Put before its paths.
  bool insecure = false;            ///< Serve it on the entry point `traefik`, for everybody.
  bool dashboard = true;            ///< Serve the page for people too.
  bool debug = false;               ///< Serve `/debug/` too.
  bool disableDashboardAd = false;  ///< Only told in /api/version.
  std::string dashboardName;        ///< Only told in /api/version.
  bool operator==(const Api&) const = default;
};
BOOST_DESCRIBE_STRUCT(Api, (), (basePath, insecure, dashboard, debug, disableDashboardAd, dashboardName))

}  // namespace tandem::model
