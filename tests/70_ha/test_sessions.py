"""TLS sessions that go on with the other node after a failover (the keys of session tickets are shared over the peer link)."""
import re
import subprocess

import pytest
import yaml
from lab import VIRTUAL, run, until

REQUEST = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"


def serve_tls(*nodes):
    """A router with TLS beside the one without, on the same entry point."""
    for node in nodes:
        path = node.folder / "dynamic.yml"
        tree = yaml.safe_load(path.read_text())
        tree["http"]["routers"]["secure"] = tree["http"]["routers"]["all"] | {"tls": {}}
        path.write_text(yaml.safe_dump(tree))
        node.process.send_signal(1)  # SIGHUP: look now
    for node in nodes:
        until(lambda: "HTTP/1.1 200" in visit(node.lab, "-tls1_3", to=node.address), f"{node.name} speaks TLS")


def visit(lab, *options, to=VIRTUAL):
    """What openssl s_client prints about one request of the client; "" without an answer."""
    try:
        return run("ip", "netns", "exec", lab.namespace("client"), "openssl", "s_client", "-connect", f"{to}:80", "-servername", "a.test",
                   "-ign_eof", *options, input=REQUEST, check=False, timeout=3)
    except subprocess.TimeoutExpired:
        return ""


def begin(lab, version, session):
    """A session of this client with whoever serves: the node's name."""
    said = visit(lab, version, "-sess_out", session)
    assert re.search(r"^New, ", said, re.M)
    return node_in(said)


def resume(lab, version, session):
    """Whether the session is resumed, and by whom. A connection that the address leaves is tried again."""
    said = ""

    def answered():
        nonlocal said
        said = visit(lab, version, "-sess_in", session)
        return node_in(said)
    node = until(answered, "an answer")
    return re.search(r"^Reused, ", said, re.M) is not None, node


def node_in(said):
    found = re.search(r"^X-Node: (\w+)", said, re.M | re.I)
    return found and found[1]


def taken(node):
    return [line for line in node.log.splitlines() if "Session ticket keys were taken" in line]


@pytest.fixture
def pair(lab):
    nodes = lab.start_pair(link=True)
    serve_tls(*nodes)
    until(lambda: all(taken(node) for node in nodes), "each node has the other's keys")
    return nodes


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_sessions_are_resumed_by_the_other_node(lab, pair, version, tmp_path):
    n1, n2 = pair
    session = tmp_path / "session"
    assert begin(lab, version, session) == "n1"
    n1.process.terminate()
    n1.process.wait()
    lab.wait_for_master(n2)
    assert resume(lab, version, session) == (True, "n2")


def test_sessions_outlive_the_proxy_and_the_program(lab, pair, tmp_path):
    n1, n2 = pair
    session = tmp_path / "session"
    assert begin(lab, "-tls1_2", session) == "n1"
    before = n1.proxy_pid()
    run("kill", "-9", before)
    until(lambda: n1.proxy_pid() != before and n1.status().get("dataPlane", {}).get("health") == "well", "another proxy serves")
    assert resume(lab, "-tls1_2", session)[0]
    # The other node is away; only the program itself can know.
    n2.kill()
    lab.wait_for_master(n1)
    before = n1.proxy_pid()
    n1.command("restart")
    until(lambda: before not in n1.pids() and len(n1.pids()) == 2, "the next proxy serves")
    assert resume(lab, "-tls1_2", session) == (True, "n1")


def test_keys_are_not_in_logs_or_in_the_status(lab, pair):
    for node in pair:
        assert len(taken(node)) >= 1
        assert "tandem-ticket-keys" not in node.log + str(node.status())


def test_without_the_link_keys_stay_where_they_are(lab, tmp_path):
    n1, n2 = lab.start_pair()
    serve_tls(n1, n2)
    session = tmp_path / "session"
    assert begin(lab, "-tls1_3", session) == "n1"
    n1.process.terminate()
    n1.process.wait()
    lab.wait_for_master(n2)
    assert resume(lab, "-tls1_3", session) == (False, "n2")
    assert not taken(n1) and not taken(n2)
