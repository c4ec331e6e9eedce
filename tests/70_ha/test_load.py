"""A pair on a machine that has far more to do than it can."""
import subprocess
from contextlib import contextmanager

from lab import now_us, until

ADVERTS = 200  # ten seconds of the default interval, where nothing is late


@contextmanager
def hogs(folder):
    """Eight that compute, one that writes and syncs, one that fills memory."""
    disk = f"while :; do dd if=/dev/zero of={folder}/hog bs=1M count=100 conv=fsync 2>/dev/null; done"
    memory = "while True:\n b = bytearray(1 << 29)\n b[::4096] = b'x' * len(b[::4096])\n del b"
    words = [["sh", "-c", "while :; do :; done"]] * 8 + [["sh", "-c", disk], ["/usr/bin/python3", "-c", memory]]
    started = [subprocess.Popen(each, start_new_session=True) for each in words]
    try:
        yield
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()


def test_a_busy_machine_moves_nothing(lab, tmp_path):
    n1, n2 = lab.start_pair(link=True)
    before, watch = (n1.transitions(), n2.transitions()), lab.watch(n1)
    prober = lab.probe(every=0.05, kept_every=0.05)
    with hogs(tmp_path):
        heard = n2.instance()["counters"]["advert_rcvd"]
        until(lambda: n2.instance()["counters"]["advert_rcvd"] >= heard + ADVERTS, f"{ADVERTS} adverts", 60)
        prober.wait_for("n1", now_us(), 20, 30)
    assert (n1.transitions(), n2.transitions()) == before and watch.events() == []
    assert [probe.result for probe in prober.stop().failed()] == []
