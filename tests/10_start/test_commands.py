"""Commands, exit codes, /ping and /ready, and how the program ends."""
import signal
import socket
import subprocess
import threading

from conftest import PROGRAM, request, site, unused_port, wait_until
from wire import Wire, answer, get


def run(folder, *args):
    return subprocess.run([PROGRAM, *args], cwd=folder, env={"HOME": str(folder)}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=20, check=False)


def test_version(tmp_path):
    done = run(tmp_path, "version")
    assert done.returncode == 0
    assert done.stdout.startswith("Version:")


def test_help(tmp_path):
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    assert "--entrypoints.<name>.address" in done.stdout


def test_unknown_commands_and_flags_end_with_1(tmp_path):
    assert run(tmp_path, "nonsense").returncode == 1
    done = run(tmp_path, "--nonsense=1")
    assert done.returncode == 1
    assert "nonsense" in done.stderr


def test_bad_static_configuration_ends_with_1(tmp_path):
    (tmp_path / "static.yml").write_text("entryPoints: {web: {adress: ':80'}}\n")
    done = run(tmp_path, "--configFile=static.yml")
    assert done.returncode == 1
    assert "static.yml:1:21" in done.stderr and "adress" in done.stderr


def test_an_address_in_use_ends_with_1(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run(tmp_path, f"--entrypoints.web.address=127.0.0.1:{other.getsockname()[1]}")
    assert done.returncode == 1
    assert "ddress already in use" in done.stderr


def test_healthcheck_tells_by_its_exit_code(tandem, backend):
    one = tandem(site(backend().url))
    done = run(one.folder, "healthcheck", "--configFile=static.yml")
    assert (done.returncode, done.stdout.strip()) == (0, f"OK: http://127.0.0.1:{one.api_port}/ping")
    one.stop()
    done = run(one.folder, "healthcheck", "--configFile=static.yml")
    assert done.returncode == 1
    assert done.stdout.startswith("Error calling healthcheck: ")


def test_ping_and_ready(tandem, backend):
    one = tandem(site(backend().url))
    ping = request(one.api_port, "/ping")
    assert (ping.status, ping.text) == (200, "OK")
    assert request(one.api_port, "/ready").status == 200


def test_ping_answers_503_while_terminating(tandem, backend):
    patient = {"transport": {"lifeCycle": {"requestAcceptGraceTimeout": "10s"}}}
    one = tandem(site(backend().url), static={"entryPoints": {"web": patient, "traefik": patient}})
    one.process.send_signal(signal.SIGTERM)
    wait_until(lambda: request(one.api_port, "/ping").status == 503, "/ping answers 503")
    assert one.get().status == 200  # requests are still taken


def test_a_stop_finishes_the_request_in_flight(tandem, scripted):
    arrived, go_on = threading.Event(), threading.Event()

    def slow(wire, _):
        wire.message()
        arrived.set()
        go_on.wait(20)
        wire.send(answer("finished"))

    one = tandem(site(scripted(slow).url))
    with Wire(one.port) as client:
        client.send(get())
        assert arrived.wait(20)
        one.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Stopping server gracefully" in one.log, "it stops")
        go_on.set()
        response = client.response()
        assert (response.status, response.body) == (200, b"finished")
        assert client.rest_until_closed() == b""
    assert one.process.wait(20) == 0


def test_a_stop_closes_idle_connections_at_once(tandem, backend):
    one = tandem(site(backend().url))
    with Wire(one.port) as idle:
        assert idle.exchange(get()).status == 200
        one.process.send_signal(signal.SIGTERM)
        assert idle.rest_until_closed() == b""
    assert one.process.wait(20) == 0


def test_a_stop_waits_no_longer_than_the_grace_time(tandem, scripted):
    arrived = threading.Event()

    def never(wire, _):
        wire.message()
        arrived.set()
        wire.rest_until_closed()

    short = {"transport": {"lifeCycle": {"graceTimeOut": "200ms"}}}
    one = tandem(site(scripted(never).url), static={"entryPoints": {"web": short, "traefik": short}})
    with Wire(one.port) as client:
        client.send(get())
        assert arrived.wait(20)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(20) == 0


def test_an_address_that_is_not_there_yet(tmp_path, tandem, backend):
    # A virtual IP that the other node holds at the moment (192.0.2.0/24 is nobody's).
    one = tandem(site(backend().url), static={"entryPoints": {"later": {"address": f"192.0.2.1:{unused_port()}"}}})
    assert one.get().status == 200


def test_all_signals_of_an_operator(tandem, backend):
    one = tandem(site(backend().url))
    one.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "Reloading the dynamic configuration" in one.log, "SIGHUP is taken")
    one.process.send_signal(signal.SIGUSR1)
    assert one.get().status == 200
    assert one.stop(signal.SIGINT) == 0
