"""The page of prometheus@internal: its form, its labels, what a reload takes away, and what ten thousand routers cost."""
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import request, site, wait_until

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "metrics.md"


def on(**prometheus):
    return {"metrics": {"prometheus": prometheus}}


def page(one):
    answered = request(one.api_port, "/metrics")
    assert answered.status == 200
    return answered.text


def series(one, name, **labels):
    """{labels: value} of a metric, of the series that have these labels."""
    found = {}
    for line in page(one).splitlines():
        match = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)", line)
        if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
            found[match[1] or ""] = float(match[2])
    return found


def test_promtool_finds_nothing_wrong(tandem, backend):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    one = tandem(site(backend().url), static=on(addRoutersLabels=True, headerLabels={"client": "X-Client"}))
    one.get(headers={"X-Client": 'say "hi"\\ \u00e4'.encode().decode("latin-1")})
    done = subprocess.run(["promtool", "check", "metrics"], input=page(one), capture_output=True, text=True, timeout=20, check=False)
    # The names are Traefik's: some gauges lack a unit that promtool's rules ask for.
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if not re.search(r"traefik_|process_virtual_memory_max_bytes", line)]
    assert complaints == [] and done.returncode in (0, 3)


def test_the_page_says_what_it_is(tandem):
    one = tandem(static=on())
    wait_until(lambda: one.rawdata() is not None, "the API")
    answered = request(one.api_port, "/metrics")
    assert answered.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
    accept = {"Accept": "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.5"}
    assert request(one.api_port, "/metrics", headers=accept).headers["content-type"].endswith("escaping=allow-utf-8")
    assert "\ngo_" not in answered.text


def test_every_metric_is_documented(tandem, backend):
    one = tandem(site(backend().url), static=on(addRoutersLabels=True) | {"accessLog": {"filePath": "access.log"}, "ocsp": {}})
    one.get()
    documented = {}
    for row in re.findall(r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*)\|", DOCS.read_text(), re.M):
        documented[row[0]] = (row[1], {label for label in re.split(r",\s*", row[2].strip()) if label and label != "header labels"})
    text = page(one)
    shown = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    for name, kind in shown.items():
        assert name in documented, f"{name} is missing in docs/metrics.md"
        assert documented[name][0] == kind
        labels = re.search(rf"^{name}(?:_bucket)?(?:\{{(.*)\}})? ", text, re.M)[1] or ""
        assert set(re.findall(r'(\w+)="', labels)) - {"le"} == documented[name][1], name
    # What this run cannot show; that of pairs is looked at among their tests.
    documented = {name: row for name, row in documented.items() if not name.startswith("tandem_ha_")}
    waiting = {name for name in documented if name.endswith("_requests_tls_total")} | {
        "traefik_service_retries_total", "traefik_service_server_up", "traefik_tls_certs_not_after", "tandem_tls_ocsp_staple_not_after"}
    assert set(documented) - set(shown) <= waiting


def test_requests_are_counted_for_all_three(tandem, backend):
    one = tandem(site(backend().url), static=on(addRoutersLabels=True, buckets=[0.5, 60]))
    one.get(method="POST", body=b"12345")
    one.get(method="PURGE")
    one.get(headers={"Accept": "text/event-stream"})
    (router,) = [name for name in one.rawdata()["routers"] if name.endswith("@file")]
    (service,) = [name for name in one.rawdata()["services"] if name.endswith("@file")]
    for scope, label, value in [("entrypoint", "entrypoint", "web"), ("router", "router", router), ("service", "service", service)]:
        where = {label: value, "code": "200"}
        assert sum(series(one, f"traefik_{scope}_requests_total", **where).values()) == 3
        assert sum(series(one, f"traefik_{scope}_requests_total", method="EXTENSION_METHOD", **where).values()) == 1
        assert sum(series(one, f"traefik_{scope}_requests_total", protocol="sse", **where).values()) == 1
        assert sum(series(one, f"traefik_{scope}_requests_bytes_total", **where).values()) == 5
        assert sum(series(one, f"traefik_{scope}_responses_bytes_total", **where).values()) == 3 * len("backend")
        bounds = series(one, f"traefik_{scope}_request_duration_seconds_bucket", method="POST", **where)
        assert [re.search('le="(.*?)"', labels)[1] for labels in bounds] == ["0.5", "60", "+Inf"]
    assert sum(series(one, "tandem_upstream_connections_opened_total").values()) >= 1


def test_the_switches_take_views_away(tandem, backend):
    one = tandem(site(backend().url), static=on(addEntryPointsLabels=False, addServicesLabels=False, addRoutersLabels=True))
    one.get()
    text = page(one)
    assert "traefik_router_requests_total" in text
    assert "traefik_entrypoint_requests_total" not in text and "traefik_service_requests_total" not in text


def test_internal_services_count_when_they_are_asked_to(tandem):
    static = on(addRoutersLabels=True)
    quiet = tandem(static=static)
    wait_until(lambda: quiet.rawdata() is not None, "the API")
    assert series(quiet, "traefik_router_requests_total") == {}
    static["metrics"]["addInternals"] = True
    told = tandem(static=static)
    wait_until(lambda: told.rawdata() is not None, "the API")
    assert series(told, "traefik_router_requests_total", router="api@internal", service="api@internal")
    assert series(told, "traefik_entrypoint_requests_total", entrypoint="traefik")


def test_labels_from_headers(tandem, backend):
    one = tandem(site(backend().url), static=on(headerLabels={"client": "X-Client"}))
    for value in ("one", "one", 'a "b"\\'):
        one.get(headers={"X-Client": value})
    one.get()
    counted = series(one, "traefik_service_requests_total")
    assert {re.match(r'client="((?:[^"\\]|\\.)*)"', labels)[1]: count for labels, count in counted.items()} == {
        "": 1, "one": 2, r'a \"b\"\\': 1}
    assert "client=" not in "".join(series(one, "traefik_service_responses_bytes_total"))


def test_a_reload_drops_the_series_of_what_is_gone(tandem, backend):
    server = backend()

    def sites(*names):
        return {"http": {"routers": {name: {"rule": f"Path(`/{name}`)", "service": name, "entryPoints": ["web"]} for name in names},
                         "services": {name: {"loadBalancer": {"servers": [{"url": server.url}]}} for name in names}}}

    one = tandem(sites("stays", "goes"), static=on(addRoutersLabels=True))
    for path in ("/stays", "/goes", "/goes"):
        assert one.get(path).status == 200
    reloads = series(one, "traefik_config_reloads_total")[""]
    assert series(one, "traefik_router_requests_total", router="goes@file")
    one.write(sites("stays"))
    one.wait_for_router("goes", present=False)
    assert series(one, "traefik_config_reloads_total")[""] > reloads
    assert not series(one, "traefik_router_requests_total", router="goes@file")
    assert not series(one, "traefik_service_requests_total", service="goes@file")
    assert sum(series(one, "traefik_router_requests_total", router="stays@file").values()) == 1
    one.write(sites("stays", "goes"))
    one.wait_for_router("goes")
    one.get("/goes")
    assert sum(series(one, "traefik_router_requests_total", router="goes@file").values()) == 1


def test_open_connections_and_errors_of_the_configuration(tandem, backend):
    one = tandem(site(backend().url), static=on())
    assert series(one, "traefik_open_connections", entrypoint="traefik", protocol="TCP") == {'entrypoint="traefik",protocol="TCP"': 1}
    assert series(one, "tandem_configuration_errors", provider="file") == {'provider="file"': 0}
    one.write({"http": {"routers": {"r": {"rule": "Nonsense(", "service": "s"}}}})
    wait_until(lambda: series(one, "tandem_configuration_errors", provider="file")['provider="file"'] >= 1, "the error in the metrics")


def test_ten_thousand_routers(tandem, backend):
    """What a page costs is printed, not judged: machines differ."""
    count = 10_000
    server = backend()
    routers = {f"r{i}": {"rule": f"Host(`h{i}.test`)", "service": "s", "entryPoints": ["web"]} for i in range(count)}
    one = tandem({"http": {"routers": routers, "services": {"s": {"loadBalancer": {"servers": [{"url": server.url}]}}}}},
                 static=on(addRoutersLabels=True), router=f"r{count - 1}")
    for i in range(0, count, 10):
        assert one.get(headers={"Host": f"h{i}.test"}).status == 200

    def cpu():
        fields = pathlib.Path(f"/proc/{one.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before, pages = cpu(), 10
    sizes = [len(page(one)) for _ in range(pages)]
    print(f"a page with {count} routers, {count // 10} of them asked: {(cpu() - before) * 10 / pages:.0f} ms of CPU, {sizes[-1] / 1e6:.1f} MB")
    assert len(series(one, "traefik_router_requests_total")) == count // 10
