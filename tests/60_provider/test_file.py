"""The file provider: files, folders, how files are replaced, and what a bad one costs (nothing)."""
import os
import signal

import pytest
import yaml
from conftest import site, wait_until


def named(name, url):
    """Dynamic configuration whose router and service have this name and whose rule is its path."""
    return {"http": {"routers": {name: {"rule": f"Path(`/{name}`)", "service": name}}, "services": {name: {"loadBalancer": {"servers": [{"url": url}]}}}}}


def written(path, tree):
    path.write_text(tree if isinstance(tree, str) else yaml.safe_dump(tree))


@pytest.fixture
def with_folder(tandem, tmp_path):
    """Call it with {file name: tree}: a tandem that reads that folder, and the folder."""
    def start(files, **options):
        folder = tmp_path / "dynamic"
        for name, tree in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            written(folder / name, tree)
        provider = {"directory": str(folder), "watch": True} | options
        return tandem(static={"providers": {"providersThrottleDuration": "20ms", "file": provider}}), folder

    return start


def test_a_folder_with_all_formats_and_folders_in_it(with_folder, backend):
    url = backend().url
    one, _ = with_folder({
        "a.yml": named("a", url),
        "deeper/b.yaml": named("b", url),
        "deeper/still/c.toml": f'[http.routers.c]\nrule = "Path(`/c`)"\nservice = "c"\n[[http.services.c.loadBalancer.servers]]\nurl = "{url}"\n',
        "notes.txt": "no configuration",
    })
    for name in "abc":
        one.wait_for_router(name)
        assert one.get(f"/{name}").status == 200


def test_files_come_change_and_go(with_folder, backend):
    first, second = backend("first"), backend("second")
    one, folder = with_folder({"a.yml": named("a", first.url)})
    one.wait_for_router("a")
    written(folder / "b.yml", named("b", second.url))
    one.wait_for_router("b")
    written(folder / "a.yml", named("a", second.url))
    wait_until(lambda: one.get("/a").text == "second", "the change of a.yml is there")
    (folder / "b.yml").unlink()
    one.wait_for_router("b", present=False)
    assert one.get("/a").status == 200


def test_a_file_replaced_by_renaming(tandem, backend):
    first, second = backend("first"), backend("second")
    one = tandem(site(first.url))
    for _ in range(3):
        for server, text in ((second, "second"), (first, "first")):
            one.write(site(server.url))
            wait_until(lambda: one.get().text == text, f"{text} answers")


def test_a_file_written_in_place(tandem, backend):
    first, second = backend("first"), backend("second")
    one = tandem(site(first.url))
    with open(one.folder / "dynamic.yml", "w", encoding="utf-8") as file:
        for line in yaml.safe_dump(site(second.url)).splitlines(keepends=True):
            file.write(line)
            file.flush()
    wait_until(lambda: one.get().text == "second", "the new content is there")
    assert "Error" not in one.log, one.log


def test_a_switched_link_as_in_kubernetes(tandem, backend, tmp_path):
    # A mounted ConfigMap: dynamic.yml → ..data/dynamic.yml, ..data → a folder with a date; only ..data is replaced.
    mount = tmp_path / "mount"
    for version, server in (("..1", backend("first")), ("..2", backend("second"))):
        (mount / version).mkdir(parents=True)
        written(mount / version / "dynamic.yml", site(server.url))
    (mount / "..data").symlink_to("..1")
    (mount / "dynamic.yml").symlink_to("..data/dynamic.yml")
    one = tandem(static={"providers": {"file": {"filename": str(mount / "dynamic.yml"), "watch": True}}})
    one.wait_for_router("site")
    assert one.get().text == "first"
    (mount / "..new").symlink_to("..2")
    os.rename(mount / "..new", mount / "..data")
    wait_until(lambda: one.get().text == "second", "the switched link is followed")


@pytest.mark.parametrize("bad", ["http: [", "http: {routers: {b: {rul: x}}}", "http: 7", "\x00"])
def test_a_bad_file_keeps_its_last_good_content_and_others_go_on(with_folder, backend, bad):
    first, second = backend("first"), backend("second")
    one, folder = with_folder({"a.yml": named("a", first.url), "b.yml": named("b", first.url)})
    one.wait_for_router("b")
    written(folder / "b.yml", bad)
    wait_until(lambda: "b.yml" in one.log, "the error is logged")
    assert one.get("/b").text == "first"
    written(folder / "a.yml", named("a", second.url))
    wait_until(lambda: one.get("/a").text == "second", "the other file goes on")
    assert one.get("/b").text == "first"
    written(folder / "b.yml", named("b", second.url))
    wait_until(lambda: one.get("/b").text == "second", "the mended file is taken")


def test_a_bad_file_at_the_start_costs_the_others_nothing(with_folder, backend):
    one, _ = with_folder({"a.yml": named("a", backend().url), "b.yml": "http: ["})
    one.wait_for_router("a")
    assert one.get("/a").status == 200


def test_a_router_with_a_bad_rule_keeps_serving_by_its_last_good_one(tandem, backend):
    one = tandem(site(backend().url))
    one.write(site(backend().url, rule="Nonsense(`/`)"))
    wait_until(lambda: "Nonsense" in one.log, "the error is logged")
    assert one.get().status == 200


def test_sighup_reloads_without_watching(tandem, backend):
    first, second = backend("first"), backend("second")
    one = tandem(site(first.url), static={"providers": {"file": {"filename": "dynamic.yml", "watch": False}}})
    one.write(site(second.url))
    one.process.send_signal(signal.SIGHUP)
    wait_until(lambda: one.get().text == "second", "SIGHUP reloads")


def test_changes_are_found_without_the_kernels_notices(tandem, backend):
    # A change of the time only, with the content of before, and a hard link that is written through another name:
    # inotify watches names, so nobody is told.
    first, second = backend("first"), backend("second")
    one = tandem(site(first.url))
    (one.folder / "elsewhere").mkdir()
    os.link(one.folder / "dynamic.yml", one.folder / "elsewhere" / "same.yml")
    written(one.folder / "elsewhere" / "same.yml", site(second.url))
    wait_until(lambda: one.get().text == "second", "the contents are compared")


def test_an_empty_file_removes_its_routers(tandem, backend):
    one = tandem(site(backend().url))
    one.write("")
    one.wait_for_router("site", present=False)
    assert one.get().status == 404
