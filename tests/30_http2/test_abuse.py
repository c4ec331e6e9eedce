"""Clients that ask for more than they should: each is cut off, and the program serves others meanwhile."""
import socket
import struct
import threading
import time

import pytest
from conftest import site, wait_until
from h2wire import SECONDS, frame

CALM = 11
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9


def flood(client, content, times=200):
    """Sends until the other side does not take it any more, reading what comes; returns how the connection ended."""
    client.socket.settimeout(SECONDS)
    reader = threading.Thread(target=client.ended, daemon=True)
    reader.start()
    for _ in range(times):
        if client.closed or client.goaway is not None or not client.send(content):
            break
    reader.join(SECONDS)
    return "alive" if reader.is_alive() else client.goaway if client.goaway is not None else "closed"


@pytest.fixture
def one(tandem, nginx):
    running = tandem(site(f"http://127.0.0.1:{nginx()}"))
    yield running
    assert running.get().status == 200  # others are served as before
    assert running.process.poll() is None


@pytest.mark.parametrize("content", [
    pytest.param(frame(PING, 0, 0, b"12345678") * 1000, id="ping"),
    pytest.param(frame(SETTINGS, 0, 0) * 1000, id="settings"),
    pytest.param(frame(SETTINGS, 0, 0, struct.pack("!HI", 4, 1000)) * 1000, id="initial window"),
    pytest.param(frame(PRIORITY, 0, 1, b"\0\0\0\0\x10") * 1000, id="priority"),
    pytest.param(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1") * 1000, id="tiny window updates"),
])
def test_floods_of_control_frames(one, h2_client, content):
    client = h2_client(one)
    client.until(lambda: client.acknowledged, "settings are exchanged")
    assert flood(client, content) in (CALM, "closed")


def test_floods_of_empty_content(tandem, scripted, h2_client):
    def serve(wire, _):
        wire.rest_until_closed()

    client = h2_client(tandem(site(scripted(serve).url)))
    stream = client.request("/", "POST", end=False)
    assert flood(client, frame(DATA, 0, stream) * 1000) in (CALM, "closed")


def test_continuation_flood(one, h2_client):
    client = h2_client(one)
    client.until(lambda: client.acknowledged, "settings are exchanged")
    client.send(frame(HEADERS, 0, 1, b"\x82"))
    assert flood(client, frame(CONTINUATION, 0, 1, b"\x0f\x01" + b"a") * 100) != "alive"


def test_continuations_that_bring_nothing(one, h2_client):
    client = h2_client(one)
    client.until(lambda: client.acknowledged, "settings are exchanged")
    client.send(frame(HEADERS, 0, 1, b"\x82"))
    assert flood(client, frame(CONTINUATION, 0, 1) * 1000) != "alive"


def test_rapid_reset(tandem, scripted, h2_client):
    """CVE-2023-44487: requests that are cancelled at once, without end."""
    begun = []

    def serve(wire, _):
        begun.append(wire.message())
        wire.rest_until_closed()

    running = tandem(site(scripted(serve).url))
    client = h2_client(running)
    client.until(lambda: client.acknowledged, "settings are exchanged")
    # :method GET, :scheme http, :path /, :authority a
    block = b"\x82\x86\x84\x41\x01a"
    pairs = b"".join(frame(HEADERS, 5, 2 * i + 1, block) + frame(RST_STREAM, 0, 2 * i + 1, b"\0\0\0\x08") for i in range(5000))
    assert flood(client, pairs, times=1) in (CALM, "closed")
    assert len(begun) < 1000


def test_streams_that_the_client_makes_us_reset(one, h2_client):
    client = h2_client(one)
    client.until(lambda: client.acknowledged, "settings are exchanged")
    # No path: each one is malformed.
    bad = b"".join(frame(HEADERS, 5, 2 * i + 1, b"\x82\x86\x41\x01a") for i in range(5000))
    assert flood(client, bad, times=1) in (CALM, 1, "closed")


def test_a_bomb_of_compressed_fields(one, h2_client):
    client = h2_client(one)
    client.until(lambda: client.acknowledged, "settings are exchanged")
    # One field of 4,000 bytes into the table, then a byte for each use of it: 4 GB of fields in 1 MB.
    block = b"\x82\x86\x84\x41\x01a" + b"\x40\x01x\x7f\xa1\x1e" + b"v" * 4000
    client.send(frame(HEADERS, 1, 1, block))
    for _ in range(70):
        if not client.send(frame(CONTINUATION, 0, 1, b"\xbe" * 16000)):
            break
    client.send(frame(CONTINUATION, 4, 1))
    assert client.ended() in (CALM, "closed")


def test_more_streams_than_allowed_are_refused(tandem, scripted, h2_client):
    def serve(wire, _):
        wire.message()
        wire.rest_until_closed()

    client = h2_client(tandem(site(scripted(serve).url), web={"http2": {"maxConcurrentStreams": 5}}))
    streams = [client.request() for _ in range(8)]  # before the settings are there
    client.until(lambda: sum(client.answers[stream].reset == 7 for stream in streams) == 3, "three are refused")


def memory(process):
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def test_readers_that_stall_cost_little(tandem, nginx, tmp_path, h2_client):
    """250 large downloads on each of several connections, none of which is read."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "large").write_bytes(bytes(50_000_000))
    (tmp_path).chmod(0o755)
    running = tandem(site(f"http://127.0.0.1:{nginx(f'location / {{ root {tmp_path}/www; }}')}"))
    assert running.get("/large", headers={"Range": "bytes=0-1"}).status == 206
    before = memory(running.process)
    clients = []
    for _ in range(4):
        client = h2_client(running, settings={4: 1})  # INITIAL_WINDOW_SIZE: one byte
        client.auto_window = False
        for _ in range(100):
            client.request("/large")
        clients.append(client)
    for client in clients:
        client.until(lambda c=client: sum(answer.status == 200 for answer in c.answers.values()) == 100, "all are answered")
    assert memory(running.process) - before < 400 * 200_000
    assert running.get("/large", headers={"Range": "bytes=0-1"}).status == 206


def test_a_socket_that_is_not_read_takes_a_bounded_amount(tandem, nginx, tmp_path):
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "large").write_bytes(bytes(50_000_000))
    running = tandem(site(f"http://127.0.0.1:{nginx(f'location / {{ root {tmp_path}/www; }}')}"))
    before = memory(running.process)
    with socket.create_connection(("127.0.0.1", running.port), timeout=SECONDS) as client:
        widest = struct.pack("!HI", 4, 0x7fffffff)
        content = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, widest) + frame(WINDOW_UPDATE, 0, 0, b"\x3f\xff\xff\xff")
        block = b"\x82\x86\x44\x06/large\x41\x01a"
        client.sendall(content + b"".join(frame(HEADERS, 5, 2 * i + 1, block) for i in range(100)))
        wait_until(lambda: client.recv(9, socket.MSG_PEEK), "it answers")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            assert memory(running.process) - before < 64_000_000
            assert running.get("/large", headers={"Range": "bytes=0-1"}).status == 206


@pytest.mark.parametrize("content", [b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"x" * 100,
                                     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(HEADERS, 5, 1, b"\x82")])
def test_what_is_not_http2_is_ended(one, content):
    with socket.create_connection(("127.0.0.1", one.port), timeout=SECONDS) as client:
        client.sendall(content)
        while client.recv(65536):
            pass
