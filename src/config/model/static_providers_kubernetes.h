#pragma once

// Kubernetes providers: Ingress, ingress-nginx annotations, custom resources, Gateway API, Knative. Any thread; plain
// values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// What is written into the status of Ingresses.
struct IngressEndpoint {
  std::string ip;                ///< IP address.
  std::string hostname;          ///< Host name.
  std::string publishedService;  ///< namespace/name whose address is copied.
  bool operator==(const IngressEndpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(IngressEndpoint, (), (ip, hostname, publishedService))

/// Ingress resources (Traefik: providers.kubernetesIngress).
struct KubernetesIngress {
  std::string endpoint;                 ///< URL of the API server; empty: the cluster's own.
  format::Secret token;                 ///< Bearer token, or path to it.
  std::string certAuthFilePath;         ///< File of the cluster's certificate authority.
  std::vector<std::string> namespaces;  ///< Namespaces that are read; empty: all.
  std::string labelSelector;            ///< Only objects with these labels; empty: all.
  std::string ingressClass;             ///< Only Ingresses of this class; empty: `traefik` or none.
  std::optional<IngressEndpoint> ingressEndpoint;
  format::Duration throttleDuration;                 ///< Shortest time between two looks.
  bool allowEmptyServices = false;                   ///< Keep services without endpoints.
  bool allowExternalNameServices = false;            ///< Allow services of type ExternalName.
  bool disableIngressClassLookup = false;            ///< Deprecated: disableClusterScopeResources.
  bool disableClusterScopeResources = false;         ///< Watch no nodes, namespaces and ingress classes.
  bool nativeLBByDefault = false;                    ///< Send to the service's cluster address instead of its pods.
  bool strictPrefixMatching = false;                 ///< Prefix paths match whole segments only.
  std::vector<std::string> crossProviderNamespaces;  ///< Namespaces that may name `x@provider`; absent: all.
  bool reportNodeInternalIPs = false;                ///< Internal addresses of nodes as status.
  bool operator==(const KubernetesIngress&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesIngress, (),
                      (endpoint, token, certAuthFilePath, namespaces, labelSelector, ingressClass, ingressEndpoint,
                       throttleDuration, allowEmptyServices, allowExternalNameServices, disableIngressClassLookup,
                       disableClusterScopeResources, nativeLBByDefault, strictPrefixMatching, crossProviderNamespaces,
                       reportNodeInternalIPs))

/// Which address of X-Forwarded-For counts.
struct NginxIpStrategy {
  std::int64_t depth = 0;                ///< From the right; 0: the peer.
  std::vector<std::string> excludedIPs;  ///< Addresses skipped from the right.
  std::int64_t ipv6Subnet = 0;           ///< Bits of an IPv6 address that count; 0: all.
  bool operator==(const NginxIpStrategy&) const = default;
};
BOOST_DESCRIBE_STRUCT(NginxIpStrategy, (), (depth, excludedIPs, ipv6Subnet))

/// Ingress resources with ingress-nginx annotations (Traefik: providers.kubernetesIngressNGINX).
struct KubernetesIngressNginx {
  std::string endpoint;                                   ///< URL of the API server; empty: the cluster's own.
  format::Secret token;                                   ///< Bearer token, or path to it.
  std::string certAuthFilePath;                           ///< File of the cluster's certificate authority.
  format::Duration throttleDuration;                      ///< Shortest time between two looks.
  std::string watchNamespace;                             ///< Only this namespace; empty: all.
  std::string watchNamespaceSelector;                     ///< Only namespaces with these labels.
  std::string ingressClass = "nginx";                     ///< Class of the Ingresses that are read.
  std::string controllerClass = "k8s.io/ingress-nginx";   ///< Controller of the IngressClasses that count.
  bool watchIngressWithoutClass = false;                  ///< Ingresses without a class too.
  bool ingressClassByName = false;                        ///< Find classes by name too.
  std::string publishService;                             ///< namespace/name whose address becomes the status.
  std::vector<std::string> publishStatusAddress;          ///< Addresses that become the status.
  std::string defaultBackendService;                      ///< namespace/name for requests that nobody takes.
  bool disableSvcExternalName = false;                    ///< Refuse services of type ExternalName.
  bool allowCrossNamespaceResources = false;              ///< Allow annotations to name objects elsewhere.
  bool allowSnippetAnnotations = false;                   ///< Read annotations with nginx directives.
  std::int64_t clientBodyBufferSize = 16384;              ///< Bytes of a body kept in memory.
  std::vector<std::string> customHTTPErrors;              ///< Statuses that get pages of the default backend.
  std::vector<std::string> globalAllowedResponseHeaders;  ///< Headers that custom-headers may set.
  std::string globalAuthURL;                              ///< URL that is asked about every request; empty: none.
  std::string httpEntryPoint;                             ///< Entry point without TLS; empty: all such ones.
  std::string httpsEntryPoint;                            ///< Entry point with TLS; empty: the default ones.
  std::optional<NginxIpStrategy> ipAllowListStrategy;
  std::int64_t proxyBodySize = 1048576;             ///< Largest request body in bytes.
  bool proxyBuffering = false;                      ///< Read whole responses first.
  std::int64_t proxyBufferSize = 8192;              ///< Bytes of one response buffer.
  std::int64_t proxyBuffersNumber = 4;              ///< Response buffers for each request.
  std::int64_t proxyConnectTimeout = 60;            ///< Seconds until connected.
  std::string proxyNextUpstream = "error timeout";  ///< When to try another server.
  std::int64_t proxyNextUpstreamTimeout = 0;        ///< Seconds for all tries; 0: no limit.
  std::int64_t proxyNextUpstreamTries = 3;          ///< How many tries in all.
  std::int64_t proxyReadTimeout = 60;               ///< Seconds between two reads of a response.
  bool proxyRequestBuffering = false;               ///< Read whole requests first.
  std::int64_t proxySendTimeout = 60;               ///< Seconds between two writes of a request.
  bool strictValidatePathType = true;               ///< Refuse Prefix and Exact paths with odd characters.
  std::int64_t upstreamKeepaliveTimeout = 60;       ///< Seconds an unused connection is kept.
  bool operator==(const KubernetesIngressNginx&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesIngressNginx, (),
                      (endpoint, token, certAuthFilePath, throttleDuration, watchNamespace, watchNamespaceSelector,
                       ingressClass, controllerClass, watchIngressWithoutClass, ingressClassByName, publishService,
                       publishStatusAddress, defaultBackendService, disableSvcExternalName,
                       allowCrossNamespaceResources, allowSnippetAnnotations, clientBodyBufferSize, customHTTPErrors,
                       globalAllowedResponseHeaders, globalAuthURL, httpEntryPoint, httpsEntryPoint,
                       ipAllowListStrategy, proxyBodySize, proxyBuffering, proxyBufferSize, proxyBuffersNumber,
                       proxyConnectTimeout, proxyNextUpstream, proxyNextUpstreamTimeout, proxyNextUpstreamTries,
                       proxyReadTimeout, proxyRequestBuffering, proxySendTimeout, strictValidatePathType,
                       upstreamKeepaliveTimeout))

/// Traefik's custom resources (Traefik: providers.kubernetesCRD).
struct KubernetesCrd {
  std::string endpoint;                              ///< URL of the API server; empty: the cluster's own.
  format::Secret token;                              ///< Bearer token, or path to it.
  std::string certAuthFilePath;                      ///< File of the cluster's certificate authority.
  std::vector<std::string> namespaces;               ///< Namespaces that are read; empty: all.
  bool allowCrossNamespace = false;                  ///< Allow objects to name those of other namespaces.
  bool allowExternalNameServices = false;            ///< Allow services of type ExternalName.
  std::string labelSelector;                         ///< Only objects with these labels; empty: all.
  std::string ingressClass;                          ///< Only objects of this class; empty: `traefik` or none.
  format::Duration throttleDuration;                 ///< Shortest time between two looks.
  bool allowEmptyServices = false;                   ///< Keep services without endpoints.
  bool nativeLBByDefault = false;                    ///< Send to the service's cluster address instead of its pods.
  bool disableClusterScopeResources = false;         ///< Watch no nodes, namespaces and ingress classes.
  std::vector<std::string> crossProviderNamespaces;  ///< Namespaces that may name `x@provider`; absent: all.
  bool operator==(const KubernetesCrd&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesCrd, (),
                      (endpoint, token, certAuthFilePath, namespaces, allowCrossNamespace, allowExternalNameServices,
                       labelSelector, ingressClass, throttleDuration, allowEmptyServices, nativeLBByDefault,
                       disableClusterScopeResources, crossProviderNamespaces))

/// A service of the cluster.
struct KubernetesServiceName {
  std::string name;        ///< Name.
  std::string namespace_;  ///< Namespace.
  bool operator==(const KubernetesServiceName&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesServiceName, (), (name, namespace_))

/// What is written into the status of Gateways.
struct GatewayStatusAddress {
  std::string ip;                                ///< IP address; comes before the others.
  std::string hostname;                          ///< Host name.
  std::optional<KubernetesServiceName> service;  ///< Service whose address is copied.
  bool operator==(const GatewayStatusAddress&) const = default;
};
BOOST_DESCRIBE_STRUCT(GatewayStatusAddress, (), (ip, hostname, service))

/// Gateway API resources (Traefik: providers.kubernetesGateway).
struct KubernetesGateway {
  std::string endpoint;                 ///< URL of the API server; empty: the cluster's own.
  format::Secret token;                 ///< Bearer token, or path to it.
  std::string certAuthFilePath;         ///< File of the cluster's certificate authority.
  std::vector<std::string> namespaces;  ///< Namespaces that are read; empty: all.
  std::string labelSelector;            ///< Only objects with these labels; empty: all.
  format::Duration throttleDuration;    ///< Shortest time between two looks.
  bool experimentalChannel = false;     ///< Objects of the experimental channel too (TCPRoute).
  std::optional<GatewayStatusAddress> statusAddress;
  bool nativeLBByDefault = false;                    ///< Send to the service's cluster address instead of its pods.
  std::vector<std::string> crossProviderNamespaces;  ///< Namespaces that may name `x@provider`; absent: all.
  double qps = 50.0;                                 ///< Requests a second to the API server; negative: no limit.
  std::int64_t burst = 100;                          ///< Requests that may come at once.
  bool operator==(const KubernetesGateway&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesGateway, (),
                      (endpoint, token, certAuthFilePath, namespaces, labelSelector, throttleDuration,
                       experimentalChannel, statusAddress, nativeLBByDefault, crossProviderNamespaces, qps, burst))

/// Knative's ingress resources (Traefik: providers.knative).
struct Knative {
  std::string endpoint;                         ///< URL of the API server; empty: the cluster's own.
  format::Secret token;                         ///< Bearer token, or path to it.
  std::string certAuthFilePath;                 ///< File of the cluster's certificate authority.
  std::string labelSelector;                    ///< Only objects with these labels; empty: all.
  std::vector<std::string> namespaces;          ///< Namespaces that are read; empty: all.
  std::vector<std::string> privateEntryPoints;  ///< Entry points of cluster-local rules; empty: those are left out.
  std::optional<KubernetesServiceName> privateService;  ///< Service whose name becomes the private status.
  std::vector<std::string> publicEntryPoints;           ///< Entry points of public rules.
  std::optional<KubernetesServiceName> publicService;   ///< Service whose name becomes the public status.
  format::Duration throttleDuration;                    ///< Shortest time between two looks.
  bool operator==(const Knative&) const = default;
};
BOOST_DESCRIBE_STRUCT(Knative, (),
                      (endpoint, token, certAuthFilePath, labelSelector, namespaces, privateEntryPoints, privateService,
                       publicEntryPoints, publicService, throttleDuration))

}  // namespace tandem::model
