"""A node that does not reach its services: who holds the virtual address then (option ha.track.upstreams)."""
from lab import until

TRACK = {"gateway": {"enabled": False}}


def tracking(**upstreams):
    return TRACK | {"upstreams": upstreams}


def stop_backend(node):
    node.backend.terminate()
    node.backend.wait()
    node.backend = None


def lives(node):
    return node.status().get("upstreams", {}).get("living") == 1


def start(lab, **ha):
    n1, n2 = lab.start_pair(**ha)
    until(lambda: lives(n1) and lives(n2), "both nodes know that their service lives")
    return n1, n2


def test_a_node_without_living_servers_gives_the_address_to_one_that_has_some(lab):
    n1, n2 = start(lab, track=tracking())
    stop_backend(n1)
    lab.wait_for_master(n2)
    assert n1.state() == "BACKUP" and n1.instance()["priority"] == 1 and not n1.instance()["faults"]
    assert "UPSTREAMS: 0 of 1 upstream services have a living server, 1 is required; dead: backend@file" in n1.command("status")
    n1.start_backend()
    until(lambda: n1.instance()["priority"] == 200, "n1 is well again")
    assert "upstreams: 1 of 1 services have a living server" in n1.command("status")
    assert n2.holds() and not n1.holds()


def test_when_no_node_has_living_servers_one_holds_the_address_all_the_same(lab):
    n1, n2 = start(lab, track=tracking())
    for node in (n1, n2):
        stop_backend(node)
    until(lambda: n1.instance().get("priority") == n2.instance().get("priority") == 1, "both nodes are unwell")
    until(lambda: sorted([n1.state(), n2.state()]) == ["BACKUP", "MASTER"] and n1.holds() != n2.holds(), "one holds it")
    before = n1.transitions() + n2.transitions()
    # The first that reaches them again gets the address, and keeps it.
    n2.start_backend()
    lab.wait_for_master(n2)
    assert n1.state() == "BACKUP" and n1.transitions() + n2.transitions() <= before + 2
    # A node that is as bad follows one that died.
    stop_backend(n2)
    until(lambda: n2.instance()["priority"] == 1, "n2 is unwell")
    n2.kill()
    lab.wait_for_master(n1)


def test_without_a_last_man_it_is_a_fault(lab):
    n1, n2 = start(lab, track=tracking(services=["backend@file"]), lastManStanding=False)
    stop_backend(n1)
    lab.wait_for_master(n2)
    assert n1.state() == "FAULT"
    assert n1.instance()["faults"] == ["0 of 1 upstream services have a living server, 1 is required; dead: backend@file"]
    assert n1.status()["transitions"][-1]["reason"] == n1.instance()["faults"][0]
    n1.start_backend()
    until(lambda: n1.state() == "BACKUP", "n1 is well again")


def test_a_weight_changes_the_priority(lab):
    n1, n2 = start(lab, track=tracking(services=["backend@file", "later@file"], quorum=1, weight=-50))
    assert n1.instance()["priority"] == 200 and n1.status()["upstreams"]["missing"] == ["later@file"]
    stop_backend(n1)
    lab.wait_for_master(n2)
    assert n1.instance()["priority"] == 150 and n1.state() == "BACKUP"
    assert n1.status()["upstreams"]["reason"].endswith("1 is required; dead: backend@file; not configured: later@file")
    assert "Too few upstream services have a living server" in n1.log


def test_a_planned_switch_over_is_refused_by_a_node_without_living_servers(lab):
    n1, n2 = start(lab, link=True, track=tracking())
    stop_backend(n2)
    until(lambda: n2.instance()["priority"] == 1, "n2 is unwell")
    until(lambda: n1.status()["peers"][0]["status"]["instances"][0]["priority"] == 1, "n1 knows it")
    assert n1.command("failover", check=False) == "" and n1.state() == "MASTER" and n1.holds()


def test_a_node_that_starts_anew_is_as_unwell_as_before(lab):
    n1, n2 = start(lab, track=tracking())
    stop_backend(n2)
    until(lambda: n2.instance()["priority"] == 1, "n2 is unwell")
    stop_backend(n1)
    until(lambda: n1.instance()["priority"] == 1, "n1 is unwell too")
    master = n1 if n1.state() == "MASTER" else n2
    other, before = (n2 if master is n1 else n1), master.transitions()
    proxy = other.proxy_pid()
    other.command("restart")
    until(lambda: other.proxy_pid() != proxy and "living" in other.status().get("upstreams", {}), "its new proxy has told")
    assert other.instance()["priority"] == 1 and master.holds() and master.transitions() == before
