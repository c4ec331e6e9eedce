"""tandem check, diff, show and route: from files and from a running instance, with their exit codes."""
import datetime
import json
import subprocess

import pytest
import yaml
from conftest import PROGRAM
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

STATIC = """
entryPoints: {web: {address: "127.0.0.1:80"}, websecure: {address: "127.0.0.1:443"}, traefik: {address: "127.0.0.1:8080"}}
providers: {file: {filename: dynamic.yml}}
"""
DYNAMIC = {
    "http": {
        "routers": {
            "shop": {"rule": "Host(`shop.test`) && PathPrefix(`/cart`)", "service": "shop", "middlewares": ["both"], "entryPoints": ["web"]},
            "rest": {"rule": "PathPrefix(`/`)", "service": "mix", "entryPoints": ["web"]},
            "secure": {"rule": "Host(`shop.test`)", "service": "shop", "tls": {}, "entryPoints": ["websecure"]},
            "broken": {"rule": "Host(`shop.test`)", "service": "gone", "entryPoints": ["web"]},
        },
        "middlewares": {
            "auth": {"basicAuth": {"users": ["ann:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ="]}},
            "prefix": {"addPrefix": {"prefix": "/a"}},
            "both": {"chain": {"middlewares": ["auth", "prefix"]}},
        },
        "services": {
            "shop": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:1"}, {"url": "http://127.0.0.1:2"}]}},
            "mix": {"weighted": {"services": [{"name": "shop", "weight": 3}]}},
        },
    }
}


def run(folder, *args):
    return subprocess.run([PROGRAM, *args], cwd=folder, env={"HOME": str(folder)}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=20, check=False)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "static.yml").write_text(STATIC)
    (tmp_path / "dynamic.yml").write_text(json.dumps(DYNAMIC))  # JSON is YAML
    return tmp_path


def changed(**routers):
    copy = json.loads(json.dumps(DYNAMIC))
    for name, options in routers.items():
        if options is None:
            del copy["http"]["routers"][name]
        else:
            copy["http"]["routers"].setdefault(name, {}).update(options)
    return copy


@pytest.mark.parametrize("command", ["check", "diff", "show", "route", "healthcheck", "whoami", "version"])
def test_each_command_has_its_help(tmp_path, command):
    done = run(tmp_path, command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: tandem {command}")


@pytest.mark.parametrize("arguments", [["show"], ["show", "thing", "x"], ["show", "router"], ["route"], ["route", "shop.test/x"], ["diff", "a"],
                                       ["diff", "absent.yml", "absent.yml"], ["route", "http://a.test/", "--entry-point"],
                                       ["show", "router", "x", "--api=http://127.0.0.1:1"]])
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, arguments):
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tandem: ") and done.stderr.count("\n") == 1


def test_a_misspelt_option_is_not_passed_over(files):
    done = run(files, "route", "http://shop.test/", "--configFile=static.yml", "--jsn")
    assert (done.returncode, done.stderr) == (2, "tandem: unknown option: --jsn\n")


def test_check_tells_what_else_is_wrong_with_a_file_that_has_a_wrong_option(files):
    wrong = changed(shop={"rul": 1}, other={"rule": "Host(`", "service": "shop"})
    (files / "dynamic.yml").write_text(json.dumps(wrong))
    done = run(files, "check", "--configFile=static.yml")
    assert done.returncode == 1
    assert "http.routers.shop.rul: field not found" in done.stdout
    assert "http.routers.other@file: error while parsing rule" in done.stdout
    assert 'the service "gone@file" does not exist' in done.stdout


def make_certificate(folder, name, days):
    """A certificate that signed itself, in NAME.pem and NAME.key; negative days: it has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.test")])
    end = datetime.datetime.utcnow() + datetime.timedelta(days=days)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), end - datetime.timedelta(days=90), end)
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
    return {"certFile": f"{name}.pem", "keyFile": f"{name}.key"}


def test_check_reads_certificates(files):
    good, old = make_certificate(files, "good", 30), make_certificate(files, "old", -1)
    (files / "dynamic.yml").write_text(yaml.safe_dump({"tls": {"certificates": [good, old]}}))
    done = run(files, "check", "--configFile=static.yml")
    assert done.returncode == 0
    assert "warning: dynamic.yml:5:5: tls.certificates[1].certFile: old.pem: the certificate old.test expired at " in done.stdout
    (files / "dynamic.yml").write_text(yaml.safe_dump({"tls": {"certificates": [good | {"keyFile": "old.key"}]}}))
    done = run(files, "check", "--configFile=static.yml", "--json")
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert (error["file"], error["line"], error["path"]) == ("dynamic.yml", 3, "tls.certificates[0].certFile")
    assert "the private key is not that of the certificate" in error["message"]


def test_check_names_an_unknown_flag_once(tmp_path):
    done = run(tmp_path, "check", "--entrypoints.web.adress=:1")
    assert done.returncode == 1
    assert done.stdout.count("entrypoints.web.adress") == 1


def test_diff_tells_changes_object_by_object(files):
    after = changed(shop={"rule": "Host(`shop.test`)"}, broken=None, new={"rule": "Path(`/n`)", "service": "shop"})
    after["http"]["services"]["shop"]["loadBalancer"]["servers"][1]["url"] = "http://127.0.0.1:3"
    after["http"]["middlewares"]["auth"]["basicAuth"]["users"] = ["ann:{SHA}AAAAI71bcnBGqeO0t9tXvY1u5oQ="]
    (files / "new.yml").write_text(json.dumps(after))
    done = run(files, "diff", "dynamic.yml", "new.yml")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "~ middleware auth@file",
        "    basicAuth.users: (a secret) -> (another secret)",
        "- router broken@file",
        "+ router new@file",
        "~ router shop@file",
        "    rule: Host(`shop.test`) && PathPrefix(`/cart`) -> Host(`shop.test`)",
        "~ service shop@file",
        '    loadBalancer.servers: {"url":"http://127.0.0.1:2"} -> {"url":"http://127.0.0.1:3"}',
    ]
    changes = json.loads(run(files, "diff", "--json", "dynamic.yml", "new.yml").stdout)
    assert [(c["change"], c["what"], c["name"]) for c in changes][1:3] == [("removed", "router", "broken@file"), ("added", "router", "new@file")]


def test_diff_of_the_same_is_empty(files):
    done = run(files, "diff", "dynamic.yml", "dynamic.yml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_diff_compares_static_options_and_what_they_name(files):
    (files / "other.yml").write_text(json.dumps(changed(rest=None)))
    (files / "static2.yml").write_text(STATIC.replace("127.0.0.1:80\"", "127.0.0.1:81\"").replace("dynamic.yml", "other.yml"))
    done = run(files, "diff", "static.yml", "static2.yml")
    assert done.returncode == 1
    assert "~ entry point web\n    address: 127.0.0.1:80 -> 127.0.0.1:81\n" in done.stdout
    assert "- router rest@file\n" in done.stdout


def test_show_tells_order_middlewares_and_servers(files):
    done = run(files, "show", "router", "shop", "--configFile", "static.yml")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "router shop@file (http), enabled",
        "  rule          Host(`shop.test`) && PathPrefix(`/cart`)",
        "  priority      40",
        "  entry points  web",
        "  asked         on web as number 1 of 2, before rest@file (15)",
        "  through       both@file (chain)",
        "                  auth@file (basicAuth)",
        "                  prefix@file (addPrefix)",
        "  to            shop@file (loadBalancer)",
        "                  http://127.0.0.1:1 UP",
        "                  http://127.0.0.1:2 UP",
    ]


def test_show_never_tells_secrets(files):
    for arguments in (["show", "middleware", "auth"], ["show", "middleware", "auth", "--json"]):
        done = run(files, *arguments, "--configFile=static.yml")
        assert done.returncode == 0
        assert "{SHA}" not in done.stdout and "xxxx" in done.stdout


def test_show_says_why_a_router_is_disabled(files):
    done = run(files, "show", "router", "broken@file", "--configFile=static.yml")
    assert 'error: the service "gone@file" does not exist' in done.stdout
    assert run(files, "show", "router", "nobody", "--configFile=static.yml").returncode == 1


def test_route_names_the_router_those_after_it_and_the_matchers_that_failed(files):
    done = run(files, "route", "GET http://shop.test/cart/1", "--configFile=static.yml")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "GET http://shop.test/cart/1 on entry point web"
    assert "  taken by     shop@file (priority 40): Host(`shop.test`) && PathPrefix(`/cart`)" in lines
    assert "  then         rest@file (priority 15): matches too, asked later" in lines
    assert '  never asked  broken@file would match: disabled: the service "gone@file" does not exist' in lines
    done = run(files, "route", "http://other.test/cart", "--configFile=static.yml")
    assert "  not          shop@file (priority 40): Host(`shop.test`) does not match" in done.stdout.splitlines()


def test_route_ends_with_1_when_no_router_takes_the_request(files):
    done = run(files, "route", "https://other.test/", "--configFile=static.yml")
    assert done.returncode == 1
    assert "no router: 404" in done.stdout


def test_route_takes_headers_and_the_client_address(files):
    dynamic = changed(picky={"rule": "Header(`X-Mark`, `1`) && ClientIP(`10.0.0.0/8`)", "service": "shop", "priority": 100, "entryPoints": ["web"]})
    (files / "dynamic.yml").write_text(json.dumps(dynamic))
    asked = ["route", "http://a.test/", "--configFile=static.yml", "--json", "-H", "X-Mark: 1"]
    assert json.loads(run(files, *asked, "--from", "10.1.1.1").stdout)[0]["router"] == "picky@file"
    answer = json.loads(run(files, *asked).stdout)[0]
    assert answer["router"] == "rest@file"
    assert {"router": "picky@file", "priority": 100, "matches": False, "failed": ["ClientIP(`10.0.0.0/8`)"]} in answer["asked"]


def test_a_running_instance_answers_too(tandem, backend):
    server = backend()
    dynamic = {"http": {"routers": {"site": {"rule": "PathPrefix(`/`)", "service": "site"}, "more": {"rule": "Host(`more.test`)", "service": "site"}},
                        "services": {"site": {"loadBalancer": {"servers": [{"url": server.url}]}}}}}
    one = tandem(dynamic)
    api = f"--api=http://127.0.0.1:{one.api_port}"
    shown = run(one.folder, "show", "router", "site", api)
    assert shown.returncode == 0 and server.url in shown.stdout
    routed = run(one.folder, "route", "http://more.test/x", "--entry-point=web", "--api", "--configFile=static.yml")
    assert routed.returncode == 0 and "taken by     more@file" in routed.stdout
    (one.folder / "same.yml").write_text(json.dumps(dynamic))
    assert run(one.folder, "diff", api, "same.yml").returncode == 0
    dynamic["http"]["routers"]["more"]["rule"] = "Host(`moved.test`)"
    (one.folder / "new.yml").write_text(json.dumps(dynamic))
    done = run(one.folder, "diff", api, "new.yml")
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == ["~ router more@file", "    rule: Host(`more.test`) -> Host(`moved.test`)"]
