"""`lab`: the laboratory of lab.py, removed at the end of the test; left out where there can be none."""
import lab as laboratory
import pytest


@pytest.fixture(scope="session")
def lab_is_possible():
    reason = laboratory.missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def lab(lab_is_possible, tmp_path, request):
    with laboratory.Lab(tmp_path) as made:
        yield made
        if getattr(request.node, "failed", False):
            for node in (made.n1, made.n2):
                print(f"log of {node.name}:\n{node.log[-6000:]}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call" and report.failed:
        item.failed = True
