"""`tandem ha invite` and `tandem ha join`: a token makes a second node trusted and gives it its section `ha`."""
import json
import stat
import subprocess

import pytest
import yaml
from conftest import PROGRAM, unused_port
from lab import SECONDS, VIRTUAL, peer_is_up, until


class Node:
    """A node with a folder of its own; commands run there."""

    def __init__(self, folder, ha=None):
        folder.mkdir()
        self.folder = folder
        self.file = folder / "tandem.yml"
        static = {"entryPoints": {"web": {"address": "127.0.0.1:0"}}, "stateDirectory": str(folder / "state")}
        if ha is not None:
            static["ha"] = ha
        self.file.write_text(yaml.safe_dump(static))

    def run(self, *arguments):
        return subprocess.run(
            [PROGRAM, "ha", *arguments, f"--configFile={self.file}"],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )


@pytest.fixture
def first(tmp_path):
    ha = {"virtualAddresses": ["192.0.2.100/24"], "peers": ["192.0.2.2"], "virtualRouterID": 77, "nodeName": "first",
          "peerLink": {"address": f"127.0.0.1:{unused_port()}"}}
    return Node(tmp_path / "first", ha)


@pytest.fixture
def second(tmp_path):
    return Node(tmp_path / "second")


def test_an_invitation_holds_what_the_other_node_needs(first):
    invited = first.run("invite", "--json")
    assert invited.returncode == 0, invited.stderr
    told = json.loads(invited.stdout)
    assert told["token"].startswith("tandem1-")
    assert told["addresses"] == [yaml.safe_load(first.file.read_text())["ha"]["peerLink"]["address"]]
    key = first.folder / "state/ha/key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "first" in invited.stderr or invited.stderr == ""


def test_people_get_the_command_for_the_other_node(first):
    invited = first.run("invite", "--address=node1.test", "--address=[fd00::1]:9")
    assert invited.returncode == 0, invited.stderr
    assert invited.stdout.startswith("tandem ha join tandem1-")
    assert "within 15 minutes" in invited.stderr
    assert "does not run here yet" in invited.stderr


def test_inviting_needs_the_peer_link(second):
    invited = second.run("invite")
    assert invited.returncode == 2
    assert "peerLink" in invited.stderr


@pytest.mark.parametrize("words", [(), ("tandem1-AAAA",), ("secret",), ("a", "b")])
def test_what_is_no_token_is_refused_with_advice(second, words):
    joined = second.run("join", *words)
    assert joined.returncode == 2
    assert "tandem ha invite" in joined.stderr


def test_the_node_that_invited_cannot_join_itself(first):
    token = json.loads(first.run("invite", "--json").stdout)["token"]
    joined = first.run("join", token)
    assert joined.returncode == 2
    assert "--new-keys" in joined.stderr


def test_a_node_that_does_not_run_is_named(first, second):
    told = json.loads(first.run("invite", "--json").stdout)
    joined = second.run("join", told["token"])
    assert joined.returncode == 2
    assert told["addresses"][0] in joined.stderr
    assert "firewall" in joined.stderr


def on(node, *words):
    """tandem … on a host of the laboratory, with its configuration."""
    command = ["ip", "netns", "exec", node.lab.namespace(node.name), PROGRAM, *words, f"--configFile={node.folder / 'static.yml'}"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def inviting(lab, *words, **ha):
    """A node that runs alone, and a token of its."""
    node = lab.n1.start_tandem(**({"peerLink": {}} | ha))
    until(lambda: node.state() == "MASTER", "n1 is master")
    return node, json.loads(on(node, "ha", "invite", "--json", *words).stdout)["token"]


def section_of(lab, **ha):
    """The section that n2 gets, and what it was told."""
    _, token = inviting(lab, **ha)
    lab.n2.write_tandem(None)
    joined = on(lab.n2, "ha", "join", token)
    assert joined.returncode == 0, joined.stderr
    return yaml.safe_load(joined.stdout)["ha"], joined.stderr


def test_false_and_zero_arrive_at_the_other_node(lab):
    zeroes = {"preempt": True, "lease": "0s", "lastManStanding": False, "realTimePriority": 0, "lockMemory": False,
              "garp": {"refresh": "0s"}, "health": {"memoryHeadroom": 0, "minRouters": 0}, "damping": {"transitions": 0},
              "track": {"gateway": {"enabled": False}, "files": [{"path": "/tmp/nothing", "weight": 0}]}}
    section, told = section_of(lab, **zeroes)
    assert section == zeroes | {
        "virtualAddresses": [f"{VIRTUAL}/24"], "priority": 190, "peerLink": {"peers": [f"{lab.n1.address}:7112"]}}
    assert "error" not in told and "on this host" not in told


def test_a_node_that_joined_runs(lab):
    n1, token = inviting(lab, peers=[lab.n2.address])
    lab.n2.write_tandem(None)
    joined = on(lab.n2, "ha", "join", token, "--node=n2", "--write")
    assert joined.returncode == 0, joined.stderr
    checked = on(lab.n2, "check")
    assert checked.returncode == 0, checked.stdout
    section = yaml.safe_load((lab.n2.folder / "static.yml").read_text())["ha"]
    assert section["peers"] == [n1.address] and section["track"] == {"gateway": {"enabled": False}}
    # Trusted, and not there yet: the status says who, and once it is there where.
    text = n1.command("status")
    assert "peer link to n2: never up" in text
    lab.n2.start_backend()
    lab.n2.process = lab.n2.spawn_tandem()
    until(lambda: all(peer_is_up(node.status()) for node in (n1, lab.n2)), "the peer link is up")
    assert f"peer link {lab.n2.address}:" in n1.command("status")
    assert lab.n2.process.poll() is None
    until(lambda: lab.n2.state() == "BACKUP", "n2 follows", SECONDS)


def test_where_a_node_is_looked_for_is_shown(lab):
    n1 = lab.n1.start_tandem(peerLink=True)
    until(lambda: n1.state() == "MASTER", "n1 is master")
    assert f"peer link to n2: never up (tried {lab.n2.address}:7112)" in n1.command("status")
    assert n1.status()["peers"][0]["tried"] == [f"{lab.n2.address}:7112"]


def test_a_section_that_would_be_refused_is_no_success(lab):
    # Adverts over IPv4, and the token names an address of IPv6 only.
    n1, token = inviting(lab, f"--address=[{lab.n1.address6}]", peers=[lab.n2.address])
    lab.n2.write_tandem(None)
    static = lab.n2.folder / "static.yml"
    text = static.read_text()
    joined = on(lab.n2, "ha", "join", token, "--write")
    assert joined.returncode == 2
    assert "error: ha.peers[0]: " in joined.stderr and "tandem check" in joined.stderr
    assert static.read_text() == text
    assert yaml.safe_load(joined.stdout)["ha"]["peers"] == [n1.address6]


def test_an_interface_that_this_host_lacks_is_told(lab):
    lab.n1.ip("link", "add", "apart", "type", "veth", "peer", "name", "beyond")
    lab.n1.ip("address", "add", "192.0.2.1/24", "dev", "apart")
    for name in ("apart", "beyond"):
        lab.n1.ip("link", "set", name, "up")
    section, told = section_of(lab, interface="apart", virtualAddresses=["192.0.2.100/24"])
    assert section["interface"] == "apart"
    assert "warning: on this host:" in told and "apart" in told
