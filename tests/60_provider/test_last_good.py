"""What sources held when it was last accepted outlives the program: a start with broken or missing files has it."""
from conftest import request, site, wait_until


def start_again(one, text):
    """Stops the program, replaces its file (None: takes it away), and starts it once more."""
    one.stop()
    path = one.folder / "dynamic.yml"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    one.start()
    wait_until(one.rawdata, "the program runs again")


def errors(one):
    return request(one.api_port, "/api/config/errors").json()


def test_a_start_with_a_broken_file_serves_what_was_accepted_last(tandem, backend):
    one = tandem(site(backend().url))
    assert one.get().status == 200
    start_again(one, "http: {routers: [")
    wait_until(lambda: one.get().status == 200, "the last good configuration is served")
    assert any("is used until this file is right again" in error["message"] for error in errors(one))
    assert "is used until this file is right again" in one.log


def test_a_start_without_the_file_serves_what_was_accepted_last(tandem, backend):
    one = tandem(site(backend().url))
    assert one.get().status == 200
    start_again(one, None)
    wait_until(lambda: one.get().status == 200, "the last good configuration is served")


def test_a_file_that_is_right_again_takes_over(tandem, backend):
    first, second = backend("first"), backend("second")
    one = tandem(site(first.url))
    wait_until(lambda: one.get().text == "first", "it is served")
    start_again(one, "http: {routers: [")
    wait_until(lambda: one.get().text == "first", "the last good configuration is served")
    one.write(site(second.url))
    wait_until(lambda: one.get().text == "second", "the file is right again")
    wait_until(lambda: errors(one) == [], "nothing is wrong any more")


def test_an_empty_file_is_meant(tandem, backend):
    one = tandem(site(backend().url))
    assert one.get().status == 200
    start_again(one, "")
    wait_until(lambda: one.get().status == 404, "nothing is configured")
