import pytest
from h2wire import Client, Server


@pytest.fixture
def h2_server():
    """Call it with answer(stream): a running h2wire.Server."""
    started = []

    def start(answer=lambda stream: stream.respond(body=b"h2"), **options):
        started.append(Server(answer, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def h2_client():
    """Call it with a Tandem: an h2wire.Client."""
    opened = []

    def connect(to, **options):
        opened.append(Client(getattr(to, "port", to), **options))
        return opened[-1]

    yield connect
    for one in opened:
        one.socket.close()
