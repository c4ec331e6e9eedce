"""Go templates in rule files: rendering, the environment, errors, and what they cost."""
import subprocess

import pytest
from conftest import PROGRAM, wait_until

SITES = """
http:
  routers:
{{- range $name := splitList "," (env "SITES") }}
    {{ $name }}: {rule: "Path(`/{{ $name }}`)", service: {{ $name }}}
{{- end }}
  services:
{{- range $name := splitList "," (env "SITES") }}
    {{ $name }}: {loadBalancer: {servers: [{url: "URL"}]}}
{{- end }}
"""


@pytest.fixture
def with_template(tandem, tmp_path):
    """Call it with the text of a rule file: a tandem that reads it, and the file."""
    def start(text, name="rules.yml", **options):
        file = tmp_path / name
        file.write_text(text)
        provider = {"filename": str(file), "watch": True} | options
        return tandem(static={"providers": {"providersThrottleDuration": "20ms", "file": provider}}), file

    return start


def test_routers_from_a_list_in_the_environment(with_template, backend, monkeypatch):
    monkeypatch.setenv("SITES", "wiki,blog")
    one, _ = with_template(SITES.replace("URL", backend("here").url))
    one.wait_for_router("wiki")
    assert one.get("/wiki").text == "here"
    assert one.get("/blog").text == "here"
    assert one.get("/shop").status == 404


def test_a_template_in_toml(with_template, backend):
    one, _ = with_template(
        '[http.routers]\n{{ range list "a" "b" }}[http.routers.{{ . }}]\nrule = "Path(`/{{ . }}`)"\nservice = "s"\n{{ end }}'
        f'[[http.services.s.loadBalancer.servers]]\nurl = "{backend().url}"\n', name="rules.toml")
    one.wait_for_router("b")
    assert one.get("/a").status == 200


@pytest.mark.parametrize("bad, reason", [
    ("{{ if true }}", "unexpected EOF"),
    ("\n{{ nofunction 1 }}", "nofunction"),
    ("\n\n# {{ fail \"stop here\" }}", "error calling fail: stop here"),
    ("{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}", "exceeded maximum template depth"),
    ("{{ range 9223372036854775807 }}{{ end }}", "takes too long"),
])
def test_an_error_keeps_the_last_good_content_until_it_is_mended(with_template, backend, monkeypatch, bad, reason):
    monkeypatch.setenv("SITES", "wiki")
    good = SITES.replace("URL", backend("good").url)
    one, file = with_template(good)
    one.wait_for_router("wiki")
    file.write_text(bad)
    wait_until(lambda: reason in one.log, "the error is logged")
    assert f"{file}:" in one.log
    assert one.get("/wiki").text == "good"
    file.write_text(good.replace("Path(`/{{ $name }}`)", "Path(`/new-{{ $name }}`)"))
    wait_until(lambda: one.get("/new-wiki").status == 200, "the mended template is rendered")


def test_wrong_yaml_out_of_a_template_names_a_line_of_the_template(with_template):
    one, file = with_template("{{ range until 20 }}\n{{ end }}\nhttp:\n  routers:\n    r: {rul: x}\n")
    wait_until(lambda: f"{file}:5" in one.log, "the error names line 5")


def test_check_tells_the_errors_of_templates(tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text("http:\n  routers:\n    {{ upper 3 }}: {}\n")
    static = tmp_path / "tandem.yml"
    static.write_text(f"entryPoints: {{web: {{address: ':0'}}}}\nproviders: {{file: {{filename: {rules}}}}}\n")
    told = subprocess.run([PROGRAM, "check", f"--configFile={static}"], capture_output=True, text=True, check=False, timeout=30)
    assert told.returncode != 0
    assert f"{rules}:3" in told.stdout + told.stderr
    assert "expected string; found 3" in told.stdout + told.stderr
    rules.write_text("http:\n  routers:\n    {{ upper \"a\" }}: {rule: \"Path(`/a`)\", service: noop@internal}\n")
    assert subprocess.run([PROGRAM, "check", f"--configFile={static}"], capture_output=True, check=False, timeout=30).returncode == 0
