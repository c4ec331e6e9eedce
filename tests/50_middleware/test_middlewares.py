"""Each middleware once through the real program; what it does in detail stands in the unit tests beside its code."""
import base64

import pytest
from conftest import site

# name: (options, method and target, what the server sees as target)
PATHS = {
    "addPrefix": ({"addPrefix": {"prefix": "/api"}}, "/a?x=1", "/api/a?x=1"),
    "stripPrefix": ({"stripPrefix": {"prefixes": ["/api"]}}, "/api/a?x=1", "/a?x=1"),
    "stripPrefixRegex": ({"stripPrefixRegex": {"regex": ["/v[0-9]+"]}}, "/v12/a?x=1", "/a?x=1"),
    "replacePath": ({"replacePath": {"path": "/other"}}, "/a?x=1", "/other?x=1"),
    "replacePathRegex": ({"replacePathRegex": {"regex": "^/a/(.*)", "replacement": "/b/$1"}}, "/a/c", "/b/c"),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_middleware_that_changes_the_path(tandem, backend, name):
    options, target, wanted = PATHS[name]
    server = backend()
    one = tandem(site(server.url, middlewares={"it": options}))
    assert one.get(target).status == 200
    assert server.seen[0][1] == wanted


# name: (options, target, headers, status, location)
REDIRECTS = {
    "redirectScheme": ({"redirectScheme": {"scheme": "https", "port": "8443", "permanent": True}}, "/a?b=c", 301, "https://test.local:8443/a?b=c"),
    "redirectRegex": ({"redirectRegex": {"regex": "^http://([^/]+)/old/(.*)", "replacement": "http://${1}/new/${2}"}}, "/old/a", 302,
                      "http://test.local/new/a"),
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_a_middleware_that_redirects(tandem, backend, name):
    options, target, status, location = REDIRECTS[name]
    server = backend()
    one = tandem(site(server.url, middlewares={"it": options}))
    answered = one.get(target, headers={"Host": "test.local"})
    assert (answered.status, answered.headers["location"]) == (status, location)
    assert server.seen == []


def test_headers(tandem, backend):
    server = backend()
    options = {"customRequestHeaders": {"X-In": "1", "X-Away": ""}, "customResponseHeaders": {"X-Out": "2"}, "frameDeny": True}
    one = tandem(site(server.url, middlewares={"it": {"headers": options}}))
    answered = one.get(headers={"X-Away": "x"})
    assert (answered.headers["x-out"], answered.headers["x-frame-options"]) == ("2", "DENY")
    seen = dict(server.seen[0][2])
    assert seen["X-In"] == "1" and "X-Away" not in seen


def test_headers_answer_cors_preflights(tandem, backend):
    server = backend()
    options = {"accessControlAllowOriginList": ["https://a.test"], "accessControlAllowMethods": ["GET", "PUT"], "accessControlMaxAge": 100}
    one = tandem(site(server.url, middlewares={"it": {"headers": options}}))
    answered = one.get(method="OPTIONS", headers={"Origin": "https://a.test", "Access-Control-Request-Method": "PUT"})
    assert answered.status == 200
    assert answered.headers["access-control-allow-origin"] == "https://a.test"
    assert server.seen == []


# "test:test", as htpasswd writes it
USER = "test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"


def credentials(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_basic_auth(tandem, backend):
    server = backend()
    one = tandem(site(server.url, middlewares={"it": {"basicAuth": {"users": [USER], "realm": "here", "headerField": "X-User", "removeHeader": True}}}))
    assert one.get().headers["www-authenticate"] == 'Basic realm="here"'
    assert one.get(headers=credentials("test:wrong")).status == 401
    assert server.seen == []
    assert one.get(headers=credentials("test:test")).status == 200
    seen = dict(server.seen[0][2])
    assert seen["X-User"] == "test" and "Authorization" not in seen


def test_basic_auth_follows_its_users_file(tandem, backend, tmp_path):
    users = tmp_path / "users"
    users.write_text("")
    one = tandem(site(backend().url, middlewares={"it": {"basicAuth": {"users": [USER.replace("test", "other", 1)], "usersFile": str(users)}}}))
    assert one.get(headers=credentials("test:test")).status == 401
    users.write_text(USER + "\n")
    from conftest import wait_until
    wait_until(lambda: one.get(headers=credentials("test:test")).status == 200, "the new user is known")


def test_chain_runs_in_the_order_of_its_list(tandem, backend):
    server = backend()
    middlewares = {
        "both": {"chain": {"middlewares": ["strip", "add"]}},
        "strip": {"stripPrefix": {"prefixes": ["/old"]}},
        "add": {"addPrefix": {"prefix": "/new"}},
    }
    dynamic = site(server.url, middlewares=middlewares)
    dynamic["http"]["routers"]["site"]["middlewares"] = ["both"]
    one = tandem(dynamic)
    one.get("/old/a")
    assert server.seen[0][1] == "/new/a"


def test_a_middleware_that_is_not_there_disables_its_router_alone(tandem, backend):
    dynamic = site(backend().url)
    dynamic["http"]["routers"]["broken"] = {"rule": "Path(`/broken`)", "service": "site", "middlewares": ["nobody"]}
    one = tandem(dynamic)
    assert one.get("/").status == 200
    router = one.rawdata()["routers"]["broken@file"]
    assert router["status"] == "disabled"
    assert "nobody@file" in router["error"][0]


def test_entry_points_put_their_middlewares_before_all(tandem, backend):
    server = backend()
    dynamic = site(server.url, middlewares={"inside": {"addPrefix": {"prefix": "/inside"}}})
    dynamic["http"]["middlewares"]["first"] = {"addPrefix": {"prefix": "/first"}}
    one = tandem(dynamic, web={"http": {"middlewares": ["first@file"]}})
    one.get("/a")
    assert server.seen[0][1] == "/inside/first/a"


def test_redirection_of_an_entry_point(tandem, backend, free_port):
    secure = free_port()
    one = tandem(site(backend().url), static={"entryPoints": {"other": {"address": f"127.0.0.1:{secure}"}}},
                 web={"http": {"redirections": {"entryPoint": {"to": "other", "scheme": "http"}}}})
    answered = one.get("/a", headers={"Host": "test.local"})
    assert (answered.status, answered.headers["location"]) == (301, f"http://test.local:{secure}/a")
