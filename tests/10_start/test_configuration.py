"""Where the static configuration comes from, and what `tandem check` says about mistakes."""
import json
import os
import subprocess

import pytest
from conftest import PROGRAM, request, site, unused_port, wait_until

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("TRAEFIK_", "TANDEM_", "XDG_"))}


def run(folder, *args, env=None):
    """Runs the program to its end in an empty folder that is also its home."""
    return subprocess.run([PROGRAM, *args], cwd=folder, env=CLEAN | {"HOME": str(folder)} | (env or {}), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=20, check=False)


@pytest.fixture
def serves(tmp_path):
    """Call it with arguments and environment: the program must answer /ping with 200 on the port."""
    started = []

    def start(port, *args, env=None):
        process = subprocess.Popen([PROGRAM, *args], cwd=tmp_path, env=CLEAN | {"HOME": str(tmp_path)} | (env or {}),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)

        def pings():
            assert process.poll() is None, f"tandem ended with {process.returncode}"
            try:
                return request(port, "/ping").status == 200
            except OSError:
                return False
        wait_until(pings, "/ping answers")

    yield start
    for process in started:
        process.terminate()
        assert process.wait(20) == 0


def test_yaml_file(tmp_path, serves):
    port = unused_port()
    (tmp_path / "any.yml").write_text(f"entryPoints: {{traefik: {{address: '127.0.0.1:{port}'}}}}\nping: {{}}\n")
    serves(port, "--configFile=any.yml")


def test_toml_file(tmp_path, serves):
    port = unused_port()
    (tmp_path / "any.toml").write_text(f'[ping]\n[entryPoints.traefik]\naddress = "127.0.0.1:{port}"\n')
    serves(port, "--configFile", "any.toml")


def test_flags(serves):
    port = unused_port()
    serves(port, f"--entrypoints.traefik.address=127.0.0.1:{port}", "--ping")


@pytest.mark.parametrize("prefix", ["TRAEFIK", "TANDEM"])
def test_environment(serves, prefix):
    port = unused_port()
    serves(port, env={f"{prefix}_ENTRYPOINTS_TRAEFIK_ADDRESS": f"127.0.0.1:{port}", f"{prefix}_PING": "true"})


def test_tandem_yml_is_found_before_traefik_yml(tmp_path, serves):
    port = unused_port()
    (tmp_path / "traefik.yml").write_text("entryPoints: {traefik: {address: nonsense}}\n")
    (tmp_path / "tandem.yml").write_text(f"entryPoints: {{traefik: {{address: '127.0.0.1:{port}'}}}}\nping: {{}}\n")
    serves(port)


def test_a_file_makes_flags_and_environment_void(tmp_path, serves):
    port = unused_port()
    (tmp_path / "one.yml").write_text(f"entryPoints: {{traefik: {{address: '127.0.0.1:{port}'}}}}\nping: {{}}\n")
    serves(port, "--configFile=one.yml", "--entrypoints.traefik.address=nonsense", env={"TRAEFIK_PING": "false"})


STATIC_WITH_MISTAKES = """\
entryPoints:
  web:
    adress: ":80"
    transport: { respondingTimeouts: { readTimeout: soon } }
providers: { file: { filename: dynamic.yml } }
"""
DYNAMIC_WITH_MISTAKES = """\
http:
  routers:
    wrong-key: { rul: "Host(`x`)", service: s }
  services:
    s: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }], passHostHeader: perhaps } }
"""


def test_check_names_every_mistake_with_its_place(tmp_path):
    (tmp_path / "static.yml").write_text(STATIC_WITH_MISTAKES)
    (tmp_path / "dynamic.yml").write_text(DYNAMIC_WITH_MISTAKES)
    done = run(tmp_path, "check", "--configFile=static.yml")
    assert done.returncode == 1
    assert "static.yml:3:5: entryPoints.web.adress: " in done.stdout
    assert 'did you mean "address"?' in done.stdout
    assert "static.yml:4:40: entryPoints.web.transport.respondingTimeouts.readTimeout: " in done.stdout
    assert "dynamic.yml:3:18: http.routers.wrong-key.rul: " in done.stdout
    assert "dynamic.yml:5:68: http.services.s.loadBalancer.passHostHeader: " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("5 errors,")


def test_check_for_machines(tmp_path):
    (tmp_path / "static.yml").write_text(STATIC_WITH_MISTAKES)
    (tmp_path / "dynamic.yml").write_text(DYNAMIC_WITH_MISTAKES)
    done = run(tmp_path, "check", "--configFile=static.yml", "--json")
    assert done.returncode == 1
    errors = {error["path"]: error for error in json.loads(done.stdout)["errors"]}
    wrong = errors["http.routers.wrong-key.rul"]
    assert (wrong["file"], wrong["line"], wrong["column"]) == ("dynamic.yml", 3, 18)
    assert "rule" in wrong["suggestion"]


def test_check_finds_bad_rules_and_missing_services(tmp_path):
    (tmp_path / "static.yml").write_text("entryPoints: {web: {address: ':0'}}\nproviders: {file: {filename: dynamic.yml}}\n")
    (tmp_path / "dynamic.yml").write_text("http:\n  routers:\n    a: {rule: 'Hots(`x`)', service: s}\n    b: {rule: 'Host(`x`)', service: nowhere}\n"
                                          "    c: {rule: 'Host(`y`)', service: s, middlewares: [none]}\n"
                                          "  services:\n    s: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}\n")
    done = run(tmp_path, "check", "--configFile=static.yml")
    assert done.returncode == 1
    assert "dynamic.yml:3" in done.stdout and "Hots" in done.stdout
    assert "dynamic.yml:4" in done.stdout and "nowhere" in done.stdout
    assert "dynamic.yml:5" in done.stdout and "none" in done.stdout


def test_check_passes_a_good_configuration_and_names_what_is_not_built(tmp_path):
    (tmp_path / "static.yml").write_text("entryPoints: {web: {address: ':0'}}\nproviders: {file: {filename: dynamic.yml}}\nspiffe: {workloadAPIAddr: x}\n")
    (tmp_path / "dynamic.yml").write_text(json.dumps(site("http://127.0.0.1:1")))
    done = run(tmp_path, "check", "--configFile=static.yml")
    assert done.returncode == 0, done.stdout
    assert "0 errors" in done.stdout
    assert "not built yet, no effect: spiffe" in done.stdout


def test_check_reports_text_that_is_no_yaml(tmp_path):
    (tmp_path / "static.yml").write_text("entryPoints:\n  web: {address: ':80'\n")
    done = run(tmp_path, "check", "--configFile=static.yml")
    assert done.returncode == 1
    assert "static.yml:" in done.stdout


def test_check_reports_a_file_that_is_not_there(tmp_path):
    done = run(tmp_path, "check", "--configFile=absent.yml")
    assert done.returncode == 1
    assert "absent.yml" in done.stdout
