"""`tandem ha invite` and `tandem ha join`: a token makes a second node trusted and gives it its section `ha`."""
import json
import stat
import subprocess

import pytest
import yaml
from conftest import PROGRAM, unused_port


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
