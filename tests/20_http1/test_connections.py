"""Connections: reuse, retries, clients and servers that leave, time-outs, slow clients, upgrades, PROXY protocol."""
import asyncio
import socket
import struct
import threading

import pytest
import websockets
from conftest import site
from wire import Wire, answer, get


def transport(**timeouts):
    return {"transport": {"respondingTimeouts": timeouts}}


def test_a_request_on_a_dead_reused_connection_is_sent_again(tandem, scripted):
    asked = []

    def serve(wire, number):
        asked.append((number, wire.message().target))
        wire.send(answer(str(number)))
        if number == 1:  # the second request on this connection gets no answer
            asked.append((number, wire.message().target))
            return
        while True:
            asked.append((number, wire.message().target))
            wire.send(answer(str(number)))

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        assert client.exchange(get("/first")).body == b"1"
        assert client.exchange(get("/second")).body == b"2"
    assert asked == [(1, "/first"), (1, "/second"), (2, "/second")]


def test_a_post_on_a_dead_reused_connection_is_not_sent_twice(tandem, scripted):
    asked = []

    def serve(wire, number):
        wire.message()
        wire.send(answer())
        asked.append(wire.message().start)

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.exchange(get())
        assert client.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx").status == 502
    assert asked == ["POST / HTTP/1.1"]


def test_a_fresh_connection_that_closes_is_502_and_no_retry(tandem, scripted):
    server = scripted(lambda wire, _: wire.message())
    one = tandem(site(server.url))
    assert one.get().status == 502
    assert server.connections == 1


def test_a_server_that_is_not_there_is_502(tandem, free_port):
    one = tandem(site(f"http://127.0.0.1:{free_port()}"))
    answered = one.get()
    assert (answered.status, answered.text) == (502, "Bad Gateway")


@pytest.mark.parametrize("nonsense", ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
def test_a_malformed_response_is_500(tandem, scripted, nonsense):
    def serve(wire, _):
        wire.message()
        wire.send(nonsense)

    one = tandem(site(scripted(serve).url))
    assert one.get().status == 500


def test_a_server_that_stops_within_the_content_ends_the_clients_connection(tandem, scripted):
    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf-\r\n")

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        got = client.send(get()).rest_until_closed()
    assert b"0\r\n\r\n" not in got  # nothing says that it was whole


def test_a_client_that_leaves_ends_the_connection_to_the_server(tandem, scripted):
    asked, gone = threading.Event(), threading.Event()

    def serve(wire, _):
        wire.message()
        asked.set()
        wire.rest_until_closed()
        gone.set()

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.send(get())
        assert asked.wait(20)
    assert gone.wait(20)


def test_a_client_that_leaves_within_a_response_ends_the_connection_to_the_server(tandem, scripted):
    gone = threading.Event()

    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        try:
            while True:
                wire.send(b"x" * 65536)
        except OSError:
            gone.set()

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.send(get()).exactly(100000)
    assert gone.wait(20)


def test_a_client_that_leaves_within_its_content_ends_the_connection_to_the_server(tandem, scripted):
    began, gone = threading.Event(), threading.Event()

    def serve(wire, _):
        wire.head()
        began.set()
        wire.rest_until_closed()
        gone.set()

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nonly this")
        assert began.wait(20)
    assert gone.wait(20)


def test_an_idle_connection_is_closed(tandem, backend):
    one = tandem(site(backend().url), web=transport(idleTimeout="100ms"))
    with Wire(one.port) as client:
        client.exchange(get())
        assert client.rest_until_closed() == b""


@pytest.mark.parametrize("begun", ["", "GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_request_that_does_not_come_is_given_up(tandem, backend, begun):
    one = tandem(site(backend().url), web=transport(readTimeout="200ms"))
    with Wire(one.port) as client:
        assert client.send(begun).rest_until_closed() == b""


def test_content_that_takes_longer_than_the_read_timeout_is_given_up(tandem, scripted):
    gone = threading.Event()

    def serve(wire, _):
        wire.head()
        wire.rest_until_closed()
        gone.set()

    one = tandem(site(scripted(serve).url), web=transport(readTimeout="300ms"))
    with Wire(one.port) as client:
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
        got = client.rest_until_closed()
    assert got == b"" or got.split()[1] in (b"408", b"504", b"502")
    assert gone.wait(20)


def test_a_slow_loris_is_given_up_by_its_rate(tandem, scripted):
    gone = threading.Event()

    def serve(wire, _):
        wire.head()
        wire.rest_until_closed()
        gone.set()

    one = tandem(site(scripted(serve).url), web=transport(readTimeout="0s", minBytesPerSecond=1000, minBytesGrace="200ms"))
    with Wire(one.port) as client:
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        while not gone.wait(0.05):  # twenty bytes a second are not enough
            try:
                client.send(b"x")
            except OSError:
                break
    assert gone.wait(20)


def test_a_server_that_does_not_answer_is_504(tandem, scripted):
    dynamic = site(scripted(lambda wire, _: wire.rest_until_closed()).url, serversTransport="impatient")
    dynamic["http"]["serversTransports"] = {"impatient": {"forwardingTimeouts": {"responseHeaderTimeout": "100ms"}}}
    one = tandem(dynamic)
    assert one.get().status == 504


def test_a_connection_ends_after_its_number_of_requests(tandem, backend):
    one = tandem(site(backend().url), web={"transport": {"keepAliveMaxRequests": 2}})
    with Wire(one.port) as client:
        assert "connection" not in client.exchange(get()).headers
        assert client.exchange(get()).headers["connection"] == "close"
        assert client.rest_until_closed() == b""


def test_a_head_that_is_too_large_is_431(tandem, backend):
    one = tandem(site(backend().url), web={"http": {"maxHeaderBytes": 8192}})
    assert one.get(headers={"X-Large": "x" * 8000}).status == 200
    with Wire(one.port) as client:
        assert client.exchange(get("/", "X-Large: " + "x" * 20000)).status == 431
        assert client.rest_until_closed() == b""


# What one side sends before the other reads waits in the kernel's buffers; the rest must not wait in tandem.
def resident_kib(process):
    for line in open(f"/proc/{process.pid}/status", encoding="ascii"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def test_a_large_upload_to_a_slow_server_is_not_kept_in_memory(tandem, scripted):
    size, got, most = 100 << 20, [0], [0]
    one = None

    def serve(wire, _):
        head = wire.head()
        assert int(head.headers["content-length"]) == size
        got[0] += len(wire.rest)
        while got[0] < size:
            part = wire.socket.recv(1 << 20)
            assert part
            got[0] += len(part)
            if got[0] % 64 == 0:
                most[0] = max(most[0], resident_kib(one.process))
        most[0] = max(most[0], resident_kib(one.process))
        wire.send(answer())

    one = tandem(site(scripted(serve, receive_buffer=65536).url))
    before = resident_kib(one.process)
    with Wire(one.port) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n")
        block = b"u" * (1 << 20)
        for _ in range(size >> 20):
            client.send(block)
        assert client.response().status == 200
    assert got[0] == size
    assert most[0] - before < 4096, f"{before} KiB before, {most[0]} KiB at most"


def test_a_server_that_reads_nothing_stops_the_client(tandem, scripted):
    release = threading.Event()

    def serve(wire, _):
        wire.head()
        release.wait(20)

    one = tandem(site(scripted(serve, receive_buffer=65536).url))
    before = resident_kib(one.process)
    with Wire(one.port) as client:
        client.send(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 30}\r\n\r\n")
        client.socket.settimeout(0.5)  # as much as the kernel takes; then nothing more goes
        with pytest.raises(TimeoutError):
            while True:
                client.send(b"u" * (1 << 20))
        assert resident_kib(one.process) - before < 4096
        release.set()


def test_a_large_response_to_a_slow_client_is_not_kept_in_memory(tandem, nginx, tmp_path):
    size = 100 << 20
    with open(tmp_path / "large", "wb") as file:
        file.truncate(size)
    one = tandem(site(f"http://127.0.0.1:{nginx(f'root {tmp_path};')}"))
    before = resident_kib(one.process)
    with Wire(one.port, receive_buffer=65536) as client:
        client.send(get("/large"))
        left = int(client.head().headers["content-length"]) - len(client.rest)
        most = 0
        while left:
            left -= len(client.socket.recv(1 << 20))
            if left % 64 == 0:
                most = max(most, resident_kib(one.process))
    assert most - before < 4096


def test_websocket(tandem):
    async def echo(socket_, _path):
        async for message in socket_:
            await socket_.send(message)

    async def talk():
        async with websockets.serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            one = await asyncio.to_thread(tandem, site(f"http://127.0.0.1:{port}"))
            async with websockets.connect(f"ws://127.0.0.1:{one.port}/chat", ping_interval=None) as client:
                for message in ("text", b"bytes" * 100000, ""):
                    await client.send(message)
                    assert await asyncio.wait_for(client.recv(), 20) == message
                # A reload does not touch it.
                one.write({"http": site(f"http://127.0.0.1:{port}")["http"] | {"routers": {"other": {"rule": "Path(`/`)", "service": "site"}}}})
                await asyncio.to_thread(one.wait_for_router, "other")
                await client.send("still here")
                assert await asyncio.wait_for(client.recv(), 20) == "still here"
            assert client.close_code == 1000

    asyncio.run(talk())


UPGRADE = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"


def echo_tunnel(wire, _):
    head = wire.head()
    assert head.headers["connection"].lower() == "upgrade" and head.headers["upgrade"] == "echo/1"
    wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n")
    while True:
        if wire.rest:
            wire.send(b"echo:" + wire.rest)
            wire.rest = b""
        wire.more()


def test_upgrade_to_any_protocol(tandem, scripted):
    one = tandem(site(scripted(echo_tunnel).url))
    with Wire(one.port) as client:
        response = client.exchange(UPGRADE)
        assert (response.status, response.headers["upgrade"]) == (101, "echo/1")
        assert client.send("one").exactly(8) == b"echo:one"
        assert client.send("two").exactly(8) == b"echo:two"


def test_what_follows_an_upgrade_at_once_reaches_the_server(tandem, scripted):
    one = tandem(site(scripted(echo_tunnel).url))
    with Wire(one.port) as client:
        assert client.exchange(UPGRADE + "first").status == 101
        assert client.exactly(10) == b"echo:first"


def test_a_refused_upgrade_is_an_ordinary_response(tandem, backend):
    one = tandem(site(backend("no").url))
    with Wire(one.port) as client:
        assert client.exchange(UPGRADE).body == b"no"
        assert client.exchange(get()).body == b"no"


def proxied(tandem, server, **options):
    return tandem(site(server.url), web={"proxyProtocol": options})


def test_proxy_protocol_version_1(tandem, backend):
    server = backend()
    one = proxied(tandem, server, insecure=True)
    with Wire(one.port) as client:
        assert client.exchange("PROXY TCP4 203.0.113.7 198.51.100.1 4711 80\r\n" + get()).status == 200
    assert ("X-Forwarded-For", "203.0.113.7") in server.seen[-1][2]


def test_proxy_protocol_version_2(tandem, backend):
    server = backend()
    one = proxied(tandem, server, trustedIPs=["127.0.0.0/8"])
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", 12) + socket.inet_aton("203.0.113.8") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 4711, 80)
    with Wire(one.port) as client:
        for byte in header:  # it may come in pieces
            client.send(bytes([byte]))
        assert client.exchange(get()).status == 200
        assert client.exchange(get()).status == 200
    assert [("X-Forwarded-For", "203.0.113.8") in seen[2] for seen in server.seen] == [True, True]


def test_proxy_protocol_is_not_believed_from_strangers(tandem, backend):
    server = backend()
    one = proxied(tandem, server, trustedIPs=["203.0.113.0/24"])
    assert one.get().status == 200
    with Wire(one.port) as client:
        assert client.exchange("PROXY TCP4 203.0.113.7 198.51.100.1 4711 80\r\n" + get()).status == 200
    assert [dict(seen[2])["X-Forwarded-For"] for seen in server.seen] == ["127.0.0.1"] * 2


def test_many_connections_at_once(tandem, scripted):
    def serve(wire, _):
        while True:
            wire.message()
            wire.send(answer())

    one = tandem(site(scripted(serve).url))
    clients = [Wire(one.port) for _ in range(200)]
    for client in clients:
        client.send(get())
    assert all(client.response().status == 200 for client in clients)
    for client in clients:
        client.close()


def test_servers_take_turns(tandem, backend):
    first, second = backend("first"), backend("second")
    one = tandem(site(first.url, second.url))
    with Wire(one.port) as client:  # each core takes its own turns: one connection sees them in order
        assert sorted(client.exchange(get()).body for _ in range(10)) == [b"first"] * 5 + [b"second"] * 5
