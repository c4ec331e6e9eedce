"""tools/write_reference.py --check finds what would let the reference rot."""
import shutil
import subprocess

import pytest
from conftest import ROOT


@pytest.fixture
def project(tmp_path):
    """The model, the reference and the tool, to be spoilt."""
    for folder in ("src/config/model", "docs/reference"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "tools").mkdir()
    for name in ("write_reference.py", "reference_pages.py", "source_text.py"):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools")
    return tmp_path


def check(project):
    done = subprocess.run(["/usr/bin/python3", "-B", project / "tools/write_reference.py", "--check"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_it_is_content_with_what_is_there(project):
    assert check(project) == (0, "\n")


def test_a_default_that_changed_makes_its_page_stale(project):
    replace(project / "src/config/model/static_entry_points.h", "maxConcurrentStreams = 250", "maxConcurrentStreams = 100")
    code, said = check(project)
    assert code == 1 and said.splitlines() == ["docs/reference/static-entry-points.md is stale: run tools/write_reference.py"]


def test_a_mark_of_what_is_not_built_makes_its_pages_stale(project):
    replace(project / "src/config/model/http_middlewares.h", "  bool operator==(const AddPrefix&)",
            '  static constexpr std::array kNotBuilt{"prefix"};\n  bool operator==(const AddPrefix&)')
    code, said = check(project)
    assert code == 1 and "docs/reference/http-middlewares.md is stale" in said and "docs/reference/README.md is stale" in said


def test_an_option_without_a_meaning_is_named(project):
    replace(project / "src/config/model/http_middlewares.h", "  ///< The prefix; obligatory.", "")
    code, said = check(project)
    assert code == 1 and "AddPrefix.prefix has no meaning" in said


def test_a_section_that_is_on_no_page_is_named(project):
    replace(project / "tools/reference_pages.py", '"static-tracing.md"', '"static-traces.md"')
    replace(project / "tools/reference_pages.py", '["tracing"]', '[]')
    code, said = check(project)
    assert code == 1 and "tracing is on no page" in said and "docs/reference/static-tracing.md belongs to no page" in said


def test_an_example_that_nobody_shows_is_named(project):
    (project / "docs/reference/examples/lost.yml").write_text("log: {}\n")
    code, said = check(project)
    assert code == 1 and "docs/reference/examples/lost.yml is on no page" in said
