"""The examples of the documentation pass `tandem check`: those of docs/reference, and in docs/*.md every YAML block that is a whole
configuration. Options that are not built are allowed where the reference says that they are not."""
import json
import re
import subprocess

import pytest
import yaml
from conftest import PROGRAM, ROOT

REFERENCE = ROOT / "docs/reference"
DYNAMIC = {"http", "tcp", "udp", "tls"}
STATIC = {"entryPoints", "providers", "api", "ping", "log", "accessLog", "metrics", "tracing", "certificatesResolvers", "serversTransport",
          "tcpServersTransport", "global", "core", "hostResolver", "spiffe", "ocsp", "experimental", "ha"}
# Dynamic examples name these entry points.
AROUND = {"entryPoints": {"web": {"address": ":80"}, "websecure": {"address": ":443"}, "postgres": {"address": ":5432"}, "dns": {"address": ":53/udp"}},
          "providers": {"file": {"filename": "dynamic.yml"}}, "api": {}}
# Static examples read these files.
EMPTY = "http: {routers: {}}\n"
SECURITY = "http: {middlewares: {security: {headers: {frameDeny: true}}}}\n"


def root_keys(text):
    return set(re.findall(r"^([A-Za-z]+):", text, re.M))


def blocks_of_pages():
    """(page:line, text) of the YAML blocks in docs/*.md and README.md that are whole configurations."""
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text()
        for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.M | re.S):
            keys = root_keys(match[1])
            if keys and (keys <= DYNAMIC or keys <= STATIC) and "…" not in match[1]:
                found.append((f"{page.name}:{text.count(chr(10), 0, match.start()) + 1}", match[1]))
    return found


def untold(options):
    """Those of the options that the reference does not call not built. A section that has no row is what its options are."""
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| (built|not built yet) \|$", "".join(p.read_text() for p in REFERENCE.glob("*.md")), re.M))
    told = [re.compile(re.escape(row).replace("NAME", r"[^.]+").replace(r"\[\]", r"\[\d+\]")) for row, state in rows.items() if state != "built"]
    return [option for option in options if not any(one.fullmatch(option) for one in told)
            and {state for row, state in rows.items() if row.startswith(option + ".")} != {"not built yet"}]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate and its key, under the names that examples use."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=shop.example.com",
                    "-addext", "subjectAltName=DNS:shop.example.com", "-keyout", folder / "shop.key", "-out", folder / "shop.pem"],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return folder


@pytest.fixture
def check(tmp_path, certificate):
    """Call it with the text of an example: the report of `tandem check`."""
    def run(text):
        for name, source in {"shop.pem": "shop.pem", "shop.key": "shop.key", "ca.pem": "shop.pem"}.items():
            (tmp_path / name).write_bytes((certificate / source).read_bytes())
        (tmp_path / "conf.d").mkdir()
        if root_keys(text) <= DYNAMIC:
            (tmp_path / "static.yml").write_text(yaml.safe_dump(AROUND))
            (tmp_path / "dynamic.yml").write_text(text)
        else:
            (tmp_path / "static.yml").write_text(text.replace("/etc/traefik/", ""))
            (tmp_path / "dynamic.yml").write_text(SECURITY if "security@file" in text else EMPTY)
        done = subprocess.run([PROGRAM, "check", "--json", "--configFile=static.yml"], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False, env={"PATH": "/usr/bin:/bin", "SITES": "shop,blog", "HOME": str(tmp_path)})
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("name", sorted(path.name for path in (REFERENCE / "examples").glob("*.yml")))
def test_an_example_of_the_reference_is_right(check, name):
    report = check((REFERENCE / "examples" / name).read_text())
    assert report["errors"] == []
    assert untold(report["notBuilt"]) == [], "the reference calls these built"


@pytest.mark.parametrize("where,text", [pytest.param(*block, id=block[0]) for block in blocks_of_pages()])
def test_an_example_of_a_page_is_right(check, where, text):
    report = check(text)
    assert report["errors"] == [], where
