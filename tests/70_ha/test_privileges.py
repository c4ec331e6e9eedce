"""A node that does not run as root."""
import os
import shutil

import pytest
from lab import SECONDS, now_us, until

NOBODY = 65534


def become_ordinary(node, capabilities):
    """From now on the node's program runs as nobody, with these capabilities alone."""
    wanted = ",".join(f"+{name}" for name in capabilities)
    node.starter = [shutil.which("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={wanted}",
                    f"--ambient-caps={wanted}", f"--bounding-set=-all,{wanted}"]
    for folder in (node.folder, *node.folder.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o755)
    for path in (node.folder, *node.folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)


@pytest.fixture(autouse=True)
def setpriv_is_there():
    if not shutil.which("setpriv"):
        pytest.skip("setpriv (util-linux) is not installed")


def test_an_ordinary_user_with_three_capabilities_holds_and_gives_the_address(lab):
    n1, n2 = lab.n1, lab.n2
    lab.make_keys()
    for node in (n1, n2):
        become_ordinary(node, ("net_admin", "net_raw", "net_bind_service"))
    lab.start_pair(link=True)
    assert {os.stat(f"/proc/{pid}").st_uid for pid in n1.pids()} == {NOBODY}
    prober = lab.probe(every=0.002)
    n1.command("failover")
    lab.wait_for_master(n2)
    prober.wait_for("n2", now_us(), 20)
    assert [probe.result for probe in prober.stop().failed()] == []


@pytest.mark.parametrize("capabilities, missing", [(("net_raw", "net_bind_service"), "CAP_NET_ADMIN"),
                                                   (("net_admin", "net_bind_service"), "CAP_NET_RAW")])
def test_what_is_missing_is_named(lab, capabilities, missing):
    become_ordinary(lab.n1, capabilities)
    lab.n1.start_tandem()
    assert lab.n1.process.wait(SECONDS) == 1
    until(lambda: missing in lab.n1.log, f"{missing} is named in: {lab.n1.log}")
    assert not lab.n1.holds()
