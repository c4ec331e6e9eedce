"""HTTP/1 by hand, for what http.client hides: `Wire` is a client's connection, `Scripted` a server whose behaviour is a
function. Both read with a deadline; nothing here sleeps."""
import socket
import threading

SECONDS = 20


class Ended(Exception):
    """The other side closed or reset the connection."""


class Message:
    """A head with its content: `start` (the first line), `pairs` [(name in lower case, value)], `body`, `trailers`."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.start, self.body, self.trailers = lines[0], b"", []
        self.pairs = [self.pair(line) for line in lines[1:] if line]
        self.framing = None

    @staticmethod
    def pair(line):
        name, _, value = line.partition(":")
        return name.strip().lower(), value.strip()

    @property
    def headers(self):
        return dict(reversed(self.pairs))

    @property
    def status(self):
        return int(self.start.split()[1])

    @property
    def target(self):
        return self.start.split()[1]

    def all(self, name):
        return [value for key, value in self.pairs if key == name]


class Wire:
    """A connection. `Wire(port)` connects; `Wire(connected socket)` takes it over."""

    def __init__(self, to, receive_buffer=None):
        if isinstance(to, socket.socket):
            self.socket = to
        else:
            self.socket = socket.socket()
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.settimeout(SECONDS)
            self.socket.connect(("127.0.0.1", to))
        self.socket.settimeout(SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, content):
        self.socket.sendall(content.encode("latin-1") if isinstance(content, str) else content)
        return self

    def more(self):
        """Receives into `rest`; Ended when there is no more."""
        try:
            got = self.socket.recv(65536)
        except ConnectionError as error:
            raise Ended from error
        if not got:
            raise Ended
        self.rest += got

    def until(self, mark):
        """Everything up to and with `mark`."""
        while mark not in self.rest:
            self.more()
        end = self.rest.index(mark) + len(mark)
        found, self.rest = self.rest[:end], self.rest[end:]
        return found

    def exactly(self, size):
        parts, have = [self.rest[:size]], min(size, len(self.rest))
        self.rest = self.rest[size:]
        while have < size:
            self.more()
            part, self.rest = self.rest[:size - have], self.rest[size - have:]
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def head(self):
        """A head without its content."""
        return Message(self.until(b"\r\n\r\n")[:-2])

    def content(self, message, to_head=False):
        """Reads the content that belongs to `message` as its head says."""
        response = message.start.startswith("HTTP/")
        if response and (to_head or message.status < 200 or message.status in (204, 304)):
            return message
        if "chunked" in message.headers.get("transfer-encoding", ""):
            while size := int(self.until(b"\r\n").split(b";")[0], 16):
                message.body += self.exactly(size)
                self.exactly(2)
            while (line := self.until(b"\r\n")) != b"\r\n":
                message.trailers.append(Message.pair(line.decode("latin-1")))
        elif "content-length" in message.headers:
            message.body = self.exactly(int(message.headers["content-length"]))
        elif response:
            message.body = self.rest_until_closed()
        return message

    def message(self, to_head=False):
        """A whole request or response (an interim one counts)."""
        return self.content(self.head(), to_head)

    def response(self, to_head=False):
        """The next final response."""
        while True:
            message = self.message(to_head)
            if message.status >= 200 or message.status == 101:
                return message

    def rest_until_closed(self):
        """All that still comes before the other side closes."""
        try:
            while True:
                self.more()
        except Ended:
            found, self.rest = self.rest, b""
            return found

    def exchange(self, content, to_head=False):
        return self.send(content).response(to_head)


class Scripted:
    """A server: `script(wire, number)` is run in a thread for each connection, which is closed when it returns. What
    it raises because the other side left is ignored; anything else is kept in `problems`."""

    def __init__(self, script, receive_buffer=None):
        self.script, self.connections, self.problems, self.wires = script, 0, [], []
        self.listening = socket.socket()
        if receive_buffer:
            self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen(1024)
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connected, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            wire = Wire(connected)
            self.wires.append(wire)
            threading.Thread(target=self.serve, args=(wire, self.connections), daemon=True).start()

    def serve(self, wire, number):
        try:
            self.script(wire, number)
        except (Ended, OSError):
            pass
        except Exception as problem:  # for the test to look at
            self.problems.append(problem)
        finally:
            wire.close()

    def stop(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for wire in self.wires:
            wire.close()


def answer(body="ok", status="200 OK", **headers):
    """A response as bytes; header names with _ for -."""
    body = body.encode() if isinstance(body, str) else body
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path="/", *headers, method="GET", host="test.local"):
    """A request without content, as text."""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n" + "".join(f"{line}\r\n" for line in headers) + "\r\n"
