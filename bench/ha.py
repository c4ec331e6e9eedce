"""A pair of tandems beside a pair of keepalived: how long clients get no answer when something fails or is planned. The laboratory
is that of the tests (tests/lab.py). keepalived's data plane is a tandem too, watched by a check script."""
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import lab as laboratory  # noqa: E402

FOLLOWED_WITHIN = 15  # seconds; later is never
CHECKED = {"weight": 0}  # a failed check is fatal: with the usual -20 nothing would ever move
PEERS = {
    "tandem": None,
    "keepalived v2, 1 s": {"version": 2, "interval": 1, **CHECKED},
    "keepalived v3, 0.1 s": {"version": 3, "interval": 0.1, **CHECKED},
}
SHORT = {"tandem": "tandem", "v2": "keepalived v2, 1 s", "v3": "keepalived v3, 0.1 s"}


def kill_all(node, _):
    node.kill()


def link_down(node, _):
    node.plug(False)


def black_hole(node, _):
    node.reachable(False)


def planned_stop(node, _):
    node.process.terminate()


def proxy_killed(node, _):
    os.kill(node.proxy_pid(), signal.SIGKILL)


def proxy_hung(node, _):
    os.kill(node.proxy_pid(), signal.SIGSTOP)


def fail_back(node, settings):
    start(node, settings, preempt=True)


# name: (title, what happens to n1, seconds between probes, who answers afterwards)
CASES = {
    "kill": ("whole node's programs killed", kill_all, 0.005, "n2"),
    "blackhole": ("black hole, as by a loss of power", black_hole, 0.005, "n2"),
    "linkdown": ("link down", link_down, 0.005, "n2"),
    "proxy-killed": ("data plane killed", proxy_killed, 0.005, "n2"),
    "proxy-hung": ("data plane hung", proxy_hung, 0.005, "n2"),
    "stop": ("planned stop, 1,000 connections/s", planned_stop, 0.001, "n2"),
    "failback": ("fail-back, 1,000 connections/s", fail_back, 0.001, "n1"),
}


def start(node, settings, preempt=False):
    if settings is not None:
        return node.start_keepalived(**settings)
    more = {"preempt": True, "preemptDelay": "200ms"} if preempt else {}
    return node.start_tandem(peerLink=True, **more)


def start_pair(lab, settings):
    start(lab.n1, settings)
    lab.wait_for_master(lab.n1)
    start(lab.n2, settings)
    if settings is None:
        laboratory.until(lambda: all(laboratory.peer_is_up(node.status()) for node in (lab.n1, lab.n2)), "the peer link is up")
        laboratory.until(lambda: lab.n2.instance().get("ready"), "n2 is ready")
    else:
        laboratory.until(lambda: lab.n2.keepalived_is("BACKUP"), "n2 is a backup")


def leave(lab, settings):
    """n1 goes away in order, before it may come back."""
    lab.n1.process.terminate()
    lab.n1.process.wait(laboratory.SECONDS)
    if settings is not None:
        lab.n1.proxy.kill()
        lab.n1.proxy.wait()
    lab.wait_for_master(lab.n2)


def both_held_ms(old, new, since, end):
    """How long the address was on both, until `end`."""
    taken = [moment for moment, what in new.events(since) if what == "added"]
    let_go = [moment for moment, what in old.events(since - 1000) if what == "removed"]
    if not taken:
        return 0.0
    gone = let_go[0] if let_go else end
    return max(0.0, (gone - taken[0]) / 1000) if let_go else float("inf")


def run_once(name, settings):
    """One run in a fresh laboratory: outage and double ownership in ms, failed probes, the kept connection's fate."""
    _, happens, every, answers = CASES[name]
    with tempfile.TemporaryDirectory(prefix="tandem-ha-") as folder, laboratory.Lab(folder) as lab:
        os.chmod(folder, 0o755)  # keepalived's scripts
        start_pair(lab, settings)
        if name == "failback":
            leave(lab, settings)
        prober = lab.probe(every=every, kept_every=0.01)
        watches = [lab.watch(lab.n1), lab.watch(lab.n2)]
        # Any phase of the adverts and of the checks.
        time.sleep(random.uniform(0.3, 2.3 if settings else 0.8))
        at = laboratory.now_us()
        happens(lab.n1, settings)
        never = False
        if settings is None and name == "proxy-killed":
            answers = "n1"  # another process takes its place
            laboratory.until(lambda: lab.n1.proxy_pid(), "another proxy")
            time.sleep(0.5)
        try:
            prober.wait_for(answers, at + 1000, 20, FOLLOWED_WITHIN)
        except laboratory.LabError:
            never = True
        time.sleep(0.5)
        if name == "kill":
            time.sleep(2)  # the lease of the kernel
        prober.stop()
        old, new = watches if answers == "n2" else reversed(watches)
        return {"outage_ms": float("inf") if never else prober.outage_ms(at), "failed": len(prober.failed(at - 100_000)),
                "probes": len(prober.new(at - 100_000)), "kept": prober.kept_is_alive(),
                "both_ms": both_held_ms(old, new, at, laboratory.now_us())}


def figure(value):
    return "never" if value == float("inf") else f"{value:.0f}"


def spread(values):
    return f"{figure(min(values))} / **{figure(statistics.median(values))}** / {figure(max(values))}"


def table(results):
    lines = ["| what happens | pair | runs | outage ms, min / **median** / max | failed probes, worst | on both, worst ms | open connection lives |",
             "|---|---|--:|---|--:|--:|--:|"]
    for name, by_peer in results.items():
        for peer, runs in by_peer.items():
            if not runs:
                continue
            both = max(run["both_ms"] for run in runs)
            lines.append(f"| {CASES[name][0]} | {peer} | {len(runs)} | {spread([run['outage_ms'] for run in runs])} | "
                         f"{max(run['failed'] for run in runs)} | {'for ever' if both == float('inf') else f'{both:.0f}'} | "
                         f"{sum(run['kept'] for run in runs)} of {len(runs)} |")
    return lines


def study(rounds, cases=None, peers=None):
    """All cases with all peers in turn, `rounds` times: {case: {peer: [run]}}. Errors: SystemExit where there is no laboratory."""
    reason = laboratory.missing()
    if reason:
        raise SystemExit(f"bench: {reason}")
    names = cases.split(",") if cases else list(CASES)
    chosen = [SHORT.get(peer, peer) for peer in (peers.split(",") if peers else SHORT)]
    if not laboratory.find("keepalived"):
        print("bench: keepalived is not installed; tandem is measured alone", file=sys.stderr)
        chosen = ["tandem"]
    for name in [name for name in names if name not in CASES] + [peer for peer in chosen if peer not in PEERS]:
        raise SystemExit(f"bench: no such case or peer: {name}; there are {', '.join(CASES)} and {', '.join(SHORT)}")
    results = {name: {peer: [] for peer in chosen} for name in names}
    for number in range(rounds):
        for name in names:
            for peer in chosen:
                try:
                    run = run_once(name, PEERS[peer])
                except laboratory.LabError as error:
                    print(f"bench: {name}, {peer}: {error}", file=sys.stderr, flush=True)
                    continue
                results[name][peer].append(run)
                print(f"{number + 1}/{rounds} {name}, {peer}: {json.dumps(run)}", flush=True)
    return results
