"""A thousand reloads while requests run: none fails, none is answered by nobody."""
import http.client
import threading

from conftest import site, wait_until
from wire import answer

RELOADS = 1000
CLIENTS = 8


def test_a_thousand_reloads_under_load(tandem, scripted):
    def serve(wire, _):
        while True:
            wire.message()
            wire.send(answer("ok"))

    servers = [scripted(serve), scripted(serve)]

    def version(number):
        """Alternates the server, a middleware, and the routers around the one that is asked for."""
        tree = site(servers[number % 2].url, middlewares={"it": {"headers": {"customResponseHeaders": {"X-Version": str(number)}}}})
        for i in range(number % 5):
            tree["http"]["routers"][f"more{i}"] = {"rule": f"Host(`more{i}.test`) && Path(`/{number}`)", "service": "site"}
        return tree

    one = tandem(version(0), static={"providers": {"providersThrottleDuration": "1ms"}, "log": {"level": "DEBUG"}})
    done, failures, counts = threading.Event(), [], [0] * CLIENTS

    def load(number):
        connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20)
        versions = set()
        while not done.is_set():
            try:
                connection.request("GET", "/")
                response = connection.getresponse()
                content = response.read()
                versions.add(response.headers["X-Version"])
                if (response.status, content) != (200, b"ok"):
                    failures.append((response.status, content))
            except (OSError, http.client.HTTPException) as problem:
                failures.append(repr(problem))
                connection.close()
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=load, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, RELOADS + 1):
            one.write(version(number))
            # The next one is written when this one serves, so that none of them is skipped.
            wait_until(lambda: one.get().headers["x-version"] == str(number), f"version {number} serves")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert min(counts) > 0
    assert one.log.count("Configuration applied") >= RELOADS
