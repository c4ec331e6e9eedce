"""Certificates, clients and servers of the TLS tests."""
import contextlib
import socket
import ssl
import subprocess
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conftest import ROOT, SECONDS

FILES = ROOT / "src/engine/tls/testdata"
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def pair(name):
    """A certificate of the test data as configurations name it."""
    return {"certFile": str(FILES / f"{name}.pem"), "keyFile": str(FILES / f"{name}.key")}


def set_versions(context, versions):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what some tests are about
        context.minimum_version, context.maximum_version = VERSIONS[versions[0]], VERSIONS[versions[-1]]


def client_context(cert=None, versions=("1.2", "1.3"), ciphers="ALL:@SECLEVEL=0", alpn=(), curve=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    set_versions(context, versions)
    context.set_ciphers(ciphers)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if curve:
        context.set_ecdh_curve(curve)
    if cert:
        context.load_cert_chain(FILES / f"{cert}.pem", FILES / f"{cert}.key")
    return context


@contextlib.contextmanager
def connected(port, name="a.test", session=None, **how):
    """A TLS connection; fails as the handshake does."""
    context = how.pop("context", None) or client_context(**how)
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
        with context.wrap_socket(plain, server_hostname=name, session=session) as wrapped:
            yield wrapped


def ask(stream, host="a.test", path="/"):
    """One request on an open connection: (status, body)."""
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        piece = stream.recv(65536)
        if not piece:
            raise ConnectionResetError("ended before the response")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += stream.recv(65536)
    return int(head.split()[1]), body


def status(port, name="a.test", host=None, **how):
    """The status of a request, or the error of a handshake or of the connection, as text."""
    try:
        with connected(port, name, **how) as stream:
            return ask(stream, host or name or "a.test")[0]
    except (ssl.SSLError, ConnectionError) as error:
        return getattr(error, "reason", None) or type(error).__name__


def subject(port, name="a.test", **how):
    """The common name of the certificate that is shown."""
    with connected(port, name, **how) as stream:
        text = ssl.DER_cert_to_PEM_cert(stream.getpeercert(True))
    out = subprocess.run(["openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253"], input=text, capture_output=True, text=True, check=True)
    return out.stdout.strip().removeprefix("subject=").removeprefix("CN=")


class TlsBackend:
    """An HTTPS server; `seen` holds (SNI, client certificate or None) of each request."""

    def __init__(self, cert="server", client_ca=None, versions=("1.2", "1.3"), body="secure"):
        self.seen, self.names, outer = [], {}, self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.seen.append((outer.names.get(self.connection), self.connection.getpeercert(True)))
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a client that refuses our certificate is no error of the test

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FILES / f"{cert}.pem", FILES / f"{cert}.key")
        set_versions(context, versions)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(FILES / f"{client_ca}.pem")
        context.sni_callback = lambda stream, name, _: self.names.__setitem__(stream, name)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
