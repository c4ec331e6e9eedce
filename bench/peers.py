"""The proxies that are compared: for each a configuration as its own manual would have it for speed, one worker, no access log.

All of them forward everything to the one backend over kept connections and send X-Forwarded-For, as in production.
"""
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import measure

NGINX = """
daemon off;
worker_processes 1;
pid {work}/nginx.pid;
error_log stderr error;
events {{ worker_connections 16000; multi_accept on; }}
http {{
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path {work}/nginx-body;
  proxy_temp_path {work}/nginx-proxy;
  fastcgi_temp_path {work}/nginx-fastcgi;
  uwsgi_temp_path {work}/nginx-uwsgi;
  scgi_temp_path {work}/nginx-scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream backend {{
    server 127.0.0.1:{backend};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=16384;
    location / {{
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_buffers 8 64k;
      client_body_buffer_size 64k;
      proxy_read_timeout 600s;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  no strict-limits
  maxconn 12000
defaults
  mode http
  option http-keep-alive
  option forwardfor
  option splice-auto
  http-reuse always
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  timeout http-keep-alive 600s
  timeout http-request 600s
frontend web
  bind 127.0.0.1:{port} backlog 16384
  default_backend backend
backend backend
  server one 127.0.0.1:{backend} pool-purge-delay 600s pool-max-conn 512
"""

CADDY = """
{{
  admin off
  auto_https off
}}
http://:{port} {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{backend} {{
    transport http {{
      keepalive 600s
      keepalive_idle_conns 512
      keepalive_idle_conns_per_host 512
    }}
  }}
}}
"""

H2O = """
user: {user}
num-threads: 1
max-connections: 16000
http1-request-timeout: 600
error-log: /dev/null
listen:
  host: 127.0.0.1
  port: {port}
hosts:
  default:
    paths:
      "/":
        proxy.reverse.url: "http://127.0.0.1:{backend}/"
        proxy.preserve-host: ON
        proxy.timeout.keepalive: 600000
        proxy.timeout.io: 600000
        proxy.websocket: ON
        proxy.websocket.timeout: 600000
"""

# The static and dynamic configuration of tandem and of Traefik are the same files.
STATIC = """
global:
  checkNewVersion: false
  sendAnonymousUsage: false
log:
  level: ERROR
entryPoints:
  web:
    address: "127.0.0.1:{port}"
providers:
  providersThrottleDuration: 50ms
  file:
    filename: "{dynamic}"
    watch: true
serversTransport:
  maxIdleConnsPerHost: 512
"""

SERVICES = """
  services:
    backend:
      loadBalancer:
        servers:
          - url: "http://127.0.0.1:{backend}"
"""


def dynamic_configuration(rules):
    """The text of a dynamic configuration with one router for each (name, rule); all lead to the backend."""
    lines = ["http:", "  routers:"]
    for name, rule in rules:
        lines += [f"    {name}:", f"      rule: '{rule}'", "      service: backend"]
    return "\n".join(lines) + SERVICES.format(backend=measure.BACKEND_PORT)


def replace_file(path, text):
    """Writes as an editor or an orchestrator does it: a new file, renamed over the old one."""
    new = Path(str(path) + ".new")
    new.write_text(text)
    os.replace(new, path)


ONE_ROUTER = [("all", "PathPrefix(`/`)")]


@dataclass
class Peer:
    """A proxy that can be started; `configure` writes its files into a folder and gives its command line."""
    name: str
    program: str
    port: int
    configure: object
    environment: dict = field(default_factory=dict)
    version: str = ""
    static: str = ""  # added to the static configuration of tandem and Traefik

    def start(self, work, rules=None):
        """Starts it pinned; raises with its own words when it does not listen."""
        folder = Path(work) / f"{self.name}-{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        command = self.configure(self, folder, rules or ONE_ROUTER)
        environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), **self.environment}
        process = measure.Process(command, measure.PROXY_CORE, folder / "log", environment)
        process.folder = folder
        if not measure.wait_for_port(self.port, 30, process) or not process.running():
            process.stop()
            raise RuntimeError(f"{self.name} does not start: {process.log.read_text(errors='replace')[-2000:]}")
        return process


def write(folder, name, template, port, **more):
    path = folder / name
    path.write_text(template.format(port=port, backend=measure.BACKEND_PORT, work=folder, **more))
    return path


def configure_pump(peer, _folder, _rules):
    return [peer.program, peer.port, measure.BACKEND_PORT]


def configure_nginx(peer, folder, _rules):
    return [peer.program, "-p", folder, "-c", write(folder, "nginx.conf", NGINX, peer.port)]


def configure_haproxy(peer, folder, _rules):
    return [peer.program, "-db", "-f", write(folder, "haproxy.cfg", HAPROXY, peer.port)]


def configure_caddy(peer, folder, _rules):
    return [peer.program, "run", "--adapter", "caddyfile", "--config", write(folder, "Caddyfile", CADDY, peer.port)]


def configure_h2o(peer, folder, _rules):
    user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    return [peer.program, "-m", "worker", "-c", write(folder, "h2o.yml", H2O, peer.port, user=user)]


def configure_traefik(peer, folder, rules):
    dynamic = folder / "dynamic.yml"
    replace_file(dynamic, dynamic_configuration(rules))
    return [peer.program, f"--configFile={write(folder, 'traefik.yml', STATIC + peer.static, peer.port, dynamic=dynamic)}"]


def all_peers(tandem):
    """Every peer that is there, in the order of the tables: {name: Peer}. `tandem` is the path of the program."""
    candidates = [
        ("pump", str(measure.BUILD / "pump_level"), configure_pump),
        ("nginx", shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin"), configure_nginx),
        ("haproxy", shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin"), configure_haproxy),
        ("h2o", shutil.which("h2o"), configure_h2o),
        ("caddy", shutil.which("caddy"), configure_caddy),
        ("traefik", os.environ.get("TRAEFIK"), configure_traefik),
        ("tandem", str(tandem), configure_traefik),
    ]
    found = {}
    for index, (name, program, configure) in enumerate(candidates):
        if program and os.access(program, os.X_OK):
            found[name] = Peer(name, program, 28100 + index, configure)
    return found
