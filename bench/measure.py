"""Starting pinned processes, reading what they cost from /proc, and driving the load generator.

The proxy under test runs on core 0; backend and load generator share core 1. All traffic stays on 127.0.0.0/8.
"""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build" / "bench"
PROXY_CORE, LOAD_CORE = "0", "1"
BACKEND_PORT = 28000


def build():
    """Builds load, backend and the pumps into build/bench."""
    compiler = shutil.which("clang++-19") or shutil.which("clang++") or "c++"
    if not (BUILD / "build.ninja").exists():
        configure = ["cmake", "-S", BENCH, "-B", BUILD, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}"]
        subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "-j2"], check=True, stdout=subprocess.DEVNULL)


def raise_descriptor_limit():
    """10,000 idle connections need as many descriptors in one process, HAProxy wants 2.5 for each it may have. Children inherit
    the limit; what it became is returned."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (131072, 65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return wanted
        except (OSError, ValueError):
            continue
    return hard


def wait_for_port(port, seconds=10.0, process=None):
    """True as soon as something accepts on the port; False when the time is over or the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (process is None or process.running()):
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


class Process:
    """A pinned program with its children, in a process group of its own; `log` is what it printed."""

    def __init__(self, command, core, log, env=None):
        self.log = Path(log)
        with open(self.log, "wb") as output:
            self.child = subprocess.Popen(
                ["taskset", "-c", core, *map(str, command)], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, **(env or {})})

    def pids(self):
        """The process and all that descend from it."""
        found, queue = [], [self.child.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    queue += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
            except OSError:
                pass
        return found

    def cpu_seconds(self):
        """CPU time, user and system, of all threads of all processes (schedstat: nanoseconds, exact once they sleep)."""
        total = 0
        for pid in self.pids():
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
            except OSError:
                pass
        return total / 1e9

    def resident_bytes(self):
        """Resident memory of all its processes together (VmRSS)."""
        total = 0
        for pid in self.pids():
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
        return total

    def running(self):
        return self.child.poll() is None

    def stop(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, sig)
            except ProcessLookupError:
                pass
            try:
                self.child.wait(3)
            except subprocess.TimeoutExpired:
                continue
            if sig == signal.SIGTERM:
                time.sleep(0.05)
        self.child.wait(3)


def load_command(port, **options):
    command = ["taskset", "-c", LOAD_CORE, str(BUILD / "load"), "--port", str(port)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    return command


def parse(line):
    """The numbers of a line of the load generator; None when it is none."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def h2load_command(port, work, options):
    """h2load over TLS: for --seconds, or `count` requests. `body` names a file in `work`."""
    amount = ["-n", options["count"]] if "count" in options else ["-D", max(1, round(options["seconds"]))]
    command = ["taskset", "-c", LOAD_CORE, "h2load", "-c", options["connections"], "-m", options["streams"], *amount]
    for header in options.get("headers", ()):
        command += ["-H", header]
    if "body" in options:
        command += ["-d", Path(work) / options["body"]]
    return list(map(str, [*command, f"https://127.0.0.1:{port}{options['path']}"]))


def run_h2load(port, work, options):
    """As run_load(), with h2load, which gives no percentiles."""
    done = subprocess.run(h2load_command(port, work, options), capture_output=True, text=True, timeout=120)
    counts = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored", done.stdout)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
    if not counts or not rate:
        return None
    return {"requests": int(counts.group(3)), "errors": int(counts.group(4)) + int(counts.group(5)), "rps": float(rate.group(1)),
            "p50_us": None, "p99_us": None}


def run_load(port, **options):
    """One bounded run; the load generator's JSON, or None when it could not do a single request."""
    limit = float(options.get("seconds", 2)) + 30
    try:
        done = subprocess.run(load_command(port, **options), capture_output=True, text=True, timeout=limit)
        return parse(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        return None


def measure(process, port, **options):
    """One run of the load against `process`: the load's numbers and `cpu_us`, microseconds of CPU for each request."""
    before = process.cpu_seconds()
    tool = options.pop("tool", "load")
    result = run_h2load(port, process.folder.parent, options) if tool == "h2load" else run_load(port, **options)
    if result is None or result["requests"] == 0:
        return None
    time.sleep(0.05)  # lets it close what the load left behind, and sleep, so that its schedstat is exact
    result["cpu_us"] = (process.cpu_seconds() - before) * 1e6 / result["requests"]
    return result


def start_backend(work):
    backend = Process([BUILD / "backend", BACKEND_PORT], LOAD_CORE, Path(work) / "backend.log")
    if not wait_for_port(BACKEND_PORT):
        backend.stop()
        raise SystemExit(f"bench: the backend does not listen on {BACKEND_PORT}: " + (Path(work) / "backend.log").read_text())
    return backend
