"""What a server behind tandem parses is never more than what tandem routed. Ambiguous messages are made systematically;
each is followed by a second request on the same connection, as an attacker's victim would send it. The server behind
reads leniently, as the worst of servers do, and writes down every request that it finds."""
import itertools
import socket
import threading

import pytest
from conftest import site
from wire import Wire

MARK = "X-Request"


class Lenient:
    """A server that takes everything: bare LF, folded lines, underscores for hyphens, spaces before the colon, the last
    Content-Length, chunk sizes with rubbish. `requests` holds (marks, marks of tandem, target,
    content) of each request it finds."""

    def __init__(self):
        self.requests, self.listening = [], socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connected, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connected,), daemon=True).start()

    def serve(self, connected):
        with connected, connected.makefile("rb") as stream:
            try:
                while self.one(connected, stream):
                    pass
            except OSError:
                pass

    def one(self, connected, stream):
        start = stream.readline()
        while start in (b"\r\n", b"\n"):
            start = stream.readline()
        if not start:
            return False
        fields = []
        while (line := stream.readline().rstrip(b"\r\n")):
            if line[:1] in b" \t" and fields:
                fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
                continue
            name, _, value = line.partition(b":")
            fields.append((name.strip().lower().replace(b"_", b"-").decode("latin-1"), value.strip().decode("latin-1")))
        named = dict(fields)
        marks = [value for name, value in fields if name == MARK.lower()]
        target = start.split()[1].decode("latin-1") if len(start.split()) > 1 else "?"
        content = b""
        if "chunked" in named.get("transfer-encoding", "").lower():
            while size := self.chunk_size(stream):
                content += stream.read(size)
                stream.readline()
            while (line := stream.readline()).strip():
                pass
            if not line:
                return False  # cut off
        elif digits := "".join(itertools.takewhile(str.isdigit, named.get("content-length", "").lstrip("+ "))):
            content = stream.read(int(digits))
        self.requests.append((marks, [value for name, value in fields if name == ROUTED.lower()], target, content))
        connected.sendall(b"HTTP/1.1 200 OK\r\nX-Served: 1\r\nContent-Length: 2\r\n\r\nok")
        return True

    @staticmethod
    def chunk_size(stream):
        line = stream.readline()
        if not line:
            raise ConnectionError("cut off")
        digits = itertools.takewhile(lambda c: c in "0123456789abcdef", line.decode("latin-1").strip().lower().removeprefix("0x"))
        return int("0" + "".join(digits), 16)

    def stop(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


HIDDEN = "GET /hidden HTTP/1.1\r\nHost: x\r\n" + f"{MARK}: hidden\r\n\r\n"
CHUNKED = "0\r\n\r\n"


def message(*lines, content="", start="POST /attack HTTP/1.1", end="\r\n"):
    return start + end + "".join(line + end for line in ("Host: x", f"{MARK}: attack", *lines)) + end + content


def framing_messages():
    lengths = ["Content-Length: 5", "Content-Length: 0", "Content-Length: +5", "Content-Length: -5", "Content-Length: 5, 5", "Content-Length: 5,6",
               "Content-Length: 0x5", "Content-Length: 5 ", "Content-Length: 05", "Content-Length: 5;", "Content-Length: 5 5", "Content-Length:",
               "Content-Length: 99999999999999999999", "Content-Length : 5", "Content_Length: 5", " Content-Length: 5", "Content-Length\t: 5",
               "Content-Length: 5\r\n 0", "Content-Length: 5\n", "Content-Length: \x0b5", "Content-Length: 5\x00", "Content-Length\x00: 5", "content-length: 5",
               "Content-Length: 5.0", "Content-Length: 5e0", "Content-Length: ٥".encode().decode("latin-1")]
    codings = ["Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked",
               "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: gzip, chunked",
               "Transfer-Encoding: identity", "Transfer-Encoding:\x0bchunked", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;q=1",
               "Transfer-Encoding: chunked\x00", "Transfer_Encoding: chunked", " Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
               "Transfer-Encoding: x\r\n chunked", "Transfer-Encoding: x\nTransfer-Encoding: chunked", "Transfer-Encoding\r\n: chunked",
               "X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: , chunked", "Transfer-Encoding: chunked,",
               "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
               "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "transfer-Encoding\t: chunked", "Transfer-Encoding: \tchunked\t", "Transfer.Encoding: chunked"]
    for line in lengths:
        yield message(line, content=HIDDEN)
        yield message(line, content="abcde" + HIDDEN)
        yield message(line, "Content-Length: 3", content="abcde" + HIDDEN)
        yield message("Content-Length: 3", line, content="abcde" + HIDDEN)
    for line in codings:
        yield message(line, content=CHUNKED + HIDDEN)
        yield message(line, content=HIDDEN)
    for length, coding in itertools.product(["Content-Length: 5", f"Content-Length: {len(CHUNKED + HIDDEN)}", "Content-Length: 0", "Content_Length: 5", "Content-Length : 5"], codings):
        yield message(length, coding, content=CHUNKED + HIDDEN)
        yield message(coding, length, content=CHUNKED + HIDDEN)
    for version in ("HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1.", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", ""):
        yield message("Transfer-Encoding: chunked", "Connection: keep-alive", content=CHUNKED + HIDDEN, start=f"POST /attack {version}")
        yield message("Content-Length: 5", "Connection: keep-alive", content="abcde" + HIDDEN, start=f"POST /attack {version}")


def chunk_messages():
    for size in ("5;", "5 ", " 5", "05", "0x5", "5\t", "+5", "-5", "5;a\n", "5\n", "5\r", "5;\x00", "fffffffffffffffff5", "00000000000000000000005", "5;a=\"\r\n\"", "",
                 "5;a=b;c", "5\x0b", "5,5", "5_", "80000000000000000", "100000005", "g5", "5g"):
        yield message("Transfer-Encoding: chunked", content=f"{size}\r\nabcde\r\n{CHUNKED}{HIDDEN}")
    for content in ("5\r\nabcde\n" + CHUNKED, "5\nabcde\r\n" + CHUNKED, "5\r\nabcde" + CHUNKED, "4\r\nabcde\r\n" + CHUNKED, "6\r\nabcde\r\n" + CHUNKED, "5\r\nabcde\r\n0\n\n",
                    "5\r\nabcde\r\n0\r\n\n", "5\r\nabcde\r\n0\r\nX: y\n\r\n", "5\r\nabcde\r\n0\r\nContent-Length: 50\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "0\r\nHost: y\r\n\r\n", "0\r\n X: folded\r\n\r\n", "0\r\nX y\r\n\r\n", "0\r\n\r", "0\r\n\rX", "-0\r\n\r\n", "00\r\n\r\n", "0;x\r\n\r\n"):
        yield message("Transfer-Encoding: chunked", content=content + HIDDEN)


def head_messages():
    for line in ("Host: y", "host: x", "Host : y", "Host: y\r\n z", "Host_: y", "X: y\x00z", "X: y\rz", "X\x01: y", "X y: z", ": y", "X", "X: y\r", "\tX: y", "X:y\x7f", "Connection: Host",
                 "Connection: Content-Length", "Connection: Transfer-Encoding", "Connection: close, X-Routed", "Upgrade: websocket", "Expect: 100-continue", "Expect: 200-ok",
                 "HTTP2-Settings: AAMAAABkAAQAAP__", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", "X-HTTP-Method-Override: GET", "Trailer: Content-Length", "TE: chunked"):
        yield message(line, "Content-Length: 5", content="abcde" + HIDDEN)
        yield message(line, content=HIDDEN, start="GET /attack HTTP/1.1")
    for end in ("\n", "\r", "\r\r\n", "\n\r"):
        yield message("Content-Length: 5", content="abcde" + HIDDEN, end=end)
        yield message(content=HIDDEN, start="GET /attack HTTP/1.1", end=end)
    for start in ("POST  /attack HTTP/1.1", "POST /attack  HTTP/1.1", "POST\t/attack\tHTTP/1.1", " POST /attack HTTP/1.1", "POST /att ack HTTP/1.1", "POST /attack\x00 HTTP/1.1", "POST /attack",
                  "POST /attack HTTP/1.1\rX: y", "\r\nPOST /attack HTTP/1.1", "P(ST /attack HTTP/1.1", "POST /attack#x HTTP/1.1", "POST //x/attack HTTP/1.1", "POST http://x@y/attack HTTP/1.1",
                  "POST * HTTP/1.1", "POST x HTTP/1.1", "POST /attack\x7f HTTP/1.1", "POST /a%0d%0aX:%20y HTTP/1.1", "GET /attack HTTP/1.1", "HEAD /attack HTTP/1.1", "TRACE /attack HTTP/1.1",
                  "CONNECT x:80 HTTP/1.1", "CONNECT /attack HTTP/1.1", "OPTIONS * HTTP/1.1", "PRI * HTTP/2.0"):
        yield message("Content-Length: 5", content="abcde" + HIDDEN, start=start)
        yield message("Transfer-Encoding: chunked", content="5\r\nabcde\r\n" + CHUNKED + HIDDEN, start=start)


# tandem puts this into every request that it routes, once. A request without it was smuggled: the server found it where
# tandem saw content.
ROUTED = "X-Routed"
SECRET = "by-tandem-4711"


@pytest.fixture
def lenient():
    server = Lenient()
    yield server
    server.stop()


@pytest.mark.parametrize("messages", [framing_messages, chunk_messages, head_messages])
def test_the_server_never_finds_more_requests_than_were_routed(tandem, lenient, messages):
    # Messages that swallow the victim and wait for more end by the time-out.
    one = tandem(site(lenient.url, middlewares={"mark": {"headers": {"customRequestHeaders": {ROUTED: SECRET}}}}),
                 web={"transport": {"respondingTimeouts": {"readTimeout": "150ms"}}})
    victim = "GET /victim HTTP/1.1\r\nHost: x\r\n" + f"{MARK}: victim\r\nConnection: close\r\n\r\n"
    count = 0
    for text in dict.fromkeys(messages()):
        count += 1
        lenient.requests.clear()
        with Wire(one.port) as client:
            try:
                client.send(text + victim)
            except OSError:
                pass
            got = client.rest_until_closed()
        seen = list(lenient.requests)
        about = f"{text!r}\nclient got {got!r}\nserver saw {seen!r}"
        assert all(routed == [SECRET] for _, routed, _, _ in seen), about
        # A request that was routed is one that the client sent, and whole.
        assert all(len(marks) == 1 for marks, _, _, _ in seen), about
        marks = [marks[0] for marks, _, _, _ in seen]
        assert marks == [mark for mark in ("attack", "hidden", "victim") if mark in marks], about
        assert got.count(b"X-Served: 1\r\n") <= len(seen), about
        assert all(not target.startswith("/hidden") or mark == ["hidden"] for mark, _, target, _ in seen), about
        # Whoever comes next on a pooled connection gets an answer of its own.
        with Wire(one.port) as client:
            again = client.exchange(f"GET /next HTTP/1.1\r\nHost: x\r\n{MARK}: next\r\n\r\n")
        assert again.status == 200, about
        assert lenient.requests[-1] == (["next"], [SECRET], "/next", b""), about
    assert count > 40


REFUSED = [
    message("Content-Length: 5", "Transfer-Encoding: chunked", content=CHUNKED),
    message("Content-Length: 5", "Content-Length: 5", content="abcde"),
    message("Content-Length: 5, 5", content="abcde"),
    message("Content-Length: +5", content="abcde"),
    message("Content-Length : 5", content="abcde"),
    message("X: y\r\n folded"),
    message("X: y\nZ: w"),
    message("X: y\rZ: w"),
    message("X: y\x00"),
    message("X y: z"),
    message("Host: y"),
    message("Transfer-Encoding: chunked", start="POST /attack HTTP/1.0", content=CHUNKED),
    message("Transfer-Encoding: chunked", content="5\nabcde\r\n0\r\n\r\n"),
    message("Transfer-Encoding: chunked", content="0x5\r\nabcde\r\n0\r\n\r\n"),
    message(end="\n"),
    message("Content-Length: 99999999999999999999"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_refused_with_400_and_closed(tandem_for_all, lenient_for_all, text):
    lenient_for_all.requests.clear()
    with Wire(tandem_for_all.port) as client:
        got = client.send(text + HIDDEN).rest_until_closed()
    assert got.startswith(b"HTTP/1.1 400 "), got
    assert got.count(b"HTTP/1.1") == 1
    assert not any("hidden" in marks for marks, _, _, _ in lenient_for_all.requests)


@pytest.mark.parametrize("name", ["Content_Length", "Transfer_Encoding", "content_length", "TRANSFER_ENCODING"])
def test_underscore_twins_of_framing_never_arrive(tandem_for_all, lenient_for_all, name):
    lenient_for_all.requests.clear()
    value = "chunked" if "ncoding" in name.lower() else "100"
    with Wire(tandem_for_all.port) as client:
        response = client.exchange(message(f"{name}: {value}", "Content-Length: 5", content="abcde"))
    assert response.status == 200
    assert lenient_for_all.requests == [(["attack"], [], "/attack", b"abcde")]


@pytest.fixture(scope="module")
def lenient_for_all():
    server = Lenient()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def tandem_for_all(tmp_path_factory, lenient_for_all):
    from conftest import Tandem
    folder = tmp_path_factory.mktemp("tandem")
    one = Tandem(folder, None, site(lenient_for_all.url), []).start()
    one.wait_for_router("site")
    yield one
    one.stop()
