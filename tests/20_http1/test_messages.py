"""HTTP/1 messages in both directions: framing, trailers, interim responses, responses without content."""
import threading

import pytest
from conftest import site
from wire import Wire, answer, get


def test_keep_alive_on_both_sides(tandem, scripted):
    def serve(wire, _):
        while True:
            wire.send(answer(wire.message().target))

    server = scripted(serve)
    one = tandem(site(server.url))
    with Wire(one.port) as client:
        for i in range(20):
            assert client.exchange(get(f"/{i}")).body == f"/{i}".encode()
    assert server.connections == 1


def test_connection_close_is_kept(tandem, backend):
    one = tandem(site(backend().url))
    with Wire(one.port) as client:
        response = client.exchange(get("/", "Connection: close"))
        assert response.headers["connection"] == "close"
        assert client.rest_until_closed() == b""


def test_version_1_0_closes_unless_told_otherwise(tandem, backend):
    one = tandem(site(backend().url))
    with Wire(one.port) as client:
        assert client.exchange("GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n").status == 200
        assert client.exchange("GET / HTTP/1.0\r\nHost: x\r\n\r\n").status == 200
        assert client.rest_until_closed() == b""


def test_pipelined_requests_are_answered_in_order(tandem, backend):
    one = tandem(site(backend(lambda handler, _: (200, {}, handler.path.encode())).url))
    with Wire(one.port) as client:
        client.send("".join(get(f"/{i}") for i in range(50)))
        assert [client.response().body for _ in range(50)] == [f"/{i}".encode() for i in range(50)]


def test_pipelined_requests_with_content(tandem, backend):
    one = tandem(site(backend(lambda handler, body: (200, {}, body)).url))
    chunked = "POST /{0} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nc-{0}\r\n0\r\n\r\n"
    sized = "POST /{0} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nl-{0}"
    with Wire(one.port) as client:
        client.send("".join((chunked if i % 2 else sized).format(i) for i in range(10)))
        assert [client.response().body for _ in range(10)] == [f"{'c' if i % 2 else 'l'}-{i}".encode() for i in range(10)]


def test_a_request_that_comes_byte_by_byte(tandem, backend):
    server = backend()
    one = tandem(site(server.url))
    with Wire(one.port) as client:
        for byte in "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\nX-T: 1\r\n\r\n":
            client.send(byte)
        assert client.response().status == 200
    assert server.seen[0][3] == b"abcd"


def test_chunks_and_trailers_go_up(tandem, scripted):
    got = []

    def serve(wire, _):
        got.append(wire.message())
        wire.send(answer())

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                        "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n")
    assert got[0].body == b"abcdefg"
    assert got[0].headers["transfer-encoding"] == "chunked" and "content-length" not in got[0].headers
    assert got[0].headers["trailer"] == "X-Sum"
    assert got[0].trailers == [("x-sum", "7")]


def test_chunks_and_trailers_come_down(tandem, scripted):
    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n")

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        response = client.exchange(get("/", "TE: trailers"))
    assert response.body == b"abc"
    assert response.trailers == [("x-sum", "3")]


def test_pieces_are_passed_on_as_they_come(tandem, scripted):
    seen = threading.Semaphore(0)

    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        for piece in "abcde":
            wire.send(piece * 2)
            assert seen.acquire(timeout=20)

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.send(get())
        assert client.head().status == 200
        for piece in b"abcde":
            assert client.exactly(2) == bytes([piece] * 2)
            seen.release()


def test_content_until_the_connection_closes(tandem, scripted):
    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.0 200 OK\r\n\r\nuntil the end")

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        response = client.exchange(get())
        assert response.body == b"until the end"
        assert response.headers["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_content(tandem, scripted, status):
    def serve(wire, _):
        while True:
            wire.message()
            wire.send(f"HTTP/1.1 {status}\r\nETag: \"x\"\r\n\r\n")

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        for _ in range(2):  # the connection is usable afterwards
            response = client.exchange(get())
            assert response.start == f"HTTP/1.1 {status}"
            assert "transfer-encoding" not in response.headers
        assert client.rest == b""


def test_head_announces_the_length_without_content(tandem, nginx):
    one = tandem(site(f"http://127.0.0.1:{nginx('location / { return 200 1234567; }')}"))
    with Wire(one.port) as client:
        for _ in range(2):
            response = client.exchange(get(method="HEAD"), to_head=True)
            assert response.headers["content-length"] == "7"
        assert client.exchange(get()).body == b"1234567"


def test_interim_responses_reach_the_client(tandem, scripted):
    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + "HTTP/1.1 102 Processing\r\n\r\n").send(answer())

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.send(get())
        hints = client.message()
        assert (hints.status, hints.headers["link"]) == (103, "</a.css>")
        assert client.message().status == 102
        assert client.message().status == 200


def test_no_interim_response_goes_to_version_1_0(tandem, scripted):
    def serve(wire, _):
        wire.message()
        wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n").send(answer())

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        assert client.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n").message().status == 200


def test_expect_continue_waits_for_the_server(tandem, scripted):
    order = []

    def serve(wire, _):
        head = wire.head()
        order.append(head.headers["expect"])
        wire.send("HTTP/1.1 100 Continue\r\n\r\n")
        order.append(wire.content(head).body)
        wire.send(answer())

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert client.message().status == 100
        assert client.exchange("data").status == 200
    assert order == ["100-continue", b"data"]


def test_expect_continue_may_be_refused_without_content(tandem, scripted):
    def serve(wire, _):
        wire.head()
        wire.send(answer("no", "413 Content Too Large", Connection="close"))

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        assert client.exchange("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n").status == 413


def test_an_answer_before_the_content_is_passed_on_at_once(tandem, scripted):
    def serve(wire, _):
        wire.head()
        wire.send(answer("early", "403 Forbidden"))
        wire.rest_until_closed()

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        response = client.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nonly this")
        assert (response.status, response.body) == (403, b"early")


def test_absolute_form(tandem, scripted):
    got = []

    def serve(wire, _):
        got.append(wire.message())
        wire.send(answer())

    one = tandem(site(scripted(serve).url, rule="Host(`real.test`)"))
    with Wire(one.port) as client:
        assert client.exchange("GET http://real.test/a?b=c HTTP/1.1\r\nHost: other.test\r\n\r\n").status == 200
    assert got[0].start == "GET /a?b=c HTTP/1.1"
    assert got[0].headers["host"] == "real.test"


def test_forwarded_headers(tandem, backend):
    server = backend()
    one = tandem(site(server.url))
    one.get("/", headers={"Host": "shop.test", "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "forged.test"})
    headers = {name.lower(): value for name, value in server.seen[0][2]}
    assert headers["host"] == "shop.test"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == "shop.test"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-real-ip"] == "127.0.0.1"
    assert "accept-encoding" not in headers or headers["accept-encoding"] == "identity"  # http.client sends identity


def test_nothing_is_added_that_changes_the_answer(tandem, scripted):
    got = []

    def serve(wire, _):
        got.append(wire.message())
        wire.send(answer())

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        client.exchange(get())
    assert "accept-encoding" not in got[0].headers
    assert "user-agent" not in got[0].headers or got[0].headers["user-agent"] == ""


def test_hop_by_hop_headers_end_here(tandem, scripted):
    got = []

    def serve(wire, _):
        got.append(wire.message())
        wire.send(answer(Connection="X-Secret", X_Secret="1", Keep_Alive="timeout=5", Kept="1"))

    one = tandem(site(scripted(serve).url))
    with Wire(one.port) as client:
        response = client.exchange(get("/", "Connection: keep-alive, X-Mine", "X-Mine: 1", "Proxy-Authorization: x", "Kept: 1"))
    for name in ("x-mine", "proxy-authorization", "connection"):
        assert name not in got[0].headers
    assert got[0].headers["kept"] == "1"
    assert "x-secret" not in response.headers and "keep-alive" not in response.headers
    assert response.headers["kept"] == "1"


def test_nginx_serves_a_large_file_whole(tandem, nginx, tmp_path):
    content = bytes(range(256)) * 4096 * 8  # 8 MiB
    (tmp_path / "large").write_bytes(content)
    one = tandem(site(f"http://127.0.0.1:{nginx(f'root {tmp_path};')}"))
    with Wire(one.port) as client:
        for _ in range(3):
            assert client.exchange(get("/large")).body == content
        assert client.exchange(get("/large", "Range: bytes=5-9")).body == content[5:10]
