"""TLS towards clients: every option by a handshake that must fail and one that must succeed, certificates, changes under
open connections, clients that do not finish their handshakes."""
import asyncio
import os
import shutil
import socket
import ssl
import subprocess

import pytest
import websockets
from conftest import wait_until
from tls_tools import FILES, ask, client_context, connected, pair, status, subject


def secure_site(url, options=None, certificates=("server",), default=None, hosts=("a.test",), **more):
    """Routers for `hosts`, each with its TLS options if there are some of that name, else with the default ones."""
    options = options or {}
    routers = {}
    for host in hosts:
        named = {"options": host.split(".")[0]} if host.split(".")[0] in options else {}
        routers[host.replace(".", "-")] = {"rule": f"Host(`{host}`)", "service": "s", "tls": named}
    tls = {"certificates": [pair(name) for name in certificates], "options": options}
    if default:
        tls["stores"] = {"default": {"defaultCertificate": pair(default)}}
    return {"http": {"routers": routers, "services": {"s": {"loadBalancer": {"servers": [{"url": url}]}}}}, "tls": tls | more}


def test_curl_is_served_and_verifies(tandem, backend):
    one = tandem(secure_site(backend("hello").url))
    for http in ("--http1.1", "--http2"):
        done = subprocess.run(["curl", "-s", http, "--cacert", FILES / "ca.pem", "--resolve", f"a.test:{one.port}:127.0.0.1",
                               f"https://a.test:{one.port}/", "-w", " %{http_version}"], capture_output=True, text=True, check=True)
        assert done.stdout == ("hello 1.1" if http == "--http1.1" else "hello 2")


def test_s_client_sees_the_chain_and_closes_cleanly(tandem, backend):
    one = tandem(secure_site(backend().url))
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{one.port}", "-servername", "a.test", "-CAfile", FILES / "ca.pem",
                           "-verify_return_error"], input="", capture_output=True, text=True, timeout=30)
    assert "Verify return code: 0 (ok)" in done.stdout


@pytest.mark.parametrize("options, good, bad", [
    ({"minVersion": "VersionTLS13"}, {"versions": ("1.3",)}, {"versions": ("1.2",)}),
    ({"maxVersion": "VersionTLS12"}, {"versions": ("1.2",)}, {"versions": ("1.3",)}),
    ({"minVersion": "VersionTLS10"}, {"versions": ("1.0",)}, None),
    ({}, {"versions": ("1.2", "1.3")}, {"versions": ("1.0", "1.1")}),
    ({"maxVersion": "VersionTLS12", "cipherSuites": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]},
     {"ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384"}, {"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"}),
    ({"curvePreferences": ["CurveP384"]}, {"curve": "secp384r1"}, {"curve": "prime256v1"}),
    ({"alpnProtocols": ["http/1.1"]}, {"alpn": ["http/1.1"]}, {"alpn": ["h2"]}),
    ({"clientAuth": {"clientAuthType": "RequireAnyClientCert"}}, {"cert": "stranger"}, {}),
    ({"clientAuth": {"caFiles": [str(FILES / "ca.pem")]}}, {"cert": "client"}, {"cert": "stranger"}),
    ({"clientAuth": {"clientAuthType": "VerifyClientCertIfGiven", "caFiles": [str(FILES / "ca.pem")]}}, {}, {"cert": "stranger"}),
    ({"clientAuth": {"clientAuthType": "RequireAndVerifyClientCert", "caFiles": [(FILES / "ca.pem").read_text()]}}, {"cert": "client"}, {}),
    ({"clientAuth": {"clientAuthType": "RequestClientCert"}}, {"cert": "stranger"}, None),
    ({"clientAuth": {"clientAuthType": "NoClientCert"}}, {}, None),
])
def test_options(tandem, backend, options, good, bad):
    one = tandem(secure_site(backend().url, {"a": options}))
    assert status(one.port, **good) == 200
    if bad is not None:
        assert status(one.port, **bad) != 200


def test_strict_names(tandem, backend):
    one = tandem(secure_site(backend().url, {"default": {"sniStrict": True}}, default="exact"))
    assert status(one.port) == 200
    assert status(one.port, "unknown.test") == "TLSV1_UNRECOGNIZED_NAME"
    assert status(one.port, "exact.wild.test") == "TLSV1_UNRECOGNIZED_NAME", "the default certificate's own name, too"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_sessions_are_resumed_on_any_worker(tandem, backend, version):
    one = tandem(secure_site(backend().url, {"b": {"disableSessionTickets": True}}, hosts=("a.test", "b.test")))
    context = client_context(versions=(version,))

    def session(name, before=None):
        with connected(one.port, name, context=context, session=before) as stream:
            ask(stream, name)  # in TLS 1.3 the ticket comes behind the handshake
            return stream.session, stream.session_reused

    first, _ = session("a.test")
    assert [session("a.test", first)[1] for _ in range(6)] == [True] * 6
    other, _ = session("b.test")
    assert not session("b.test", other)[1]


def test_certificates_by_name(tandem, backend):
    one = tandem(secure_site(backend().url, certificates=("server", "wildcard", "exact", "rsa"), default="rsa", hosts=("a.test",)))
    assert subject(one.port, "a.test") == "a.test"
    assert subject(one.port, "A.Test") == "a.test"
    assert subject(one.port, "exact.wild.test") == "exact.wild.test"
    assert subject(one.port, "other.wild.test") == "*.wild.test"
    assert subject(one.port, "two.labels.wild.test") == "rsa.test"
    assert subject(one.port, "unknown.test") == "rsa.test"
    assert subject(one.port, None) == "a.test", "the certificate for 127.0.0.1"


def test_a_change_is_for_new_connections(tandem, backend):
    url = backend("one").url
    one = tandem(secure_site(url, certificates=("rsa",), default="rsa"))
    with connected(one.port) as stream:
        before = stream.getpeercert(True)
        assert ask(stream) == (200, b"one")
        changed = secure_site(url, certificates=("server",), default="rsa")
        changed["http"]["routers"]["changed"] = changed["http"]["routers"].pop("a-test")
        one.write(changed)
        one.wait_for_router("changed")
        assert subject(one.port) == "a.test"
        assert ask(stream) == (200, b"one")
        assert stream.getpeercert(True) == before


def test_a_file_that_is_written_again_is_served(tandem, backend, tmp_path):
    for kind in ("pem", "key"):
        shutil.copy(FILES / f"wildcard.{kind}", tmp_path / f"site.{kind}")
    dynamic = secure_site(backend().url, certificates=())
    dynamic["tls"]["stores"] = {"default": {"defaultCertificate": {"certFile": str(tmp_path / "site.pem"), "keyFile": str(tmp_path / "site.key")}}}
    one = tandem(dynamic)
    assert subject(one.port) == "*.wild.test"
    for kind in ("key", "pem"):
        shutil.copy(FILES / f"exact.{kind}", tmp_path / f"new.{kind}")
        os.replace(tmp_path / f"new.{kind}", tmp_path / f"site.{kind}")

    def renewed():
        try:
            return subject(one.port) == "exact.wild.test"
        except (ssl.SSLError, ConnectionError):
            return False  # between the two files nothing fits
    wait_until(renewed, "the new certificate")


def test_other_options_than_the_connections_are_misdirected(tandem, backend):
    one = tandem(secure_site(backend().url, {"b": {"clientAuth": {"caFiles": [str(FILES / "ca.pem")]}}}, hosts=("a.test", "b.test")))
    assert status(one.port, "a.test", host="b.test") == 421
    assert status(one.port, "b.test", cert="client") == 200
    assert status(one.port, "unknown.test", host="a.test") == 200


def test_conflicting_options_are_named_and_the_default_ones_serve(tandem, backend):
    dynamic = secure_site(backend().url, {"new": {"minVersion": "VersionTLS13"}, "old": {"maxVersion": "VersionTLS12"}})
    for name in ("new", "old"):
        dynamic["http"]["routers"][name] = {"rule": f"Host(`c.test`) && PathPrefix(`/{name}`)", "entryPoints": ["web"], "service": "s", "tls": {"options": name}}
    one = tandem(dynamic)
    assert status(one.port, "c.test", versions=("1.2",)) == 404
    routers = one.rawdata()["routers"]
    assert "conflicting" in routers["web-conflicted-new@file"]["error"][0] and "new@file" not in routers


def test_unknown_options_close_the_connection(tandem, backend):
    dynamic = secure_site(backend().url)
    dynamic["http"]["routers"]["lost"] = {"rule": "Host(`lost.test`)", "service": "s", "tls": {"options": "nothing"}}
    one = tandem(dynamic)
    assert "EOF" in (ended := str(status(one.port, "lost.test"))) or ended in ("ConnectionResetError", "SSLZeroReturnError")
    assert one.rawdata()["routers"]["lost@file"]["error"] == ["building router handler: unknown TLS options: nothing@file"]
    assert status(one.port) == 200


def test_cleartext_on_the_same_port(tandem, backend):
    dynamic = secure_site(backend("clear").url)
    dynamic["http"]["routers"]["clear"] = {"rule": "Host(`clear.test`)", "service": "s"}
    one = tandem(dynamic, router="clear")
    assert one.get(headers={"Host": "clear.test"}).body == b"clear"
    assert one.get(headers={"Host": "a.test"}).status == 404
    assert status(one.port, "clear.test") == 404


def hello(name="a.test"):
    """A ClientHello as Python's client sends it."""
    out, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    stream = client_context().wrap_bio(incoming, out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        stream.do_handshake()
    return out.read()


def test_a_hello_in_single_bytes_and_records_is_read(tandem, backend):
    one = tandem(secure_site(backend().url))
    message = hello()[5:]
    cut = b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in (message[i:i + 50] for i in range(0, len(message), 50)))
    with socket.create_connection(("127.0.0.1", one.port), timeout=20) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in cut:
            stream.sendall(bytes([byte]))
        assert stream.recv(1) == b"\x16", "a ServerHello"


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x16" * 2000,
                                     b"\x80\x2e\x01\x00\x02" + b"\0" * 40, b"\x16\x03\x01\x40\x00\x01\x00\xff\xff" + b"x" * 30000])
def test_garbage_ends_its_connection_and_nothing_else(tandem, backend, garbage):
    one = tandem(secure_site(backend().url))
    with socket.create_connection(("127.0.0.1", one.port), timeout=20) as stream:
        stream.sendall(garbage)
        try:
            assert len(stream.recv(100)) <= 7, "an alert at most"
        except ConnectionResetError:
            pass
    assert status(one.port) == 200


def test_half_open_handshakes_cost_others_nothing(tandem, backend):
    one = tandem(secure_site(backend().url))
    half = hello()[:100]
    waiting = []
    for i in range(300):
        stream = socket.create_connection(("127.0.0.1", one.port), timeout=20)
        stream.sendall(half[:i % 100] or b"")
        waiting.append(stream)
    assert [status(one.port) for _ in range(5)] == [200] * 5
    for stream in waiting:
        stream.close()
    assert status(one.port) == 200


def test_much_content_both_ways(tandem, backend):
    size = 5_000_000
    one = tandem(secure_site(backend(lambda _, body: (200, {}, body[::-1])).url))
    content = os.urandom(size)
    with connected(one.port) as stream:
        stream.sendall(f"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + content)
        data = b""
        while piece := stream.recv(65536):
            data += piece
    assert data.partition(b"\r\n\r\n")[2] == content[::-1]


@pytest.mark.parametrize("http", ["--http1.1", "--http2"])
def test_content_of_any_size_arrives_whole(tandem, backend, tmp_path, http):
    one = tandem(secure_site(backend(lambda handler, body: (200, {}, body)).url))
    # Around what a record, a frame and a buffer hold.
    for size in (1, 16375, 16384, 16385, 49152, 49153, 57344, 57345, 65536, 131072, 3_000_001):
        (tmp_path / "sent").write_bytes(os.urandom(size))
        subprocess.run(["curl", "-sf", http, "--cacert", FILES / "ca.pem", "--resolve", f"a.test:{one.port}:127.0.0.1", "--data-binary",
                        f"@{tmp_path}/sent", "-o", tmp_path / "got", f"https://a.test:{one.port}/"], timeout=30, check=True)
        assert (tmp_path / "got").read_bytes() == (tmp_path / "sent").read_bytes(), size


def test_websockets(tandem):
    async def run():
        async def echo(socket_, *_):
            async for message in socket_:
                await socket_.send(message)

        async with websockets.serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            one = await asyncio.to_thread(tandem, secure_site(f"http://127.0.0.1:{port}"))
            async with websockets.connect(f"wss://a.test:{one.port}/", host="127.0.0.1", ssl=client_context(alpn=["http/1.1"])) as client:
                for message in ("small", "x" * 200_000):
                    await client.send(message)
                    assert await client.recv() == message
    asyncio.run(run())
