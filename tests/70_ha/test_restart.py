"""A node whose program starts anew in its place: another program file or static configuration, the same addresses."""
import os
import signal

import pytest
import yaml
from lab import SECONDS, VIRTUAL, VIRTUAL6, LabError, now_us, until

SECOND = "192.168.7.101"


def restarted(node, by):
    """Has the program start anew by `by()`, and waits until the next proxy serves."""
    before, pid = node.proxy_pid(), node.process.pid
    by()
    until(lambda: node.process.poll() is None and before not in node.pids() and len(node.pids()) == 2, "another proxy serves", 30)
    until(lambda: node.status().get("dataPlane", {}).get("health") == "well", "it is well")
    assert node.process.pid == pid


def change(node, **ha):
    """Writes keys of the section `ha` into the running node's static configuration."""
    path = node.folder / "static.yml"
    static = yaml.safe_load(path.read_text())
    static["ha"] |= ha
    path.write_text(yaml.safe_dump(static))


def hang_up(node):
    node.process.send_signal(signal.SIGHUP)


def test_restarts_are_not_noticed(lab):
    n1, n2 = lab.start_pair(link=True)
    prober, watch, other = lab.probe(every=0.002), lab.watch(n1), lab.watch(n2)
    counts = n1.transitions(), n2.transitions()
    for _ in range(5):
        restarted(n1, lambda: n1.command("restart"))
    prober.wait_for("n1", now_us(), 20)
    assert [probe.result for probe in prober.stop().failed()] == []
    assert watch.events() == [] and other.events() == []
    assert (n1.transitions(), n2.transitions()) == counts
    assert n1.state() == "MASTER" and n2.state() == "BACKUP"
    # A backup stays one, too, and the link is up again.
    restarted(n2, lambda: n2.command("restart"))
    assert n2.state() == "BACKUP" and watch.events() == [] and other.events() == []
    until(lambda: any(peer.get("state") == "up" for peer in n1.status()["peers"]), "the link is up again")
    n1.command("failover")
    lab.wait_for_master(n2)


def test_a_changed_configuration_comes_into_force_without_a_break(lab):
    n1, n2 = lab.start_pair()
    prober, watch = lab.probe(), lab.watch(n1)
    # Another priority, another address, another entry point.
    change(n1, priority=195, virtualAddresses=[f"{VIRTUAL}/24", f"{SECOND}/24"])
    static = yaml.safe_load((n1.folder / "static.yml").read_text())
    static["entryPoints"]["more"] = {"address": ":8000"}
    (n1.folder / "static.yml").write_text(yaml.safe_dump(static))
    restarted(n1, lambda: hang_up(n1))
    until(lambda: n1.holds(SECOND) and n1.holds(), "both addresses")
    assert n1.instance()["priority"] == 195 and n1.state() == "MASTER"
    more = lab.spawn("client", "curl", "-sf", "-o", "/dev/null", f"http://{SECOND}:8000/")
    assert more.wait(SECONDS) == 0
    # What is not configured any more goes.
    change(n1, virtualAddresses=[f"{VIRTUAL}/24"])
    restarted(n1, lambda: hang_up(n1))
    until(lambda: not n1.holds(SECOND), "the second address is gone")
    prober.wait_for("n1", now_us(), 20)
    assert [probe.result for probe in prober.stop().failed()] == [] and watch.events() == []
    assert n2.state() == "BACKUP"


def test_without_a_change_a_hang_up_restarts_nothing(lab):
    n1, _ = lab.start_pair()
    pids = n1.pids()
    hang_up(n1)
    until(lambda: "Reloading the dynamic configuration" in n1.log, "the proxy reloads")
    assert n1.command("status", "--check") and n1.pids() == pids


def test_a_wrong_configuration_changes_nothing(lab):
    n1, _ = lab.start_pair()
    prober, pids = lab.probe(), n1.pids()
    good = (n1.folder / "static.yml").read_text()
    for wrong, named in ((good.replace("priority: 200", "priority: 2000"), "priority"),
                         (good.replace("address: :80\n", "address: :80\n  other:\n    address: 192.0.2.77:99999\n"), "99999")):
        (n1.folder / "static.yml").write_text(wrong)
        hang_up(n1)
        until(lambda named=named: "cannot be put in force" in n1.log and named in n1.log.split("cannot be put in force")[-1],
              "the log says what is wrong")
    (n1.folder / "static.yml").write_text(good.replace("priority: 200", "priority: 200\n  nonsense: 1"))
    with pytest.raises(LabError):
        n1.command("restart")
    assert n1.pids() == pids and n1.holds()
    (n1.folder / "static.yml").write_text(good)
    prober.wait_for("n1", now_us(), 20)
    assert not prober.failed()


def test_maintenance_outlives_a_restart(lab):
    n1, n2 = lab.start_pair()
    n1.command("maintenance", "on")
    lab.wait_for_master(n2)
    restarted(n1, lambda: n1.command("restart"))
    assert n1.instance()["maintenance"] and n2.holds() and not n1.holds()
    n1.command("maintenance", "off")
    until(lambda: n1.state() == "BACKUP", "n1 takes part again")


def test_without_its_supervisor_a_proxy_takes_the_addresses_away(lab):
    # A lease so long that it cannot be what ends here.
    n1, n2 = lab.start_pair(lease="600s")
    prober, at = lab.probe(), now_us()
    os.kill(n1.process.pid, signal.SIGKILL)
    until(lambda: not n1.holds(), "the address is gone")
    lab.wait_for_master(n2)
    prober.wait_for("n2", at)


def test_a_virtual_mac_stays_as_it_is(lab):
    n1, n2 = lab.n1, lab.n2
    for node in (n1, n2):
        node.start_tandem(virtualMac={})
        lab.wait_for_master(n1)
    until(lambda: n2.instance().get("ready"), "n2 is ready")
    prober, watch = lab.probe(), lab.watch(n1)
    for _ in range(2):
        restarted(n1, lambda: n1.command("restart"))
    prober.wait_for("n1", now_us(), 20)
    assert [probe.result for probe in prober.stop().failed()] == [] and watch.events() == []
    assert n1.state() == "MASTER" and n2.state() == "BACKUP"


def test_a_stop_in_the_midst_of_a_restart_is_not_forgotten(lab):
    n1, n2 = lab.start_pair()
    n1.command("restart")
    n1.process.terminate()
    assert n1.process.wait(30) == 0
    lab.wait_for_master(n2)


def test_a_group_goes_on_as_a_whole(lab):
    instances = {"four": {"virtualAddresses": [f"{VIRTUAL}/24"]}, "six": {"virtualAddresses": [f"{VIRTUAL6}/64"]}}
    n1, n2 = lab.n1, lab.n2
    for node in (n1, n2):
        own = {name: options | {"priority": node.priority} for name, options in instances.items()}
        node.start_tandem(virtualAddresses=None, priority=None, instances=own, syncGroups={"both": {"instances": ["four", "six"]}})
        until(lambda: n1.holds() and n1.holds(VIRTUAL6), "n1 holds both")
    until(lambda: n2.instance().get("ready"), "n2 is ready")
    prober, watches = lab.probe(address=VIRTUAL6), [lab.watch(n1), lab.watch(n1, VIRTUAL6)]
    for _ in range(3):
        restarted(n1, lambda: n1.command("restart"))
    prober.wait_for("n1", now_us(), 20)
    assert [probe.result for probe in prober.stop().failed()] == [] and [watch.events() for watch in watches] == [[], []]
    assert [each["state"] for each in n1.status()["instances"]] == ["MASTER", "MASTER"]
