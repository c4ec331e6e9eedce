"""What the pages of docs/reference are: title, opening, which options of the two configurations stand on them. Written by
write_reference.py."""
from dataclasses import dataclass, field

MARK = "Written by tools/write_reference.py from src/config/model: change the comments there or docs/reference/examples, then run it."
STATIC, DYNAMIC = "StaticConfiguration", "DynamicConfiguration"


@dataclass
class PageOf:
    """`file` names its main example too: examples/FILE.yml; further ones are named after their section."""
    file: str
    title: str
    about: str
    root: str
    opening: str
    sections: list
    options: list = field(default_factory=list)  # options of their own above the sections


INDEX = """# Reference

Every option that tandem reads: Traefik v3's, and few of its own. The pages are written from the program's sources and
cannot fall behind them; each example is run by the tests.

| page | what | options | built |
|---|---|---|---|
PAGES

## Reading the tables

- **option**: the full path of keys. `NAME` is a name of your choice, `[]` an element of a list. Case does not matter in keys.
- **type**: *text*, *true or false*, *whole number*, *number*; *secret text* (never shown by API, logs and history); *duration*
  (`1h2m3.5s`, `300ms`; a whole number means seconds); *list of …* (in files also one text with commas); *names to …* (a map
  with keys of your choice); *section* (a map with the keys that follow in the table).
- **default**: what holds when the option is not given. *absent* is a state of its own: the section, and what it switches
  on, is not there; its defaults hold once it is. A section whose row says `x: {}` *is enough* may be written without
  options; others are refused then.
- **state**: *not built yet* options are read and checked, but do nothing; the log of the start and `tandem check` name
  those that you set.

## Where options are written

The **static** configuration (pages `static-…`) is read once at the start: from one file, or flags, or the environment; the first
that is there makes the others void.

| | `entryPoints.web.address` is written |
|---|---|
| YAML | `entryPoints: {web: {address: ":80"}}` |
| TOML | `[entryPoints.web]`, `address = ":80"` |
| flag | `--entryPoints.web.address=:80` |
| environment | `TANDEM_ENTRYPOINTS_WEB_ADDRESS=:80` (or `TRAEFIK_…`) |

The **dynamic** configuration (`http`, `tcp`, `udp`, `tls`) comes from [providers](static-providers.md) and changes while
tandem runs. Names from other providers are written `name@provider`: `auth@file`, `api@internal`.

Where a path or the text itself is allowed ("path or PEM"), a text that names an existing file means its content.

## Not built yet

Of the options that Traefik has; with all that stands below them.

| page | read and checked, without effect |
|---|---|
MISSING
"""

PAGES = [
    PageOf("static-entry-points.md", "Entry points", "static: addresses, and what holds for all requests there", STATIC, """
Addresses that tandem listens on, and what holds for every request there. Without any, there is one, `http`, on `:80`.
Static: a change needs a restart.
""", ["entryPoints.NAME"]),
    PageOf("static-providers.md", "Providers", "static: where the dynamic configuration comes from", STATIC, """
Where the dynamic configuration comes from. Templates in files: [templates.md](../templates.md).
""", [f"providers.{name}" for name in (
        "file", "http", "rest", "docker", "swarm", "consulCatalog", "nomad", "ecs", "consul", "etcd", "zooKeeper", "redis", "kubernetesIngress",
        "kubernetesIngressNGINX", "kubernetesCRD", "kubernetesGateway", "knative")],
           ["providers.providersThrottleDuration", "providers.precedence", "providers.plugin"]),
    PageOf("static-api.md", "API and ping", "static: API, dashboard, health", STATIC, """
What tandem tells about itself. The paths: [api.md](../api.md).
""", ["api", "ping"]),
    PageOf("static-logs.md", "Log and access log", "static: the program's log, one line for each request", STATIC, """
The program's own log, and one line for each request. Their fields: [errors.md](../errors.md#the-log),
[access_log.md](../access_log.md).
""", ["log", "accessLog"]),
    PageOf("static-metrics.md", "Metrics", "static: numbers about requests", STATIC, """
Numbers about requests; several ways at once are allowed. All metrics: [metrics.md](../metrics.md).
""", ["metrics"]),
    PageOf("static-tracing.md", "Tracing", "static: spans", STATIC, """
Spans of requests, sent over OTLP.
""", ["tracing"]),
    PageOf("static-certificates-resolvers.md", "Certificates resolvers", "static: certificates that are ordered", STATIC, """
Who orders certificates. A router names its resolver by `tls.certResolver`.
""", ["certificatesResolvers.NAME"]),
    PageOf("static-ha.md", "High availability", "static: a pair of nodes and the addresses it holds", STATIC, """
A pair of nodes that hold addresses together: [pair.md](../pair.md). Only `virtualAddresses` is obligatory (or `instances`).
""", ["ha"]),
    PageOf("static-other.md", "Other static options", "static: the default transports, switches, plugins, SPIFFE, OCSP", STATIC, """
The transports that services use unless they name another one ([HTTP](servers-transport.md), [TCP](tcp.md)), and program-wide
switches.
""", ["serversTransport", "tcpServersTransport", "global", "core", "hostResolver", "spiffe", "ocsp", "experimental"], ["stateDirectory"]),
    PageOf("http-routers.md", "HTTP routers", "dynamic: which requests go to which service", DYNAMIC, """
A router decides by its rule which requests it takes, and hands them through its middlewares to its service.

| matcher | takes requests |
|---|---|
| ``Host(`a.test`)`` | for this host |
| ``HostRegexp(`^.+\\.a\\.test$`)`` | whose host matches the expression |
| ``Path(`/a`)``, ``PathPrefix(`/a`)``, ``PathRegexp(`^/a`)`` | with this path, below it, matching it |
| ``Method(`GET`)`` | with this method |
| ``Header(`X-A`, `b`)``, ``HeaderRegexp(`X-A`, `^b`)`` | with this header |
| ``Query(`a`, `b`)``, ``QueryRegexp(`a`, `^b`)`` | with this parameter in the query |
| ``ClientIP(`10.0.0.0/8`)`` | from this address or range |

They are joined by `&&`, `||`, `!` and parentheses. `tandem route 'GET http://host/path'` tells which router takes a request and why.
""", ["http.routers.NAME"]),
    PageOf("http-services.md", "HTTP services", "dynamic: servers and balancing", DYNAMIC, """
A service is one of several kinds: a load balancer over servers, or something that chooses among other services.
""", ["http.services.NAME"]),
    PageOf("http-middlewares.md", "HTTP middlewares", "dynamic: what happens between router and service", DYNAMIC, """
What happens between a router and its service. A middleware is of exactly one kind; routers name those that they use, in
the order in which a request passes them.
""", [f"http.middlewares.NAME.{name}" for name in (
        "addPrefix", "basicAuth", "buffering", "chain", "circuitBreaker", "compress", "contentType", "digestAuth", "encodedCharacters", "errors",
        "forwardAuth", "grpcWeb", "headers", "inFlightReq", "ipAllowList", "ipWhiteList", "passTLSClientCert", "rateLimit", "redirectRegex",
        "redirectScheme", "replacePath", "replacePathRegex", "retry", "stripPrefix", "stripPrefixRegex")], ["http.middlewares.NAME.plugin"]),
    PageOf("servers-transport.md", "HTTP servers transports", "dynamic: how to connect to servers", DYNAMIC, """
How tandem connects to servers. A load balancer names its transport by `serversTransport`; the others use `default@internal`,
which is the static option [serversTransport](static-other.md#serverstransport).
""", ["http.serversTransports.NAME"]),
    PageOf("tcp.md", "TCP", "dynamic: TCP routers, services, middlewares, transports", DYNAMIC, """
Connections that are no HTTP, or TLS that is handed on unopened.
""", ["tcp.routers.NAME", "tcp.services.NAME", "tcp.middlewares.NAME", "tcp.serversTransports.NAME"]),
    PageOf("udp.md", "UDP", "dynamic: UDP routers and services", DYNAMIC, """
Datagrams. All that one address and port of a client sends is a session, and goes to one server.
""", ["udp.routers.NAME", "udp.services.NAME"]),
    PageOf("tls.md", "TLS", "dynamic: certificates, options, stores", DYNAMIC, """
Certificates, and how clients may speak TLS. A router serves TLS when it has a section `tls`.
""", ["tls.certificates[]", "tls.options.NAME", "tls.stores.NAME"]),
]
