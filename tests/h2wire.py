"""HTTP/2 by hand over python3-h2 (cleartext, prior knowledge): `Client` is a connection, `Server` a server whose behaviour
is a function. Both read with a deadline; nothing here sleeps."""
import socket
import struct
import threading
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

SECONDS = 20


def frame(kind, flags, stream, payload=b""):
    """A frame as bytes, whatever it may mean."""
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


class Answer:
    """What came on a stream: `status`, `headers` (dict), `interim` [(status, headers)], `body` and the frames it came in
    (`pieces`), `trailers`, `reset` (code)."""

    def __init__(self):
        self.status = self.reset = self.trailers = None
        self.headers, self.interim, self.pieces, self.body, self.ended = {}, [], [], b"", False

    @property
    def done(self):
        return self.ended or self.reset is not None


class Connection(h2.connection.H2Connection):
    """One that goes on after GOAWAY: streams that are under way end in their own time (RFC 9113 §6.8)."""

    def _receive_goaway_frame(self, received):
        event = h2.events.ConnectionTerminated()
        event.error_code, event.last_stream_id = received.error_code, received.last_stream_id
        return [], [event]


class Client:
    """A connection to a port of 127.0.0.1. `goaway` is the code of the last GOAWAY, `closed` whether the other side ended."""

    def __init__(self, port, settings=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
                                           normalize_outbound_headers=False, validate_inbound_headers=False)
        self.h2 = Connection(config)
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values=settings or {})
        self.h2.initiate_connection()
        self.answers, self.goaway, self.closed, self.acknowledged, self.pongs = {}, None, False, 0, 0
        self.auto_window = True
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.send(data)

    def send(self, data):
        """Bytes as they are; False when the other side does not take them any more."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            self.closed = True
            return False

    def request(self, path="/", method="GET", headers=(), body=None, end=True, authority="a.test"):
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        fields = [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path), *headers]
        self.h2.send_headers(stream, fields, end_stream=end and body is None)
        if body is not None:
            self.h2.send_data(stream, body, end_stream=end)
        self.flush()
        return stream

    def receive(self, seconds=SECONDS):
        """Takes what comes next; False at the end of the connection."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            raise
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError:
            events = []
        for event in events:
            self.take(event)
        self.flush()
        return True

    def take(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.InformationalResponseReceived):
            fields = dict(event.headers)
            answer.interim.append((int(fields.pop(":status")), fields))
        elif isinstance(event, h2.events.ResponseReceived):
            answer.headers = dict(event.headers)
            answer.status = int(answer.headers.pop(":status"))
        elif isinstance(event, h2.events.DataReceived):
            answer.pieces.append(event.data)
            answer.body += event.data
            if self.auto_window and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            if answer is not None:
                answer.reset = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code
        elif isinstance(event, h2.events.SettingsAcknowledged):
            self.acknowledged += 1
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs += 1

    def until(self, condition, what="the condition"):
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end and (self.receive() or condition()), f"the connection ended before {what}"

    def answer(self, stream):
        answer = self.answers[stream]
        self.until(lambda: answer.done, f"stream {stream} was answered")
        return answer

    def ask(self, *args, **more):
        return self.answer(self.request(*args, **more))

    def ended(self):
        """Reads to the end of the connection and returns the code of its GOAWAY, or "closed"."""
        while self.receive():
            pass
        return "closed" if self.goaway is None else int(self.goaway)


class Stream:
    """A request at a `Server`: `fields` (dict), `body` and its `pieces`, `trailers`."""

    def __init__(self, connection, number, fields):
        self.connection, self.id, self.pairs, self.fields = connection, number, fields, dict(fields)
        self.pieces, self.body, self.trailers = [], b"", None

    def respond(self, status=200, headers=(), body=b"", trailers=None, end=True):
        h2c = self.connection.h2
        bare = end and not body and trailers is None
        h2c.send_headers(self.id, [(":status", str(status)), *headers], end_stream=bare)
        if body:
            h2c.send_data(self.id, body, end_stream=end and trailers is None)
        if trailers is not None:
            h2c.send_headers(self.id, trailers, end_stream=True)

    def reset(self, code):
        self.connection.h2.reset_stream(self.id, code)


class ServerConnection(threading.Thread):
    def __init__(self, server, accepted, number):
        super().__init__(daemon=True)
        self.server, self.socket, self.number = server, accepted, number
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8", validate_inbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        self.streams, self.resets, self.answers_pings = {}, [], True

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def run(self):
        try:
            self.h2.initiate_connection()
            if self.server.settings:
                self.h2.update_settings(self.server.settings)
            self.flush()
            while True:
                data = self.socket.recv(65536)
                if not data:
                    break
                for event in self.h2.receive_data(data):
                    self.take(event)
                self.flush()
        except (OSError, h2.exceptions.ProtocolError):
            pass
        self.socket.close()

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.streams[event.stream_id] = Stream(self, event.stream_id, event.headers)
            if self.server.early:
                self.server.answer(self.streams[event.stream_id])
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id].pieces.append(event.data)
            self.streams[event.stream_id].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            self.streams[event.stream_id].trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            self.server.seen.append(self.streams[event.stream_id])
            if not self.server.early:
                self.server.answer(self.streams[event.stream_id])
        elif isinstance(event, h2.events.StreamReset):
            self.resets.append((event.stream_id, event.error_code))


class Server:
    """Cleartext HTTP/2: answer(stream) is called when a request is complete (`early`: when its fields are)."""

    def __init__(self, answer, early=False, settings=None):
        self.answer, self.early, self.settings = answer, early, settings
        self.seen, self.connections = [], []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.url = f"h2c://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                accepted, _ = self.listening.accept()
            except OSError:
                return
            self.connections.append(ServerConnection(self, accepted, len(self.connections) + 1))
            self.connections[-1].start()

    def stop(self):
        self.listening.close()
        for connection in self.connections:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
