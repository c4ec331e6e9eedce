"""HTTP/2 towards servers (h2c)."""
import threading

from conftest import site, wait_until


def test_requests_share_a_connection(tandem, h2_server, h2_client):
    server = h2_server()
    one = tandem(site(server.url))
    client = h2_client(one)
    streams = [client.request(f"/{i}") for i in range(50)]
    assert [client.answer(stream).body for stream in streams] == [b"h2"] * 50
    assert len(server.connections) == 1
    seen = server.seen[0].fields
    assert (seen[":authority"], seen[":scheme"], seen["x-forwarded-for"]) == ("a.test", "http", "127.0.0.1")
    assert one.get("/h1").body == b"h2"


def test_no_more_streams_than_the_server_takes(tandem, h2_server, h2_client):
    most = []

    def answer(stream):
        most.append(stream.connection.h2.open_inbound_streams)
        stream.respond(body=b"ok")

    client = h2_client(tandem(site(h2_server(answer, settings={3: 5}).url)))
    assert client.ask().body == b"ok"  # the settings are known now
    streams = [client.request() for _ in range(40)]
    assert all(client.answer(stream).status == 200 for stream in streams)
    assert max(most) <= 5


def test_trailers_both_ways(tandem, h2_server, h2_client):
    server = h2_server(lambda stream: stream.respond(body=b"x", trailers=[("grpc-status", "0"), ("grpc-message", "")]))
    client = h2_client(tandem(site(server.url)))
    stream = client.request("/", "POST", headers=[("te", "trailers"), ("trailer", "x-sum")], body=b"hi", end=False)
    client.h2.send_headers(stream, [("x-sum", "1")], end_stream=True)
    client.flush()
    assert client.answer(stream).trailers == {"grpc-status": "0", "grpc-message": ""}
    assert (server.seen[0].body, server.seen[0].trailers, server.seen[0].fields["te"]) == (b"hi", {"x-sum": "1"}, "trailers")


def test_trailers_that_come_after_content_of_known_length(tandem, h2_server, h2_client):
    def answer(stream):
        if stream.fields[":path"] == "/now":
            return stream.respond()
        waiting.append(stream)
        return stream.respond(headers=[("content-length", "4")], body=b"four", end=False)

    waiting = []
    server = h2_server(answer)
    client = h2_client(tandem(site(server.url)))
    stream = client.request("/later")
    client.until(lambda: client.answers[stream].body == b"four", "the content")
    assert client.ask("/now").status == 200 and not client.answers[stream].ended
    connection = waiting[0].connection
    connection.h2.send_headers(waiting[0].id, [("x-sum", "9")], end_stream=True)
    connection.flush()
    assert client.answer(stream).trailers == {"x-sum": "9"}


def test_the_last_piece_of_content_ends_the_stream(tandem, h2_server, h2_client):
    """No empty frame behind it, whether the length is known or not, in either direction."""
    server = h2_server(lambda stream: stream.respond(body=b"back"))
    client = h2_client(tandem(site(server.url)))
    for headers in ([("content-length", "5")], []):
        assert client.ask("/", "POST", body=b"forth", headers=headers).pieces == [b"back"]
    assert [stream.pieces for stream in server.seen] == [[b"forth"]] * 2


def test_a_refused_stream_is_sent_again(tandem, h2_server, h2_client):
    refused = []

    def answer(stream):
        if len(refused) < 2:
            refused.append(stream.id)
            stream.reset(7)
        else:
            stream.respond(body=b"now")

    client = h2_client(tandem(site(h2_server(answer).url)))
    assert client.ask("/", "POST", body=b"content-that-is-sent-once", headers=[("content-length", "25")]).status in (200, 502)
    assert client.ask("/").body == b"now"


def test_a_reset_stream_is_500_and_not_sent_again(tandem, h2_server, h2_client):
    server = h2_server(lambda stream: stream.reset(2))
    client = h2_client(tandem(site(server.url)))
    assert client.ask().status == 500
    assert len(server.seen) == 1


def test_goaway_moves_requests_to_another_connection(tandem, h2_server, h2_client):
    def answer(stream):
        stream.respond(body=str(stream.connection.number).encode())
        stream.connection.h2.close_connection(last_stream_id=stream.id)

    server = h2_server(answer)
    client = h2_client(tandem(site(server.url)))
    assert [client.ask().body for _ in range(3)] == [b"1", b"2", b"3"]


def test_a_connection_that_dies_fails_its_requests_only(tandem, h2_server, h2_client):
    def answer(stream):
        if stream.fields[":path"] == "/die":
            stream.connection.socket.shutdown(2)
        else:
            stream.respond(body=b"ok")

    client = h2_client(tandem(site(h2_server(answer).url)))
    assert client.ask("/").body == b"ok"
    assert client.ask("/die", "POST").status == 502
    assert client.ask("/").body == b"ok"


def test_a_cancelled_request_resets_its_stream(tandem, h2_server, h2_client):
    server = h2_server(lambda stream: None)
    client = h2_client(tandem(site(server.url)))
    stream = client.request()
    wait_until(lambda: server.seen, "the request is there")
    client.h2.reset_stream(stream, 8)
    client.flush()
    wait_until(lambda: server.connections[0].resets, "the stream is reset")
    assert server.connections[0].resets == [(1, 8)]


def test_a_silent_connection_is_found_by_a_ping(tandem, h2_server, h2_client):
    """forwardingTimeouts.readIdleTimeout: a server that has gone without a word."""
    gone = threading.Event()

    def answer(stream):
        if stream.connection.number == 1:
            gone.wait(20)  # its thread reads nothing more, pings included
        else:
            stream.respond(body=b"alive")

    dynamic = site(h2_server(answer).url, serversTransport="quick")
    dynamic["http"]["serversTransports"] = {"quick": {"forwardingTimeouts": {"readIdleTimeout": "200ms", "pingTimeout": "200ms"}}}
    client = h2_client(tandem(dynamic))
    assert client.ask("/", "POST").status == 502
    assert client.ask().body == b"alive"
    gone.set()


def test_h2c_without_http2_is_500(tandem, h2_server):
    dynamic = site(h2_server().url, serversTransport="old")
    dynamic["http"]["serversTransports"] = {"old": {"disableHTTP2": True}}
    assert tandem(dynamic).get().status == 500
