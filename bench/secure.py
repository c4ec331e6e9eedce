"""TLS, HTTP/2 and gRPC: the proxies' configurations with certificates, and what is asked of them.

Each proxy listens twice, for HTTP/1.1 and HTTP/2: with an ECDSA certificate, and RSA_OFFSET ports further with an RSA one,
which proxies that choose by name alone give to "rsa.test". Calls below /bench.Echo/ go to a gRPC server over HTTP/2 without TLS, all else to the backend.
"""
import os
import shutil
import subprocess
from pathlib import Path

import measure
import peers
from cases import MIB, TrafficCase

RSA_OFFSET = 20
GRPC_PORT = measure.BACKEND_PORT + 1
GRPC_PATH = "/bench.Echo/Unary"

NGINX_SERVER = """
  server {{
    listen 127.0.0.1:{at} ssl http2 backlog=16384;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:{name}:10m;
    client_max_body_size 0;
    http2_max_concurrent_streams 250;
    location / {{
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_buffers 8 64k;
      client_body_buffer_size 64k;
      proxy_read_timeout 600s;
    }}
    location /bench.Echo/ {{
      grpc_pass grpc://calls;
      grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
"""
NGINX_CALLS = """
  upstream calls {{
    server 127.0.0.1:{grpc};
    keepalive 512;
    keepalive_requests 1000000000;
  }}
"""

HAPROXY = """
global
  nbthread 1
  no strict-limits
  maxconn 12000
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  option http-keep-alive
  option forwardfor
  option splice-auto
  http-reuse always
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s
  timeout http-request 600s
frontend web
  bind 127.0.0.1:{port} backlog 16384 ssl crt {ecdsa} alpn h2,http/1.1
  bind 127.0.0.1:{rsa_port} backlog 16384 ssl crt {rsa} alpn h2,http/1.1
  use_backend calls if {{ path_beg /bench.Echo/ }}
  default_backend backend
backend backend
  server one 127.0.0.1:{backend} pool-purge-delay 600s pool-max-conn 512
backend calls
  server one 127.0.0.1:{grpc} proto h2 pool-purge-delay 600s pool-max-conn 512
"""

NGHTTPX = """
workers=1
single-thread=yes
errorlog-file=/dev/null
frontend=127.0.0.1,{port}
frontend=127.0.0.1,{rsa_port}
backend=127.0.0.1,{backend};/
backend=127.0.0.1,{grpc};/bench.Echo/;proto=h2
private-key-file={ecdsa}
certificate-file={ecdsa}
subcert={rsa}:{rsa}
no-ocsp=yes
add-x-forwarded-for=yes
no-via=yes
backlog=16384
frontend-keep-alive-timeout=600s
frontend-read-timeout=600s
frontend-http2-max-concurrent-streams=250
backend-keep-alive-timeout=600s
"""

CADDY = """
{{
  admin off
  auto_https off
  servers {{
    protocols h1 h2
  }}
}}
"""
CADDY_SITE = """
https://:{at} {{
  bind 127.0.0.1
  tls {certificate} {certificate}
  handle /bench.Echo/* {{
    reverse_proxy h2c://127.0.0.1:{grpc}
  }}
  handle {{
    reverse_proxy 127.0.0.1:{backend} {{
      transport http {{
        keepalive 600s
        keepalive_idle_conns 512
        keepalive_idle_conns_per_host 512
      }}
    }}
  }}
}}
"""

# Each under a host of its own: version 2.2 takes no list of listeners.
H2O_HOST = """
  "{name}.test":
    listen:
      host: 127.0.0.1
      port: {at}
      ssl:
        certificate-file: {certificate}
        key-file: {certificate}
        minimum-version: TLSv1.2
"""

ENTRY_POINTS = """
global:
  checkNewVersion: false
  sendAnonymousUsage: false
log:
  level: ERROR
entryPoints:
  web:
    address: "127.0.0.1:{port}"
    http:
      tls: {{}}
  rsa:
    address: "127.0.0.1:{rsa_port}"
    http:
      tls: {{}}
providers:
  file:
    filename: "{dynamic}"
serversTransport:
  maxIdleConnsPerHost: 512
"""
DYNAMIC = """
http:
  routers:
    all:
      rule: PathPrefix(`/`)
      service: backend
    calls:
      rule: PathPrefix(`/bench.Echo/`)
      service: calls
  services:
    backend:
      loadBalancer:
        servers:
          - url: "http://127.0.0.1:{backend}"
    calls:
      loadBalancer:
        servers:
          - url: "h2c://127.0.0.1:{grpc}"
tls:
  certificates:
    - certFile: "{ecdsa}"
      keyFile: "{ecdsa}"
    - certFile: "{rsa}"
      keyFile: "{rsa}"
"""


def names(folder, port):
    """What the templates may speak of."""
    work = folder.parent
    return dict(port=port, rsa_port=port + RSA_OFFSET, backend=measure.BACKEND_PORT, grpc=GRPC_PORT, work=folder,
                ecdsa=work / "ecdsa.pem", rsa=work / "rsa.pem")


def each_listener(template, values):
    return "".join(template.format(at=at, certificate=values[name], name=name, **values)
                   for name, at in (("ecdsa", values["port"]), ("rsa", values["rsa_port"])))


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def configure_nginx(peer, folder, _rules):
    values = names(folder, peer.port)
    whole = peers.NGINX.format(port=peer.port + 2 * RSA_OFFSET, backend=measure.BACKEND_PORT, work=folder)
    text = whole.rstrip().removesuffix("}") + NGINX_CALLS.format(**values) + each_listener(NGINX_SERVER, values) + "}\n"
    return [peer.program, "-p", folder, "-c", write(folder, "nginx.conf", text)]


def configure_haproxy(peer, folder, _rules):
    return [peer.program, "-db", "-f", write(folder, "haproxy.cfg", HAPROXY.format(**names(folder, peer.port)))]


def configure_nghttpx(peer, folder, _rules):
    return [peer.program, f"--conf={write(folder, 'nghttpx.conf', NGHTTPX.format(**names(folder, peer.port)))}"]


def configure_caddy(peer, folder, _rules):
    text = CADDY.format() + each_listener(CADDY_SITE, names(folder, peer.port))
    return [peer.program, "run", "--adapter", "caddyfile", "--config", write(folder, "Caddyfile", text)]


def configure_h2o(peer, folder, _rules):
    user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    plain = peers.H2O.format(port=peer.port, backend=measure.BACKEND_PORT, user=user)
    before, paths = plain.split("listen:")[0], plain[plain.index("    paths:"):]
    text = before + "hosts:" + each_listener(H2O_HOST + paths, names(folder, peer.port))
    return [peer.program, "-m", "worker", "-c", write(folder, "h2o.yml", text)]


def configure_traefik(peer, folder, _rules):
    values = names(folder, peer.port)
    dynamic = write(folder, "dynamic.yml", DYNAMIC.format(**values))
    return [peer.program, f"--configFile={write(folder, 'traefik.yml', ENTRY_POINTS.format(dynamic=dynamic, **values))}"]


def secure_peers(tandem):
    """Every proxy that is there, in the order of the tables: {name: Peer}."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    candidates = [
        ("nginx", shutil.which("nginx", path=path), configure_nginx),
        ("haproxy", shutil.which("haproxy", path=path), configure_haproxy),
        ("nghttpx", shutil.which("nghttpx", path=path), configure_nghttpx),
        ("h2o", shutil.which("h2o"), configure_h2o),
        ("caddy", shutil.which("caddy"), configure_caddy),
        ("traefik", os.environ.get("TRAEFIK"), configure_traefik),
        ("tandem", str(tandem), configure_traefik),
    ]
    return {name: peers.Peer(name, program, 28300 + index, configure)
            for index, (name, program, configure) in enumerate(candidates) if program and os.access(program, os.X_OK)}


def make_files(work):
    """Certificates (key and certificate in one file), a message of gRPC and a body of 100 MiB, for all peers."""
    work = Path(work)
    for name, host, kind in (("ecdsa", "bench.test", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]), ("rsa", "rsa.test", ["rsa:2048"])):
        key, certificate = work / f"{name}.key", work / f"{name}.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "30", "-subj", f"/CN={host}", "-addext",
                        f"subjectAltName=DNS:{host}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        (work / f"{name}.pem").write_text(certificate.read_text() + key.read_text())
    (work / "message").write_bytes(b"\0\0\0\0\x0e" + b"\x0a\x0cHello, world")
    with open(work / "huge", "wb") as huge:
        huge.truncate(100 * MIB)
    calls = work / "calls" / GRPC_PATH.lstrip("/")
    calls.parent.mkdir(parents=True)
    calls.write_bytes((work / "message").read_bytes())


def start_calls(work):
    """The gRPC server: it answers each call with the same message and the trailer grpc-status. None without nghttpd."""
    program = shutil.which("nghttpd")
    if program is None:
        return None
    command = [program, "--no-tls", "-a", "127.0.0.1", "-d", Path(work) / "calls", "--trailer", "grpc-status: 0", "-m", "250", GRPC_PORT]
    process = measure.Process(command, measure.LOAD_CORE, Path(work) / "calls.log")
    measure.wait_for_port(GRPC_PORT, 10, process)
    return process


def h2load(path, connections, streams, count=None, **more):
    return dict(tool="h2load", path=path, connections=connections, streams=streams, **({"count": count} if count else {}), **more)


# nghttpx breaks every third connection off when the request asks for "Connection: close".
FAILS_AT_CLOSE = ("nghttpx",)
CASES = [
    TrafficCase("tls64", "TLS: small GET, 64 connections", dict(connections=64, tls="full")),
    TrafficCase("handshake", "TLS: new connection, ECDSA P-256", dict(connections=16, mode="new", tls="full"), without=FAILS_AT_CLOSE),
    TrafficCase("handshake-rsa", "TLS: new connection, RSA-2048", dict(connections=16, mode="new", tls="full", name="rsa.test"),
                without=FAILS_AT_CLOSE, offset=RSA_OFFSET),
    TrafficCase("resumed", "TLS: new connection, session resumed", dict(connections=16, mode="new", tls="resume"), without=FAILS_AT_CLOSE),
    TrafficCase("h2", "HTTP/2: small GET, 8 connections of 100 streams", h2load("/small", 8, 100)),
    TrafficCase("h2-download", "HTTP/2: response of 100 MiB", h2load("/100m", 4, 1, 8)),
    TrafficCase("h2-upload", "HTTP/2: upload of 100 MiB", h2load("/upload", 4, 1, 8, body="huge")),
    # h2o 2.2 speaks no HTTP/2 to servers.
    TrafficCase("grpc", "gRPC: unary calls, 8 connections of 100 streams",
                h2load(GRPC_PATH, 8, 100, body="message", headers=("content-type: application/grpc", "te: trailers")), without=("h2o",)),
]
