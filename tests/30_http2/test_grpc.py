"""gRPC through the proxy, with real clients and servers: TLS or h2c in front, TLS or h2c behind. Messages are plain bytes, so
that no generated code is needed."""
import threading
from concurrent import futures

import pytest
from conftest import request, site, wait_until
from tls_tools import FILES, pair

grpc = pytest.importorskip("grpc")


@pytest.fixture
def grpc_server():
    def unary(content, context):
        if content == b"fail":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
        context.set_trailing_metadata((("x-end", "1"),))
        return b"got " + content

    def hang(content, context):
        hanging.append(context)
        ended.wait(20)
        return b""

    def many(content, context):
        for i in range(100):
            yield content + str(i).encode()

    def echo(contents, context):
        yield from contents

    hanging, ended = [], threading.Event()
    handlers = {"Unary": grpc.unary_unary_rpc_method_handler(unary), "Hang": grpc.unary_unary_rpc_method_handler(hang),
                "Many": grpc.unary_stream_rpc_method_handler(many), "Echo": grpc.stream_stream_rpc_method_handler(echo)}
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
    server.urls = {"h2c": f"h2c://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"}
    credentials = grpc.ssl_server_credentials([((FILES / "server.key").read_bytes(), (FILES / "server.pem").read_bytes())])
    server.urls["tls"] = f"https://127.0.0.1:{server.add_secure_port('127.0.0.1:0', credentials)}"
    server.start()
    server.hanging = hanging
    yield server
    ended.set()
    server.stop(0)


def dynamic(server, front, behind):
    tree = site(server.urls[behind], serversTransport="any")
    tree["http"]["serversTransports"] = {"any": {"insecureSkipVerify": True}}
    if front == "tls":
        tree["http"]["routers"]["site"]["tls"] = {}
        tree["tls"] = {"certificates": [pair("server")]}
    return tree


@pytest.fixture(params=[("h2c", "h2c"), ("h2c", "tls"), ("tls", "h2c"), ("tls", "tls")], ids="-to-".join)
def channel(request, tandem, grpc_server):
    front, behind = request.param
    to = f"127.0.0.1:{tandem(dynamic(grpc_server, front, behind)).port}"
    if front == "h2c":
        opened = grpc.insecure_channel(to)
    else:
        trusted = grpc.ssl_channel_credentials((FILES / "ca.pem").read_bytes())
        opened = grpc.secure_channel(to, trusted, [("grpc.ssl_target_name_override", "a.test")])
    with opened:
        yield opened


def test_unary_calls(channel):
    call = channel.unary_unary("/test.Service/Unary")
    answer, info = call.with_call(b"hi", timeout=20)
    assert answer == b"got hi" and ("x-end", "1") in [tuple(pair) for pair in info.trailing_metadata()]
    assert call(b"x" * 3_000_000, timeout=20) == b"got " + b"x" * 3_000_000


def test_errors_keep_their_status(channel):
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/test.Service/Unary")(b"fail", timeout=20)
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.NOT_FOUND, "no such thing")
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/test.Service/None")(b"", timeout=20)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_streams_of_answers(channel):
    assert list(channel.unary_stream("/test.Service/Many")(b"n", timeout=20)) == [b"n%d" % i for i in range(100)]


def test_streams_both_ways_in_turn(channel):
    answers = threading.Event()

    def ask():
        yield b"one"
        answers.wait(20)  # the second goes when the first has come back
        yield b"two"

    call = channel.stream_stream("/test.Service/Echo")(ask(), timeout=20)
    assert next(call) == b"one"
    answers.set()
    assert list(call) == [b"two"]


def test_deadlines_and_cancellation_reach_the_server(channel, grpc_server):
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/test.Service/Hang")(b"", timeout=0.3)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    call = channel.unary_unary("/test.Service/Hang").future(b"")
    wait_until(lambda: len(grpc_server.hanging) == 2, "the call is there")
    call.cancel()
    wait_until(lambda: not any(context.is_active() for context in grpc_server.hanging), "both calls have ended there")


def test_a_client_of_http1_reads_a_unary_answer(tandem, grpc_server):
    one = tandem(site(grpc_server.urls["h2c"]))
    got = request(one.port, "/test.Service/Unary", "POST", {"Content-Type": "application/grpc", "TE": "trailers"}, b"\0\0\0\0\2hi")
    assert got.status == 200 and got.body == b"\0\0\0\0\6got hi"
