"""Many changes in a short time: the address stays where it is (option ha.damping)."""
from lab import until

OPTIONS = {"preempt": True, "preemptDelay": "100ms"}


def flap(lab, n1, n2):
    """n1 loses its carrier as master, which n2 becomes; then it is back."""
    n1.plug(False)
    lab.wait_for_master(n2)
    n1.plug(True)
    until(lambda: n1.state() in ("BACKUP", "MASTER"), "n1 is back")


def test_a_node_that_comes_and_goes_does_not_take_the_address_back_for_a_while(lab):
    n1, n2 = lab.start_pair(**OPTIONS, damping={"transitions": 3, "window": "60s", "hold": "4s"})
    flap(lab, n1, n2)
    lab.wait_for_master(n1)
    flap(lab, n1, n2)
    until(lambda: "failBackHeldUntil" in n1.instance(), "fail-back is held back")
    assert "fail-back is held back until" in n1.command("status") and "flapping" in n1.instance()["problems"]
    assert n2.holds() and n1.state() == "BACKUP"
    lab.wait_for_master(n1)
    assert "failBackHeldUntil" not in n1.instance()


def test_without_damping_it_always_does(lab):
    n1, n2 = lab.start_pair(**OPTIONS, damping={"transitions": 0})
    for _ in range(3):
        flap(lab, n1, n2)
        lab.wait_for_master(n1)
    assert "flapping" not in n1.log
