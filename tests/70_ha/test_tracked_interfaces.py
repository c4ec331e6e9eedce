"""Interfaces whose state counts (weights, delays, addresses of their own), sync groups with and without weights, and virtual MACs
of another name."""
import json

import pytest
from lab import NETWORK, VIRTUAL, now_us, run, until

SECOND = f"{NETWORK}.101"


def add_side(node, name="side0"):
    """A second interface of a node; its carrier is that of the other end."""
    node.ip("link", "add", name, "type", "veth", "peer", "name", f"{name}p")
    node.ip("link", "set", f"{name}p", "up")
    node.ip("link", "set", name, "up")


def carrier(node, up, name="side0"):
    node.ip("link", "set", f"{name}p", "up" if up else "down")


def start_pair(lab, **ha):
    """As lab.start_pair; both nodes have a side interface."""
    for node in (lab.n1, lab.n2):
        add_side(node)
    return lab.start_pair(preempt=True, preemptDelay="0s", **ha)


def tracking(**keys):
    return {"gateway": {"enabled": False}, "interfaces": [{"name": "side0"} | keys]}


def priority(node, number=0):
    return node.instance(number).get("priority")


@pytest.mark.parametrize("keys,up,down", [({"weight": -30}, 200, 170), ({"weight": -30, "reverse": True}, 200, 230),
                                          ({"weight": 30}, 230, 200), ({"weight": 30, "reverse": True}, 170, 200)],
                         ids=["negative", "negative-reverse", "positive", "positive-reverse"])
def test_a_weight_changes_the_priority(lab, keys, up, down):
    n1 = lab.n1
    add_side(n1)
    n1.start_tandem(track=tracking(**keys))
    until(lambda: n1.state() == "MASTER" and priority(n1) == up, f"priority {up}")
    carrier(n1, False)
    until(lambda: priority(n1) == down, f"priority {down}")
    assert n1.state() == "MASTER"
    carrier(n1, True)
    until(lambda: priority(n1) == up, f"priority {up} again")
    assert "A tracked interface is down" in n1.log


def test_weights_of_an_interface_and_a_file_add_up_and_move_the_address(lab):
    n1, n2 = lab.n1, lab.n2
    for node in (n1, n2):
        add_side(node)
        node.start_tandem(preempt=True, preemptDelay="0s", track=tracking(weight=-6) | {"files": [{"path": str(node.folder / "number")}]})
        lab.wait_for_master(n1)
    until(lambda: n2.instance().get("ready"), "n2 is ready")
    carrier(n1, False)
    until(lambda: priority(n1) == 194, "194")
    assert n1.holds(), "still more than 190"
    (n1.folder / "number").write_text("-6\n")
    lab.wait_for_master(n2)
    assert priority(n1) == 188
    carrier(n1, True)
    lab.wait_for_master(n1)
    assert priority(n1) == 194


def test_a_fatal_interface_moves_the_address(lab):
    n1, n2 = start_pair(lab, track=tracking())
    prober, at = lab.probe(), now_us()
    carrier(n1, False)
    prober.wait_for("n2", at)
    lab.wait_for_master(n2)
    assert n1.state() == "FAULT" and "interface" in n1.instance()["faults"][0]
    carrier(n1, True)
    lab.wait_for_master(n1)


def test_a_fatal_interface_with_reverse_is_one_that_is_up(lab):
    n1 = lab.n1
    add_side(n1)
    n1.start_tandem(track=tracking(reverse=True))
    until(lambda: n1.state() == "FAULT", "up is fatal")
    carrier(n1, False)
    lab.wait_for_master(n1)


def test_an_interface_that_flaps_within_its_delays_is_passed_over(lab):
    n1, n2 = start_pair(lab, track=tracking(downDelay="1s", upDelay="1s"))
    before, watch = n1.transitions(), lab.watch(n1)
    for _ in range(3):
        carrier(n1, False)
        carrier(n1, True)
    carrier(n1, False)
    at = now_us()
    lab.wait_for_master(n2)
    removed = [moment for moment, what in watch.events() if what == "removed"]
    assert len(removed) == 1 and removed[0] - at > 800_000, "not before its delay"
    assert n1.transitions() == before + 1
    at = now_us()
    carrier(n1, True)
    lab.wait_for_master(n1)
    assert [what for moment, what in watch.events(at)][:1] == ["added"] and watch.events(at)[0][0] - at > 800_000


def test_the_interface_of_an_address_is_watched_unless_it_says_no_track(lab):
    n1, n2 = lab.n1, lab.n2
    for node in (n1, n2):
        add_side(node)
        add_side(node, "side1")
    addresses = {"excludedAddresses": ["10.7.1.1/24 dev side0", "10.7.2.1/24 dev side1 no_track"]}
    lab.start_pair(**addresses)
    assert n1.holds("10.7.1.1") and n1.holds("10.7.2.1")
    carrier(n1, False, "side1")
    until(lambda: "LOWERLAYERDOWN" in n1.ip("link", "show", "side1") or "NO-CARRIER" in n1.ip("link", "show", "side1"), "side1 is down")
    assert n1.state() == "MASTER"
    carrier(n1, False, "side0")
    lab.wait_for_master(n2)
    assert n1.state() == "FAULT" and n2.holds("10.7.1.1") and n2.holds("10.7.2.1")


def test_an_untracked_address_that_was_removed_stays_away(lab):
    n1, n2 = lab.start_pair(excludedAddresses=[f"{SECOND}/24 no_track"])
    watch = lab.watch(n1)
    n1.ip("address", "del", f"{SECOND}/24", "dev", "eth0")
    until(lambda: "not tracked" in n1.log, "the log names it")
    n1.ip("address", "del", f"{VIRTUAL}/24", "dev", "eth0")
    until(lambda: [what for _, what in watch.events()] == ["removed", "added"], "the tracked one is put back")
    assert not n1.holds(SECOND) and n1.state() == "MASTER"
    n1.command("maintenance", "on")
    lab.wait_for_master(n2)
    assert n2.holds(SECOND)
    n1.command("maintenance", "off")
    until(lambda: n1.state() == "BACKUP", "n1 takes part again")
    n2.command("maintenance", "on")
    lab.wait_for_master(n1)
    until(lambda: n1.holds(SECOND), "a new master has all addresses")


def group(lab, tracking_weight, **keys):
    """A pair with two instances that move together; an interface counts for one of them."""
    common = {"preempt": True, "preemptDelay": "0s"}
    instances = {name: common | {"virtualAddresses": [f"{address}/24"], "virtualRouterID": number, "priority": None}
                 for name, address, number in (("a", VIRTUAL, 51), ("b", SECOND, 52))}
    for node in (lab.n1, lab.n2):
        add_side(node)
        own = {name: instance | {"priority": node.priority} for name, instance in instances.items()}
        node.start_tandem(virtualAddresses=None, priority=None, instances=own, track=tracking(instances=["a"], **keys),
                          syncGroups={"both": {"instances": ["a", "b"], "trackingWeight": tracking_weight}})
        for address in (VIRTUAL, SECOND):
            lab.wait_for_master(lab.n1, address)
    until(lambda: all(lab.n2.instance(number).get("ready") for number in (0, 1)), "n2 is ready")
    return lab.n1, lab.n2


def test_without_tracking_weight_a_failure_in_a_group_is_fatal_for_all(lab):
    n1, n2 = group(lab, False, weight=-5)
    carrier(n1, False)
    for address in (VIRTUAL, SECOND):
        lab.wait_for_master(n2, address)
    assert [n1.instance(number)["state"] for number in (0, 1)] == ["FAULT", "FAULT"]


def test_with_tracking_weight_a_group_moves_by_weights(lab):
    n1, n2 = group(lab, True, weight=-30)
    carrier(n1, False)
    for address in (VIRTUAL, SECOND):
        lab.wait_for_master(n2, address)
    until(lambda: [(n1.instance(number)["state"], priority(n1, number)) for number in (0, 1)] == [("BACKUP", 170)] * 2, "two weaker backups")
    carrier(n1, True)
    for address in (VIRTUAL, SECOND):
        lab.wait_for_master(n1, address)


@pytest.mark.parametrize("from_parent", [False, True], ids=["from-the-virtual-mac", "from-the-interface-below"])
def test_a_virtual_mac_of_another_name_and_address(lab, from_parent):
    mac = "02:00:00:07:00:64"
    options = {"virtualMac": {"name": "pair0", "address": mac, "sendFromParent": from_parent}}
    n1, n2 = lab.n1, lab.n2
    for node in (n1, n2):
        node.start_tandem(**options)
        lab.wait_for_master(n1)
    until(lambda: n2.instance().get("ready"), "n2 is ready")
    link = json.loads(n1.ip("-j", "address", "show", "pair0"))[0]
    assert link["address"] == mac and VIRTUAL in [each["local"] for each in link["addr_info"]]
    prober, at = lab.probe(), now_us()
    prober.wait_for("n1")
    assert lab.neighbour(VIRTUAL) == mac
    sent = source_of_adverts(lab)
    assert (sent == mac) is not from_parent
    n1.kill()
    prober.wait_for("n2", at)
    assert lab.neighbour(VIRTUAL) == mac, "clients had to learn nothing"


def source_of_adverts(lab):
    """The MAC address that an advert comes from, as the client sees it."""
    program = ("import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))\ns.bind(('eth0', 0))\n"
               "s.settimeout(10)\nwhile True:\n    frame = s.recv(200)\n    if frame[23] == 112:\n"
               "        print(':'.join(f'{byte:02x}' for byte in frame[6:12]))\n        break\n")
    return run("ip", "netns", "exec", lab.namespace("client"), "/usr/bin/python3", "-c", program).strip()
