"""Fixtures of the black-box tests: `tandem` starts the program ($TANDEM, default build/release/tandem), `backend` starts
recording HTTP servers, `free_port` hands out ports. All on 127.0.0.1; everything is stopped when the test ends."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # tests import wait_until, site and wire.py from here
import lab  # noqa: E402 (found by the line above)

PROGRAM = Path(os.environ.get("TANDEM", ROOT / "build/release/tandem")).resolve()
SECONDS = 20  # the longest wait for anything


def wait_until(condition, what, seconds=SECONDS):
    """Calls `condition` until it returns something true, and returns that; fails the test after `seconds`."""
    try:
        return lab.until(condition, what, seconds)
    except lab.LabError as late:
        pytest.fail(str(late))


def unused_port():
    """A TCP port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def site(*urls, rule="PathPrefix(`/`)", middlewares=None, **load_balancer):
    """Dynamic configuration of one router `site` over one load balancer with these servers."""
    router = {"rule": rule, "service": "site"}
    if middlewares:
        router["middlewares"] = list(middlewares)
    http_part = {"routers": {"site": router}, "services": {"site": {"loadBalancer": {"servers": [{"url": url} for url in urls]} | load_balancer}}}
    if middlewares:
        http_part["middlewares"] = middlewares
    return {"http": http_part}


class Answer:
    """A response, read whole: `status`, `headers` (names in lower case, first value), `body` (bytes)."""

    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.pairs = [(name.lower(), value) for name, value in response.getheaders()]
        self.headers = dict(reversed(self.pairs))

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


def request(port, path="/", method="GET", headers=None, body=None, host="127.0.0.1"):
    """One HTTP/1.1 request on a connection of its own. Headers are sent as given; `Host` may be one of them."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Tandem:
    """A running tandem. Entry point `web` listens on `port`, the API on `api_port`, dynamic.yml is the file provider's."""

    def __init__(self, folder, static, dynamic, args, web=None):
        self.folder, self.port, self.api_port = folder, unused_port(), unused_port()
        self.args, self.process = args, None
        self.static = {
            "entryPoints": {"web": {"address": f"127.0.0.1:{self.port}"}, "traefik": {"address": f"127.0.0.1:{self.api_port}"}},
            "api": {"insecure": True},
            "ping": {},
            "providers": {"providersThrottleDuration": "50ms", "file": {"filename": "dynamic.yml", "watch": True}},
            "log": {"level": "INFO"},
            "stateDirectory": "state",
        }
        for key, value in (static or {}).items():
            if isinstance(value, dict) and isinstance(self.static.get(key), dict):
                self.static[key] = self.static[key] | value
            else:
                self.static[key] = value
        for name, options in {"web": {"address": f"127.0.0.1:{self.port}"}, "traefik": {"address": f"127.0.0.1:{self.api_port}"}}.items():
            self.static["entryPoints"][name] = options | self.static["entryPoints"].get(name, {})
        self.static["entryPoints"]["web"] |= web or {}
        (folder / "static.yml").write_text(yaml.safe_dump(self.static))
        self.write(dynamic or {})

    @property
    def log(self):
        """What the program wrote so far, standard output and error."""
        return (self.folder / "output").read_text(errors="replace")

    def write(self, dynamic):
        """Replaces dynamic.yml (a dict, or its text) in one step, as editors do."""
        text = dynamic if isinstance(dynamic, str) else yaml.safe_dump(dynamic)
        (self.folder / "dynamic.yml.new").write_text(text)
        (self.folder / "dynamic.yml.new").rename(self.folder / "dynamic.yml")

    def start(self):
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen([PROGRAM, "--configFile=static.yml", *self.args], cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT)
        return self

    def rawdata(self):
        """/api/rawdata, or None while the API does not answer."""
        try:
            answer = request(self.api_port, "/api/rawdata")
        except OSError:
            return None
        return answer.json() if answer.status == 200 else None

    def wait_for_router(self, name, present=True):
        """Waits until the file provider's router is there (or is not there any more)."""
        def seen():
            if self.process.poll() is not None:
                pytest.fail(f"tandem ended with {self.process.returncode}:\n{self.log[-3000:]}")
            raw = self.rawdata()
            return raw is not None and (f"{name}@file" in raw.get("routers", {})) == present
        wait_until(seen, f"router {name} {'in' if present else 'out of'} /api/rawdata; the log:\n{self.log[-3000:]}")

    def get(self, path="/", **more):
        return request(self.port, path, **more)

    def stop(self, how=signal.SIGTERM):
        """Sends the signal and returns the exit code; kills what does not end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            pytest.fail(f"tandem does not end after signal {how}:\n{self.log[-3000:]}")


@pytest.fixture
def free_port():
    """Call it for a TCP port that nobody uses."""
    return unused_port


@pytest.fixture
def tandem(tmp_path):
    """Call it with static (dict, merged over the default by its top keys), dynamic (dict or YAML text), args and
    `router` (wait for this router of dynamic; default: the first) and `web` (options of the entry point web): a running
    Tandem."""
    started = []

    def start(dynamic=None, static=None, args=(), router=None, web=None):
        folder = tmp_path / f"tandem{len(started)}"
        folder.mkdir()
        one = Tandem(folder, static, dynamic, list(args), web).start()
        started.append(one)
        tree = yaml.safe_load(dynamic) if isinstance(dynamic, str) else dynamic or {}
        router = router or next(iter((tree.get("http") or {}).get("routers") or {}), None)
        if router:
            one.wait_for_router(router)
        return one

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        elif one.process.returncode < 0:
            pytest.fail(f"tandem was ended by signal {-one.process.returncode}:\n{one.log[-3000:]}")


class Backend:
    """A recording HTTP/1.1 server: `seen` holds (method, target, [(name, value)], body) of each request."""

    def __init__(self, answer):
        self.seen, outer = [], self

        class Recorder(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = b""
                if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    while self.rfile.readline().strip():
                        pass
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.seen.append((self.command, self.path, list(self.headers.items()), body))
                status, headers, content = answer(self, body)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def backend():
    """Call it with a body (text), or a function (handler, body) → (status, headers, bytes): a running Backend."""
    started = []

    def start(answer="backend"):
        function = answer if callable(answer) else lambda handler, body: (200, {"Content-Type": "text/plain"}, answer.encode())
        started.append(Backend(function))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def nginx(tmp_path):
    """Call it with the inside of a `server` block: nginx's port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    started = []

    def start(server="location / { return 200 'nginx'; }"):
        port, folder = unused_port(), tmp_path / f"nginx{len(started)}"
        folder.mkdir()
        # nginx as root gives its workers to another user, who must reach the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
            f"http {{ access_log off; {temporary}\nserver {{ listen 127.0.0.1:{port}; {server} }} }}\n")
        started.append(subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"], stdin=subprocess.DEVNULL))

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_until(listens, "nginx listens")
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture
def scripted():
    """Call it with script(wire, number of the connection): a running wire.Scripted server."""
    from wire import Scripted
    started = []

    def start(script, **options):
        started.append(Scripted(script, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()
        assert not one.problems
