"""A pair of two tandems in the laboratory: who holds the virtual address when something fails, and what clients see of it."""
import os
import re
import signal

import pytest
from lab import ROOT, SECONDS, VIRTUAL, VIRTUAL6, now_us, run, until


def test_the_higher_priority_is_master(lab):
    n1, n2 = lab.start_pair()
    assert n1.state() == "MASTER" and n2.state() == "BACKUP"
    assert n1.command("status", "--check")
    assert re.search(r"MASTER .*192\.168\.7\.100", n1.command("status"))
    assert n2.instance()["master"] == {"address": n1.address, "priority": 200}
    prober = lab.probe()
    prober.wait_for("n1")
    assert not prober.failed()


def test_a_killed_program_is_followed_and_its_address_ends(lab):
    n1, n2 = lab.start_pair()
    prober, watch = lab.probe(), lab.watch(n1)
    at = now_us()
    n1.kill()
    prober.wait_for("n2", at)
    # Nobody takes the address away from the dead node but its kernel.
    until(lambda: not n1.holds(), "the lease ends", 5)
    removed = [moment for moment, what in watch.events(at) if what == "removed"]
    assert removed and removed[0] - at < 2_100_000
    assert n2.state() == "MASTER" and n2.holds()
    # It comes back as a backup.
    n1.start_tandem()
    until(lambda: n1.instance().get("ready"), "n1 is back")
    assert n1.state() == "BACKUP" and n2.holds() and not n1.holds()


def test_a_killed_proxy_is_replaced_without_a_failed_connection(lab):
    n1, n2 = lab.start_pair()
    prober, watch, at, before = lab.probe(), lab.watch(n1), now_us(), n1.proxy_pid()
    os.kill(before, signal.SIGKILL)
    until(lambda: n1.proxy_pid() != before, "another proxy")
    prober.wait_for("n1", now_us(), 20)
    # A connection that the dead process had accepted is lost with it; those that wait are not.
    assert [probe.result for probe in prober.failed(at + 5_000)] == []
    assert not watch.events(at) and n1.state() == "MASTER" and n2.state() == "BACKUP"


def test_a_hung_data_plane_loses_the_address(lab):
    n1, n2 = lab.start_pair()
    prober, at, proxy = lab.probe(), now_us(), n1.proxy_pid()
    os.kill(proxy, signal.SIGSTOP)
    prober.wait_for("n2", at)
    lab.wait_for_master(n2)
    assert n1.state() == "FAULT" and n1.status()["dataPlane"]["health"] == "dead"
    os.kill(proxy, signal.SIGCONT)
    until(lambda: n1.state() == "BACKUP", "n1 is well again")


def test_a_lost_carrier_moves_the_address(lab):
    n1, n2 = lab.start_pair()
    prober, at = lab.probe(), now_us()
    n1.plug(False)
    prober.wait_for("n2", at)
    lab.wait_for_master(n2)
    assert n1.state() == "FAULT" and "interface" in n1.instance()["faults"][0]
    n1.plug(True)
    until(lambda: n1.state() == "BACKUP", "n1 is a backup")
    assert n2.holds()


def test_a_black_hole_heals_with_one_owner_whom_clients_reach(lab):
    n1, n2 = lab.start_pair()
    prober, at = lab.probe(), now_us()
    n1.reachable(False)
    prober.wait_for("n2", at)
    n1.reachable(True)
    winner = lab.wait_for_master(n1)
    prober.wait_for(winner.name, now_us(), 20)


def test_a_planned_stop_loses_nothing(lab):
    n1, n2 = lab.start_pair(link=True)
    prober, at = lab.probe(every=0.001, kept_every=0.005), now_us()
    n1.process.terminate()
    prober.wait_for("n2", at)
    assert n1.process.wait(SECONDS) == 0
    prober.wait_for("n2", now_us(), 100)
    lab.wait_for_master(n2)
    assert [probe.result for probe in prober.stop().failed()] == []
    assert prober.kept_is_alive(process_ends=True), [probe.result for probe in prober.kept()][-3:]


def test_failover_both_ways_loses_nothing(lab):
    n1, n2 = lab.start_pair(link=True)
    prober = lab.probe(every=0.001, kept_every=0.005)
    for giver, commander, taker in ((n1, n1, n2), (n2, n1, n1), (n1, n2, n2)):
        at = now_us()
        commander.command("failover")
        lab.wait_for_master(taker)
        prober.wait_for(taker.name, at, 100)
        assert giver.state() == "BACKUP"
    assert [probe.result for probe in prober.stop().failed()] == []
    # Its segments went back to the node that had it, all the time.
    assert {(probe.result, probe.node) for probe in prober.kept()} == {("ok", "n1")}


@pytest.mark.parametrize("forwards", [True, False])
def test_open_connections_are_forwarded_as_configured(lab, forwards):
    n1, n2 = lab.start_pair(link=True, forwardConnections=forwards, drainTimeout="20s")
    prober, at = lab.probe(every=0.001, kept_every=0.005), now_us()
    n1.command("failover")
    lab.wait_for_master(n2)
    # Without forwarding, those that are open at the moment of the change end with it.
    since = 0 if forwards else now_us()
    prober.wait_for("n2", at, 100)
    assert n2.instance()["forwardsConnections"] == forwards and n1.instance()["drains"] == forwards
    if not forwards:
        until(lambda: any(probe.result in ("reset", "eof", "closed") for probe in prober.kept(at)), "the connection ends")
    assert [probe.result for probe in prober.stop().failed(since)] == []
    assert forwards == ({(probe.result, probe.node) for probe in prober.kept()} == {("ok", "n1")})


def test_the_better_node_comes_back_when_it_may(lab):
    n1, n2 = lab.start_pair(link=True, preempt=True, preemptDelay="200ms")
    n1.process.terminate()
    lab.wait_for_master(n2)
    n1.process.wait(SECONDS)
    prober = lab.probe(every=0.001, kept_every=0.005)
    n1.start_tandem(peerLink=True, preempt=True, preemptDelay="200ms")
    lab.wait_for_master(n1)
    prober.wait_for("n1", now_us(), 100)
    assert [probe.result for probe in prober.stop().failed()] == []
    assert prober.kept_is_alive()


def test_blocked_adverts_make_no_second_owner_while_the_link_is_up(lab):
    n1, n2 = lab.start_pair(link=True)
    prober, watch = lab.probe(), lab.watch(n2)
    n1.block_adverts()
    heard = n2.instance()["counters"]["advert_rcvd"]
    until(lambda: n2.instance()["peersHeard"][0]["heardSecondsAgo"] > 1, "n2 is deaf for a second")
    assert n2.instance()["counters"]["advert_rcvd"] <= heard + 2
    assert n1.state() == "MASTER" and n2.state() == "BACKUP" and not watch.events()
    n1.unblock_adverts()
    until(lambda: n2.instance()["peersHeard"][0]["heardSecondsAgo"] < 0.5, "n2 hears again")
    prober.wait_for("n1", now_us(), 20)
    assert not watch.events() and not prober.failed()


def test_a_paused_node_does_not_own_what_another_took(lab):
    n1, n2 = lab.start_pair()
    prober, watch, other = lab.probe(), lab.watch(n1), lab.watch(n2)
    n1.signal(signal.SIGSTOP)
    # The lease of the paused node ends by itself.
    until(lambda: not n1.holds(), "the lease ends", 5)
    prober.wait_for("n2", now_us(), 5)
    resumed = now_us()
    n1.signal(signal.SIGCONT)
    until(lambda: n1.state() == "BACKUP", "n1 is a backup")
    prober.wait_for("n2", now_us(), 20)
    assert [what for _, what in watch.events(resumed)] == [] and n2.holds() and not n1.holds()
    assert [what for _, what in other.events(resumed)] == []


def test_the_metrics_are_documented(lab):
    n1, _ = lab.start_pair(link=True)
    text = run("ip", "netns", "exec", lab.namespace("n1"), "curl", "-s", "http://127.0.0.1:8080/metrics")
    shown = set(re.findall(r"^# TYPE (tandem_ha_\w+) ", text, re.M))
    documented = set(re.findall(r"^\| `(tandem_ha_\w+)` \|", (ROOT / "docs/metrics.md").read_text(), re.M))
    assert shown and shown <= documented
    # Those that say something only where there is a cause.
    assert {name for name in documented - shown if "upstream" not in name and name != "tandem_ha_problem"} == set()
    assert 'tandem_ha_holds_addresses{instance="ha"} 1' in text


def test_a_removed_address_is_put_back(lab):
    n1, n2 = lab.start_pair()
    before, watch = n1.transitions(), lab.watch(n1)
    n1.ip("address", "del", f"{VIRTUAL}/24", "dev", "eth0")
    until(lambda: [what for _, what in watch.events()] == ["removed", "added"], "removed, and put back")
    assert n1.state() == "MASTER" and n2.state() == "BACKUP" and n1.transitions() == before
    until(lambda: "Somebody removed a virtual address" in n1.log, "the log names it")


def test_maintenance_gives_the_address_up(lab):
    n1, n2 = lab.start_pair()
    n1.command("maintenance", "on")
    lab.wait_for_master(n2)
    until(lambda: n1.instance()["maintenance"] and n1.state() == "FAULT", "n1 takes no part")
    n1.command("maintenance", "off")
    until(lambda: n1.state() == "BACKUP", "n1 takes part again")
    assert n2.holds()


def test_the_history_outlives_the_program(lab):
    n1 = lab.n1.start_tandem()
    lab.wait_for_master(n1)
    before = n1.transitions()
    assert before >= 2
    n1.process.terminate()
    assert n1.process.wait(SECONDS) == 0
    n1.start_tandem()
    lab.wait_for_master(n1)
    status = n1.status()
    assert status["transitionCount"] >= before + 2
    assert "STOP" in [each["to"] for each in status["transitions"]]


def test_adverts_with_a_wrong_password_change_nothing(lab):
    n1, n2 = lab.start_pair(version=2, password="s3cr3tpw")
    before, watch = (n1.transitions(), n2.transitions()), lab.watch(n1)
    stranger = lab.spawn("client", "/usr/bin/python3", ROOT / "tests/vrrp_stranger.py", VIRTUAL, "wrongpas")
    # Twenty times faster than the master speaks: it must go on speaking.
    until(lambda: n1.instance()["counters"]["auth_failure"] >= 60 and n2.instance()["counters"]["auth_failure"] >= 60, "60 were refused")
    assert stranger.poll() is None
    assert (n1.transitions(), n2.transitions()) == before and not watch.events()
    assert n1.state() == "MASTER" and n2.state() == "BACKUP"


@pytest.mark.parametrize("options", [{"peers": True}, {"virtualMac": {}}], ids=["unicast", "virtual-mac"])
def test_other_ways_to_speak(lab, options):
    n1, n2 = lab.n1, lab.n2
    for node in (n1, n2):
        node.start_tandem(**({"peers": [node.peer_address]} if "peers" in options else options))
        lab.wait_for_master(n1)
    until(lambda: n2.instance().get("ready"), "n2 is ready")
    prober, at = lab.probe(), now_us()
    n1.kill()
    prober.wait_for("n2", at)
    until(lambda: not n1.holds(), "the lease ends", 5)


def test_an_address_of_the_other_family(lab):
    n1, n2 = lab.n1.start_tandem(virtualAddresses=[f"{VIRTUAL6}/64"]), lab.n2
    lab.wait_for_master(n1, VIRTUAL6)
    n2.start_tandem(virtualAddresses=[f"{VIRTUAL6}/64"])
    until(lambda: n2.instance().get("ready"), "n2 is ready")
    prober, at = lab.probe(address=VIRTUAL6), now_us()
    n1.kill()
    prober.wait_for("n2", at)
    until(lambda: not n1.holds(VIRTUAL6), "the lease ends", 5)
