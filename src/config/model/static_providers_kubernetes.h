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
  std::string ip;
  std::string hostname;
  std::string publishedService;  ///< namespace/name whose address is copied.
  bool operator==(const IngressEndpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(IngressEndpoint, (), (ip, hostname, publishedService))

/// Ingress resources (Traefik: providers.kubernetesIngress).
struct KubernetesIngress {
  std::string endpoint;
  format::Secret token;
  std::string certAuthFilePath;
  std::vector<std::string> namespaces;
  std::string labelSelector;
  std::string ingressClass;
  std::optional<IngressEndpoint> ingressEndpoint;
  format::Duration throttleDuration;
  bool allowEmptyServices = false;
  bool allowExternalNameServices = false;
  bool disableIngressClassLookup = false;  ///< Deprecated: disableClusterScopeResources.
  bool disableClusterScopeResources = false;
  bool nativeLBByDefault = false;
  bool strictPrefixMatching = false;
  std::vector<std::string> crossProviderNamespaces;
  bool reportNodeInternalIPs = false;
  bool operator==(const KubernetesIngress&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesIngress, (),
                      (endpoint, token, certAuthFilePath, namespaces, labelSelector, ingressClass, ingressEndpoint,
                       throttleDuration, allowEmptyServices, allowExternalNameServices, disableIngressClassLookup,
                       disableClusterScopeResources, nativeLBByDefault, strictPrefixMatching, crossProviderNamespaces,
                       reportNodeInternalIPs))

/// Which address of X-Forwarded-For counts.
struct NginxIpStrategy {
  std::int64_t depth = 0;
  std::vector<std::string> excludedIPs;
  std::int64_t ipv6Subnet = 0;
  bool operator==(const NginxIpStrategy&) const = default;
};
BOOST_DESCRIBE_STRUCT(NginxIpStrategy, (), (depth, excludedIPs, ipv6Subnet))

/// Ingress resources with ingress-nginx annotations (Traefik: providers.kubernetesIngressNGINX).
struct KubernetesIngressNginx {
  std::string endpoint;
  format::Secret token;
  std::string certAuthFilePath;
  format::Duration throttleDuration;
  std::string watchNamespace;
  std::string watchNamespaceSelector;
  std::string ingressClass = "nginx";
  std::string controllerClass = "k8s.io/ingress-nginx";
  bool watchIngressWithoutClass = false;
  bool ingressClassByName = false;
  std::string publishService;
  std::vector<std::string> publishStatusAddress;
  std::string defaultBackendService;
  bool disableSvcExternalName = false;
  bool allowCrossNamespaceResources = false;
  bool allowSnippetAnnotations = false;
  std::int64_t clientBodyBufferSize = 16384;
  std::vector<std::string> customHTTPErrors;
  std::vector<std::string> globalAllowedResponseHeaders;
  std::string globalAuthURL;
  std::string httpEntryPoint;
  std::string httpsEntryPoint;
  std::optional<NginxIpStrategy> ipAllowListStrategy;
  std::int64_t proxyBodySize = 1048576;
  bool proxyBuffering = false;
  std::int64_t proxyBufferSize = 8192;
  std::int64_t proxyBuffersNumber = 4;
  std::int64_t proxyConnectTimeout = 60;  ///< Seconds.
  std::string proxyNextUpstream = "error timeout";
  std::int64_t proxyNextUpstreamTimeout = 0;  ///< Seconds.
  std::int64_t proxyNextUpstreamTries = 3;
  std::int64_t proxyReadTimeout = 60;  ///< Seconds.
  bool proxyRequestBuffering = false;
  std::int64_t proxySendTimeout = 60;  ///< Seconds.
  bool strictValidatePathType = true;
  std::int64_t upstreamKeepaliveTimeout = 60;  ///< Seconds.
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
  std::string endpoint;
  format::Secret token;
  std::string certAuthFilePath;
  std::vector<std::string> namespaces;
  bool allowCrossNamespace = false;
  bool allowExternalNameServices = false;
  std::string labelSelector;
  std::string ingressClass;
  format::Duration throttleDuration;
  bool allowEmptyServices = false;
  bool nativeLBByDefault = false;
  bool disableClusterScopeResources = false;
  std::vector<std::string> crossProviderNamespaces;
  bool operator==(const KubernetesCrd&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesCrd, (),
                      (endpoint, token, certAuthFilePath, namespaces, allowCrossNamespace, allowExternalNameServices,
                       labelSelector, ingressClass, throttleDuration, allowEmptyServices, nativeLBByDefault,
                       disableClusterScopeResources, crossProviderNamespaces))

/// A service of the cluster.
struct KubernetesServiceName {
  std::string name;
  std::string namespace_;
  bool operator==(const KubernetesServiceName&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesServiceName, (), (name, namespace_))

/// What is written into the status of Gateways.
struct GatewayStatusAddress {
  std::string ip;
  std::string hostname;
  std::optional<KubernetesServiceName> service;
  bool operator==(const GatewayStatusAddress&) const = default;
};
BOOST_DESCRIBE_STRUCT(GatewayStatusAddress, (), (ip, hostname, service))

/// Gateway API resources (Traefik: providers.kubernetesGateway).
struct KubernetesGateway {
  std::string endpoint;
  format::Secret token;
  std::string certAuthFilePath;
  std::vector<std::string> namespaces;
  std::string labelSelector;
  format::Duration throttleDuration;
  bool experimentalChannel = false;
  std::optional<GatewayStatusAddress> statusAddress;
  bool nativeLBByDefault = false;
  std::vector<std::string> crossProviderNamespaces;
  double qps = 50.0;
  std::int64_t burst = 100;
  bool operator==(const KubernetesGateway&) const = default;
};
BOOST_DESCRIBE_STRUCT(KubernetesGateway, (),
                      (endpoint, token, certAuthFilePath, namespaces, labelSelector, throttleDuration,
                       experimentalChannel, statusAddress, nativeLBByDefault, crossProviderNamespaces, qps, burst))

/// Knative's ingress resources (Traefik: providers.knative).
struct Knative {
  std::string endpoint;
  format::Secret token;
  std::string certAuthFilePath;
  std::string labelSelector;
  std::vector<std::string> namespaces;
  std::vector<std::string> privateEntryPoints;
  std::optional<KubernetesServiceName> privateService;
  std::vector<std::string> publicEntryPoints;
  std::optional<KubernetesServiceName> publicService;
  format::Duration throttleDuration;
  bool operator==(const Knative&) const = default;
};
BOOST_DESCRIBE_STRUCT(Knative, (),
                      (endpoint, token, certAuthFilePath, labelSelector, namespaces, privateEntryPoints, privateService,
                       publicEntryPoints, publicService, throttleDuration))

}  // namespace tandem::model
