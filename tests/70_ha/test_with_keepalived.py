"""A pair of a tandem and a keepalived 2.2.7, in either role: they elect, follow each other and come back."""
import os
import shutil
import signal

import pytest
from lab import VIRTUAL, VIRTUAL6, now_us, until

pytestmark = pytest.mark.skipif(not shutil.which("keepalived", path="/usr/sbin:/usr/bin"), reason="keepalived is not installed")

VERSION2 = {"version": 2, "password": "s3cr3tpw"}
VERSION3 = {"advertInterval": "100ms"}
KEEPALIVED3 = {"version": 3, "interval": 0.1}
RESERVED_MAC = "00:00:5e:00:01:33"
MULTICAST = [pytest.param(VERSION2, {}, id="v2-password"), pytest.param(VERSION3, KEEPALIVED3, id="v3")]


def start(lab, ours, theirs, tandem_is_master, ours_more=None, theirs_more=None, address=VIRTUAL):
    """Starts the two and waits until the better one is master: (master, backup)."""
    master, backup = lab.n1, lab.n2
    tandem, keepalived = (master, backup) if tandem_is_master else (backup, master)
    ours = ours | (ours_more(tandem) if ours_more else {})
    theirs = theirs | (theirs_more(keepalived) if theirs_more else {})
    # Neither takes the address from a living master: the better one is first.
    if tandem_is_master:
        tandem.start_tandem(**ours)
        lab.wait_for_master(master, address)
        keepalived.start_keepalived(**theirs)
        until(lambda: keepalived.keepalived_is("BACKUP"), "keepalived is a backup")
    else:
        keepalived.start_keepalived(**theirs)
        lab.wait_for_master(master, address)
        tandem.start_tandem(**ours)
        until(lambda: tandem.state() == "BACKUP" and tandem.instance().get("master", {}).get("priority") == 200, "tandem hears keepalived")
    return master, backup


def follow_a_crash(lab, master, backup, address=VIRTUAL):
    prober, at = lab.probe(address=address), now_us()
    master.kill()
    prober.wait_for(backup.name, at)
    until(lambda: backup.holds(address), f"{backup.name} holds it")
    return prober


@pytest.mark.parametrize("ours, theirs", MULTICAST)
def test_keepalived_follows_tandem_and_gives_the_address_back(lab, ours, theirs):
    n1, n2 = start(lab, ours, theirs, True)
    prober = follow_a_crash(lab, n1, n2)
    until(lambda: not n1.holds(), "tandem's lease ends", 5)
    # keepalived yields to a higher priority; tandem takes it as its configuration says so.
    n1.start_tandem(**ours, preempt=True, preemptDelay="0s")
    lab.wait_for_master(n1)
    at = now_us()
    n1.process.terminate()
    lab.wait_for_master(n2)
    prober.wait_for("n2", at)


@pytest.mark.parametrize("ours, theirs", MULTICAST)
def test_tandem_follows_keepalived_and_gives_the_address_back(lab, ours, theirs):
    n1, n2 = start(lab, ours, theirs, False)
    counters = n2.instance()["counters"]
    assert counters["auth_failure"] == 0 and counters["advert_rcvd"] > 0
    prober, at = lab.probe(), now_us()
    n1.process.send_signal(signal.SIGTERM)
    prober.wait_for("n2", at)
    lab.wait_for_master(n2)
    until(lambda: n1.process.poll() is not None, "keepalived has ended")
    n1.proxy.kill()
    n1.proxy.wait()
    n1.start_keepalived(**theirs)
    # It preempts, as it does by default.
    lab.wait_for_master(n1)
    prober.wait_for("n1", now_us())
    assert n2.state() == "BACKUP"


@pytest.mark.parametrize("tandem_is_master", [True, False], ids=["tandem-master", "keepalived-master"])
def test_unicast(lab, tandem_is_master):
    master, backup = start(
        lab, VERSION3, KEEPALIVED3, tandem_is_master, lambda node: {"peers": [node.peer_address]},
        lambda node: {"instance": f"unicast_src_ip {node.address}\n unicast_peer {{\n {node.peer_address}\n }}"})
    follow_a_crash(lab, master, backup)


@pytest.mark.parametrize("tandem_is_master", [True, False], ids=["tandem-master", "keepalived-master"])
def test_ipv6(lab, tandem_is_master):
    # keepalived wants a link-local address first.
    ours = VERSION3 | {"virtualAddresses": ["fe80::100/64", f"{VIRTUAL6}/64"], "interface": "eth0"}
    theirs = KEEPALIVED3 | {"addresses": ["fe80::100/64 dev eth0", f"{VIRTUAL6}/64 dev eth0"]}
    master, backup = start(lab, ours, theirs, tandem_is_master, address=VIRTUAL6)
    follow_a_crash(lab, master, backup, VIRTUAL6)


@pytest.mark.parametrize("tandem_is_master", [True, False], ids=["tandem-master", "keepalived-master"])
def test_virtual_mac(lab, tandem_is_master):
    master, backup = start(lab, VERSION3 | {"virtualMac": {}}, KEEPALIVED3 | {"instance": "use_vmac"}, tandem_is_master)
    # keepalived answers with either of its addresses.
    if tandem_is_master:
        lab.probe().wait_for("n1")
        assert lab.neighbour(VIRTUAL) == RESERVED_MAC
    follow_a_crash(lab, master, backup)
    if not tandem_is_master:
        until(lambda: lab.neighbour(VIRTUAL) == RESERVED_MAC, "the client has the reserved address")


def test_a_hung_tandem_lets_keepalived_take_over(lab):
    n1, n2 = start(lab, VERSION3, KEEPALIVED3, True)
    prober, at = lab.probe(), now_us()
    os.kill(n1.proxy_pid(), signal.SIGSTOP)
    prober.wait_for("n2", at)
    lab.wait_for_master(n2)
    assert n1.state() == "FAULT"
