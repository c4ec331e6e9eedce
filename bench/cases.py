"""The cases: what is asked of each proxy, and what the number is that counts."""
import http.client
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

import measure
import peers as peers_module

MIB = 1024 * 1024


@dataclass
class TrafficCase:
    """The same load on each peer in turn; CPU per request counts."""
    name: str
    title: str
    load: dict
    with_pump: bool = True  # the pump has one upstream connection for each client, which is no floor for new connections
    without: tuple = ()  # peers that cannot do it, or fail at it
    offset: int = 0  # of the listener's port


TRAFFIC = [
    TrafficCase("small64", "small GET, 64 connections", dict(connections=64)),
    TrafficCase("small512", "small GET, 512 connections", dict(connections=512)),
    TrafficCase("new", "new connection for each request", dict(connections=64, mode="new"), with_pump=False),
    TrafficCase("10k", "10 KiB response, 64 connections", dict(connections=64, path="/10k")),
    TrafficCase("1m", "1 MiB response, 16 connections", dict(connections=16, path="/1m")),
    TrafficCase("upload", "1 MiB upload, 16 connections", dict(connections=16, path="/upload", upload=MIB)),
    TrafficCase("websocket", "WebSocket echo of 64 bytes, 64 connections", dict(connections=64, path="/echo", mode="websocket")),
]
SPECIAL = {
    "routers": "many routers against one",
    "idle": "idle connections",
    "memory": "resident memory at start",
    "reload": "configuration changed under load",
    "accesslog": "small GET with the access log",
    "tls-idle": "idle TLS connections",
}


@dataclass
class Settings:
    rounds: int = 5
    seconds: float = 2.0
    routers: int = 10_000
    idle: int = 10_000
    work: str = ""


def median(runs, key):
    found = [run[key] for run in runs if run.get(key) is not None]
    return statistics.median(found) if found else None


def alternate(targets, settings, loads):
    """Rounds of one run for each target in turn, after a warm-up. targets: {name: (process, port)}; loads: {name: options}."""
    results = {name: [] for name in targets}
    for turn in range(settings.rounds + 1):
        for name, (process, port) in targets.items():
            seconds = settings.seconds if turn else min(0.3, settings.seconds)
            result = measure.measure(process, port, seconds=seconds, **loads[name])
            if turn and result:
                results[name].append(result)
    return results


def ratio(results, name, other):
    """Median of the ratios of CPU per request, round by round: noise that lasts longer than a round falls out."""
    pairs = [(a["cpu_us"], b["cpu_us"]) for a, b in zip(results.get(name, []), results.get(other, [])) if b["cpu_us"] > 0]
    return statistics.median(a / b for a, b in pairs) if pairs else None


def summarise(results):
    """One row for each target: medians of the runs and the ratios to the others."""
    rows = {}
    for name, runs in results.items():
        if not runs:
            rows[name] = None
            continue
        row = {key: median(runs, key) for key in ("cpu_us", "rps", "p50_us", "p99_us")}
        row["errors"] = sum(run["errors"] for run in runs)
        row["runs_cpu_us"] = [round(run["cpu_us"], 2) for run in runs]
        for other in ("pump", "nginx", "haproxy", *results):
            row[f"x_{other}"] = ratio(results, name, other)
        rows[name] = row
    return rows


def run_traffic(case, running, settings):
    """running: {name: (process, port)}."""
    targets = {name: (process, port + case.offset) for name, (process, port) in running.items()
               if name not in case.without and (case.with_pump or name != "pump")}
    return summarise(alternate(targets, settings, {name: case.load for name in targets}))


def router_rules(shape, count):
    """`count` routers: distinct hosts, path prefixes on one host, or half of each."""
    hosts = {"hosts": count, "prefixes": 0, "mix": count // 2}[shape]
    prefixes = count - hosts
    rules = [(f"h{i}", f"Host(`h{i}.bench`)") for i in range(hosts)]
    rules += [(f"p{i}", f"Host(`bench.test`) && PathPrefix(`/p{i}/`)") for i in range(prefixes)]
    return rules, {key: value for key, value in (("hosts", hosts), ("prefixes", prefixes)) if value}


def run_routers(peer, settings):
    """The proxy against itself with one router; each shape has the same load on both. {shape: {one, many, ratio}}."""
    answer = {}
    for shape in ("hosts", "prefixes", "mix"):
        rules, spread = router_rules(shape, settings.routers)
        one = two = None
        try:
            one = peer.start(settings.work)
            other = peers_module.Peer(peer.name, peer.program, peer.port + 50, peer.configure)
            two = other.start(settings.work, rules)
            wait_for_answer(other.port, "/p0/small" if shape == "prefixes" else "/small",
                            "bench.test" if shape == "prefixes" else "h0.bench")
            load = dict(connections=64, **spread)
            targets = {"one": (one, peer.port), "many": (two, other.port)}
            results = alternate(targets, settings, {name: load for name in targets})
            rows = summarise(results)
            answer[shape] = {"one": rows["one"], "many": rows["many"], "ratio": ratio(results, "many", "one"),
                             "resident_one": one.resident_bytes(), "resident_many": two.resident_bytes()}
        finally:
            for process in (one, two):
                if process:
                    process.stop()
    return answer


def get_status(port, path, host="bench.test"):
    """The status of one GET; 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def wait_for_answer(port, path, host="bench.test", seconds=10.0):
    """Waits until the path answers 200, that is until a configuration is in force; the seconds it took, or None."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if get_status(port, path, host) == 200:
            return time.monotonic() - begin
        time.sleep(0.01)
    return None


def run_memory(peer, settings):
    """Resident bytes after the start and one request."""
    process = peer.start(settings.work)
    try:
        wait_for_answer(peer.port, "/small")
        return {"resident": process.resident_bytes()}
    finally:
        process.stop()


def run_idle(peer, settings, **load):
    """Resident bytes for each connection that has done one request and waits for its next."""
    process = peer.start(settings.work)
    holder = None
    try:
        measure.run_load(peer.port, connections=64, seconds=0.5, **load)  # buffers and pools that any traffic needs
        before = process.resident_bytes()
        command = measure.load_command(peer.port, mode="idle", connections=settings.idle, seconds=40, **load)
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        numbers = measure.parse(holder.stdout.readline())
        holder.stdout.readline()  # "ready"
        time.sleep(0.5)  # lets it give back what the last requests held
        opened = numbers["open"] if numbers else 0
        if opened < settings.idle * 0.99:
            return {"error": f"only {opened} connections of {settings.idle}"}
        return {"bytes": (process.resident_bytes() - before) / opened, "connections": opened}
    finally:
        if holder:
            holder.stdin.close()
            holder.wait(10)
        process.stop()


ACCESS_LOG = """
accessLog:
  filePath: "{work}/access.log"
  format: json
"""
ALL_HEADERS = """  fields:
    headers:
      defaultMode: keep
"""


def run_access_log(peer, settings):
    """The proxy with the access log (JSON; then with all headers, too) against itself without. {variant: {without, with, ratio}}."""
    answer = {}
    for variant, options in (("JSON", ACCESS_LOG), ("JSON with all headers", ACCESS_LOG + ALL_HEADERS)):
        other = peers_module.Peer(peer.name, peer.program, peer.port + 50, peer.configure, static=options)
        without = logged = None
        try:
            without, logged = peer.start(settings.work), other.start(settings.work)
            for port in (peer.port, other.port):
                wait_for_answer(port, "/small")
            targets = {"without": (without, peer.port), "with": (logged, other.port)}
            results = alternate(targets, settings, {name: dict(connections=64) for name in targets})
            answer[variant] = summarise(results) | {"ratio": ratio(results, "with", "without"),
                                                    "mib": (logged.folder / "access.log").stat().st_size / MIB}
        finally:
            for process in (without, logged):
                if process:
                    process.stop()
    return answer


def generation_rules(number):
    return [("small", "PathPrefix(`/small`)"), ("generation", f"PathPrefix(`/generation{number}/`)")]


def run_reload(peer, settings):
    """The file changes every second under load: failed requests, changes that came into force, CPU of one change among many."""
    process = peer.start(settings.work, generation_rules(0))
    dynamic = process.folder / "dynamic.yml"
    seconds = max(5.0, settings.seconds * settings.rounds)
    changes = []
    try:
        wait_for_answer(peer.port, "/small")
        answer = {}
        loader = threading.Thread(target=lambda: answer.update(
            measure.measure(process, peer.port, connections=64, seconds=seconds) or {}))
        loader.start()
        number = 0
        while loader.is_alive():
            number += 1
            peers_module.replace_file(dynamic, peers_module.dynamic_configuration(generation_rules(number)))
            changes.append(wait_for_answer(peer.port, f"/generation{number}/small", seconds=5))
            loader.join(max(0.0, 1.0 - (changes[-1] or 0)))
    finally:
        process.stop()
    took = [change for change in changes if change is not None]
    return {"requests": answer.get("requests", 0), "errors": answer.get("errors", -1), "changes": len(changes),
            "in_force": len(took), "slowest_ms": max(took, default=0) * 1000, "change_cpu_ms": change_cost(peer, settings)}


def change_cost(peer, settings):
    """CPU milliseconds of one changed router among many, without load: the median of five changes."""
    rules, _ = router_rules("mix", settings.routers)
    process = peer.start(settings.work, rules)
    dynamic = process.folder / "dynamic.yml"
    costs = []
    try:
        wait_for_answer(peer.port, "/small", "h0.bench")
        time.sleep(1)
        for number in range(5):
            changed = rules + [("changed", f"PathPrefix(`/generation{number}/`)")]
            text = peers_module.dynamic_configuration(changed)
            before = process.cpu_seconds()
            peers_module.replace_file(dynamic, text)
            if wait_for_answer(peer.port, f"/generation{number}/small", "generation.bench") is None:
                return None
            time.sleep(0.2)
            costs.append((process.cpu_seconds() - before) * 1000)
        return statistics.median(costs)
    finally:
        process.stop()
