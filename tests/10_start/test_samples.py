"""The samples that the documentation quotes: each passes `tandem check`, and does what its first line says."""
import base64
import shutil
import subprocess

import pytest
from conftest import PROGRAM, ROOT
from wire import Wire, get

SAMPLES = sorted(path.parent.name for path in (ROOT / "samples").glob("*/traefik.yml"))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_passes_the_check(tmp_path, name):
    shutil.copytree(ROOT / "samples" / name, tmp_path / name)
    done = subprocess.run([PROGRAM, "check", "--configFile=traefik.yml"], cwd=tmp_path / name, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 errors, 0 warnings, 0 options not built" in done.stdout


@pytest.fixture
def sample(tandem, backend):
    """Call it with a sample's name: it runs on free ports, its servers 8001 and 8002 are recording ones."""
    def start(name):
        servers = {"8001": backend("8001"), "8002": backend("8002")}
        text = (ROOT / "samples" / name / "dynamic.yml").read_text()
        for port, server in servers.items():
            text = text.replace(f"http://127.0.0.1:{port}", server.url)
        return tandem(text), servers

    return start


def test_two_services(sample):
    one, _ = sample("two_services")
    assert one.get("/", headers={"Host": "shop.localhost"}).text == "8001"
    assert one.get("/cart/1", headers={"Host": "shop.localhost"}).text == "8002"
    assert one.get("/", headers={"Host": "other.localhost"}).status == 404


def test_weighted(sample):
    one, _ = sample("weighted")
    with Wire(one.port) as client:  # each core takes its own turns: one connection sees them in order
        assert sorted(client.exchange(get()).body for _ in range(8)) == [b"8001"] * 6 + [b"8002"] * 2


def test_middlewares(sample):
    one, servers = sample("middlewares")
    assert one.get("/admin/a").status == 401
    answered = one.get("/admin/a", headers={"Authorization": "Basic " + base64.b64encode(b"test:test").decode()})
    assert (answered.status, answered.headers["x-frame-options"]) == (200, "DENY")
    method, target, headers, _ = servers["8001"].seen[0]
    assert (method, target, dict(headers)["X-Through"]) == ("GET", "/a", "tandem")
    moved = one.get("/old/b", headers={"Host": "test.local"})
    assert (moved.status, moved.headers["location"]) == (301, "http://test.local/admin/b")
