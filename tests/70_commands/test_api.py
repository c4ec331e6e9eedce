"""The API beyond the recordings: errors with their place, secrets, debug pages, support dump, TCP and UDP objects."""
import gzip
import io
import json
import tarfile

from conftest import request, site, wait_until

HASH = "{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ="


def with_secret(url):
    dynamic = site(url)
    dynamic["http"]["middlewares"] = {"auth": {"basicAuth": {"users": ["ann:" + HASH]}}}
    return dynamic


def test_every_error_has_provider_file_line_and_key(tandem, backend):
    dynamic = site(backend().url)
    dynamic["http"]["routers"]["lost"] = {"rule": "Host(`x.test`)", "service": "gone"}
    dynamic["tcp"] = {"routers": {"t": {"rule": "HostSNI(`x.test`)", "service": "none", "entryPoints": ["web"]}}}
    one = tandem(dynamic)
    errors = {e["path"]: e for e in request(one.api_port, "/api/config/errors").json()}
    lost = errors["http.routers.lost@file"]
    assert (lost["provider"], lost["message"]) == ("file", 'the service "gone@file" does not exist')
    assert lost["file"].endswith("dynamic.yml") and lost["line"] > 0
    assert "has HostSNI matcher, but no TLS on router" in errors["tcp.routers.t@file"]["message"]


def test_secrets_are_shown_nowhere(tandem, backend):
    one = tandem(with_secret(backend().url))
    for path in ("/api/rawdata", "/api/http/middlewares", "/api/http/middlewares/auth@file", "/dashboard/", "/api/config/errors"):
        answer = request(one.api_port, path)
        assert answer.status == 200
        assert HASH not in answer.text
    dump = tarfile.open(fileobj=io.BytesIO(gzip.decompress(request(one.api_port, "/api/support-dump").body)))
    assert dump.getnames() == ["version.json", "static-config.json", "runtime-config.json"]
    runtime = dump.extractfile("runtime-config.json").read().decode()
    assert "site@file" in json.loads(runtime)["routers"]
    assert HASH not in runtime


def test_the_page_for_people_shows_objects_and_errors(tandem, backend):
    dynamic = site(backend().url)
    dynamic["http"]["routers"]["lost"] = {"rule": "Host(`<x>.test`)", "service": "gone"}
    dynamic["udp"] = {"services": {"dns": {"loadBalancer": {"servers": [{"address": "127.0.0.1:53"}]}}}}
    page = request(tandem(dynamic).api_port, "/dashboard/").text
    for text in ("site@file", "lost@file", "gone@file", "dns@file", "Entry points", "web"):
        assert text in page
    assert "<x>" not in page


def test_errors_go_when_the_file_is_right_again(tandem, backend):
    url = backend().url
    dynamic = site(url)
    dynamic["http"]["routers"]["lost"] = {"rule": "Host(`x.test`)", "service": "gone"}
    one = tandem(dynamic)
    assert request(one.api_port, "/api/config/errors").json()
    one.write(site(url))
    wait_until(lambda: request(one.api_port, "/api/config/errors").json() == [], "the errors are gone")
