"""HTTP/2 towards clients: messages, flow control, trailers, the end of connections, what a client of HTTP/1 must not be
able to hide."""
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from conftest import site, wait_until
from wire import answer


def fields_seen(backend, name):
    return [value for _, _, pairs, _ in backend.seen for key, value in pairs if key.lower() == name]


def test_a_request_with_prior_knowledge(tandem, backend, h2_client):
    server = backend("hello")
    client = h2_client(tandem(site(server.url)))
    got = client.ask("/x?y=1", headers=[("cookie", "a=1"), ("cookie", "b=2"), ("x-one", "1")])
    assert (got.status, got.body, got.headers["content-length"]) == (200, b"hello", "5")
    assert server.seen[0][:2] == ("GET", "/x?y=1")
    assert fields_seen(server, "cookie") == ["a=1; b=2"]
    assert fields_seen(server, "host") == ["a.test"]


def test_curl_speaks_it(tandem, backend):
    if not shutil.which("curl"):
        pytest.skip("no curl")
    one = tandem(site(backend("hello").url))
    out = subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-w", "|%{http_version}", f"http://127.0.0.1:{one.port}/"],
                         capture_output=True, text=True, timeout=20, check=True)
    assert out.stdout == "hello|2"


def test_many_requests_of_h2load_all_succeed(tandem, nginx):
    if not shutil.which("h2load"):
        pytest.skip("no h2load")
    one = tandem(site(f"http://127.0.0.1:{nginx()}"))
    out = subprocess.run(["h2load", "-n", "5000", "-c", "4", "-m", "50", f"http://127.0.0.1:{one.port}/"],
                         capture_output=True, text=True, timeout=60, check=True)
    assert "5000 2xx, 0 3xx, 0 4xx, 0 5xx" in out.stdout, out.stdout


def test_http1_and_http2_share_the_port(tandem, backend, h2_client):
    one = tandem(site(backend("hello").url))
    assert one.get().status == 200
    assert h2_client(one).ask().status == 200


def test_uploads_and_downloads_of_any_size(tandem, backend, h2_client):
    server = backend(lambda handler, body: (200, {}, body))
    client = h2_client(tandem(site(server.url)))
    content = bytes(range(256)) * 4000
    stream = client.request("/up", "POST", end=False)
    at = 0
    while at < len(content):
        client.until(lambda: client.h2.local_flow_control_window(stream) > 0, "the window opens")
        size = min(client.h2.local_flow_control_window(stream), 16384, len(content) - at)
        client.h2.send_data(stream, content[at:at + size], end_stream=at + size == len(content))
        at += size
        client.flush()
    assert client.answer(stream).body == content


def test_a_slow_server_stops_the_upload(tandem, scripted, h2_client):
    gate, heard = threading.Event(), threading.Event()

    def serve(wire, _):
        heard.set()
        gate.wait(20)
        wire.message()
        wire.send(answer())

    client = h2_client(tandem(site(scripted(serve).url)))
    stream = client.request("/up", "POST", end=False)
    heard.wait(20)
    sent = 0
    client.socket.settimeout(0.5)
    while sent < 64_000_000:
        size = min(client.h2.local_flow_control_window(stream), 16384)
        if size == 0:
            try:
                client.receive(0.5)
            except socket.timeout:
                break  # no window for half a second: nobody pulls
            continue
        client.h2.send_data(stream, bytes(size))
        sent += size
        client.flush()
    assert sent < 64_000_000
    client.h2.reset_stream(stream, 8)
    client.flush()
    gate.set()


def test_trailers_both_ways(tandem, scripted, h2_client):
    got = []

    def serve(wire, _):
        got.append(wire.message())
        wire.send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\nX-Sum: 42\r\n\r\n")

    client = h2_client(tandem(site(scripted(serve).url)))
    stream = client.request("/", "POST", headers=[("trailer", "x-check")], body=b"part", end=False)
    client.h2.send_headers(stream, [("x-check", "7")], end_stream=True)
    client.flush()
    back = client.answer(stream)
    assert (back.body, back.trailers) == (b"one", {"x-sum": "42"})
    assert got[0].body == b"part" and got[0].trailers == [("x-check", "7")]


def test_interim_responses(tandem, scripted, h2_client):
    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    got = h2_client(tandem(site(scripted(serve).url))).ask()
    assert got.interim == [(103, {"link": "</a.css>"})] and got.body == b"ok"


@pytest.mark.parametrize("fields", [
    [("x", "1\r\nx-evil: 2")], [("x\r\nevil", "1")], [("x y", "1")], [("Upper", "1")], [("", "1")], [("x:y", "1")],
    [("content-length", "3"), ("content-length", "4")], [("content-length", "-1")], [("content-length", "0x10")],
    [("host", "b"), ("host", "c")], [("x", "a\0b")], [(":path", "/evil")],
])
def test_what_could_smuggle_is_reset_and_never_forwarded(tandem, backend, h2_client, fields):
    server = backend()
    client = h2_client(tandem(site(server.url)))
    assert client.ask("/", "POST", headers=fields, body=b"x").reset == 1
    assert client.ask("/good").status == 200
    assert [seen[1] for seen in server.seen] == ["/good"]


@pytest.mark.parametrize("path", ["/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /", "/a b", "", "a", "/a\tb"])
def test_paths_that_are_none_are_reset(tandem, backend, h2_client, path):
    server = backend()
    client = h2_client(tandem(site(server.url)))
    assert client.ask(path).reset == 1
    assert not server.seen


@pytest.mark.parametrize("name, value, said", [
    ("transfer-encoding", "chunked", 'request header "Transfer-Encoding" is not valid in HTTP/2\n'),
    ("connection", "x", 'request header "Connection" is not valid in HTTP/2\n'),
    ("upgrade", "h2c", 'request header "Upgrade" is not valid in HTTP/2\n'),
    ("te", "gzip", 'request header "TE" may only be "trailers" in HTTP/2\n'),
])
def test_fields_of_the_connection_are_refused(tandem, backend, h2_client, name, value, said):
    server = backend()
    got = h2_client(tandem(site(server.url))).ask("/", "POST", headers=[(name, value)], body=b"0\r\n\r\n")
    assert (got.status, got.body.decode()) == (400, said)
    assert not server.seen


@pytest.mark.parametrize("length, body", [("3", b"hello"), ("9", b"hello")])
def test_content_must_have_its_length(tandem, scripted, h2_client, length, body):
    whole = []

    def serve(wire, _):
        whole.append(wire.message())

    client = h2_client(tandem(site(scripted(serve).url)))
    assert client.ask("/", "POST", headers=[("content-length", length)], body=body).reset == 1
    assert not whole


def test_a_cancelled_request_ends_at_the_server(tandem, scripted, h2_client):
    ended = threading.Event()

    def serve(wire, _):
        wire.message()
        wire.rest_until_closed()
        ended.set()

    client = h2_client(tandem(site(scripted(serve).url)))
    stream = client.request()
    wait_until(lambda: not ended.is_set(), "it runs")
    client.h2.ping(b"12345678")
    client.flush()
    client.until(lambda: client.pongs == 1, "the server has the request")
    client.h2.reset_stream(stream, 8)
    client.flush()
    assert ended.wait(20)


def test_a_stop_announces_itself_and_lets_requests_end(tandem, scripted, h2_client):
    gate, heard = threading.Event(), threading.Event()

    def serve(wire, _):
        wire.message()
        heard.set()
        gate.wait(20)
        wire.send(answer("late"))

    one = tandem(site(scripted(serve).url))
    client, idle = h2_client(one), h2_client(one)
    idle.until(lambda: idle.acknowledged, "settings are exchanged")
    stream = client.request()
    assert heard.wait(20)
    one.process.send_signal(signal.SIGTERM)
    assert idle.ended() == 0
    client.until(lambda: client.goaway is not None, "GOAWAY")
    gate.set()
    assert client.answer(stream).body == b"late"
    assert client.ended() == 0
    assert one.process.wait(20) == 0


def test_a_reload_keeps_the_connection(tandem, backend, h2_client):
    old, new = backend("old"), backend("new")
    one = tandem(site(old.url))
    client = h2_client(one)
    assert client.ask().body == b"old"
    one.write(site(new.url))
    wait_until(lambda: client.ask().body == b"new", "the new server answers on the same connection")


def test_settings_are_those_of_the_entry_point(tandem, backend, h2_client):
    http2 = {"maxConcurrentStreams": 7, "maxDecoderHeaderTableSize": 1024}
    client = h2_client(tandem(site(backend().url), web={"http2": http2, "http": {"maxHeaderBytes": 8192}}))
    client.ask()
    settings = client.h2.remote_settings
    assert settings.max_concurrent_streams == 7
    assert settings.header_table_size == 1024
    assert settings.max_header_list_size == 8512
    assert client.ask(headers=[("x", "v" * 4000), ("y", "v" * 4000), ("z", "v" * 1000)]).status == 431


def test_the_number_of_requests_on_a_connection_is_limited(tandem, backend, h2_client):
    client = h2_client(tandem(site(backend().url), web={"transport": {"keepAliveMaxRequests": 2}}))
    streams = [client.request(), client.request()]
    assert [client.answer(stream).status for stream in streams] == [200, 200]
    assert client.ended() == 0
