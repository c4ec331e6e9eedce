"""A laboratory for pairs: two nodes and a client in network namespaces of their own, joined by a bridge. A node runs tandem, or
keepalived with a tandem beside it; a prober opens new connections through the virtual address and keeps one; `ip monitor` tells
when an address came and went. Needs root. The benchmark and the demonstration use it too.

    n1 (.1) priority 200    n2 (.2) priority 190    client (.9)
        eth0 \\                 | eth0                / eth0
              +---------------- bridge ------------+
"""
import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ.get("TANDEM", ROOT / "build/release/tandem")).resolve()
PROBER = ROOT / "build/ha_prober"
PREFIX = "tandemlab"
NETWORK, NETWORK6 = "192.168.7", "fd00:7:"
VIRTUAL, VIRTUAL6 = f"{NETWORK}.100", f"{NETWORK6}:100"
HOSTS = {"n1": 1, "n2": 2, "client": 9}
SECONDS = 15  # the longest wait for anything


class LabError(Exception):
    """Something did not happen in time, or could not be set up."""


def missing():
    """Why no laboratory can be had here; "" when one can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in ("ip", "bridge", "nft"):
        if not find(program):
            return f"{program} is not installed"
    name = f"{PREFIX}-{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespaces here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=False)
    return ""


def find(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def now_us():
    """CLOCK_REALTIME in microseconds, as the prober has it."""
    return time.time_ns() // 1000


def until(condition, what, seconds=SECONDS):
    """Calls `condition` until it returns something true, and returns that. Errors: LabError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise LabError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def run(*words, check=True, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)
    if check and done.returncode:
        raise LabError(f"{' '.join(map(str, words))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def build_prober():
    source, header = ROOT / "bench/ha_prober.cc", ROOT / "bench/socket.h"
    if PROBER.exists() and PROBER.stat().st_mtime > max(source.stat().st_mtime, header.stat().st_mtime):
        return
    PROBER.parent.mkdir(exist_ok=True)
    compiler = find("clang++-19") or find("clang++") or "c++"
    draft = PROBER.with_suffix(f".{os.getpid()}")
    run(compiler, "-std=c++23", "-O2", "-o", draft, source)
    draft.rename(PROBER)


def remove_leftovers():
    """Namespaces of laboratories whose process is gone (it was killed)."""
    for line in run("ip", "netns", "list", check=False).splitlines():
        found = re.match(rf"({PREFIX}-(\d+)-\S+)", line)
        if found and not Path(f"/proc/{found.group(2)}").exists():
            remove_namespace(found.group(1))


def remove_namespace(name):
    for _ in range(50):
        pids = run("ip", "netns", "pids", name, check=False).split()
        for pid in map(int, pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not pids:
            break
        time.sleep(0.02)
    run("ip", "netns", "del", name, check=False)


class Probe:
    """One request of the prober: `began` and `took` in microseconds."""

    def __init__(self, line):
        kind, began, self.result, self.node, took = line.split()
        self.kept, self.began, self.took = kind == "kept", int(began), int(took)


class Prober:
    """New connections every `every` seconds, and requests on a kept one every `kept_every`, until stop()."""

    def __init__(self, lab, address, every, kept_every, limit):
        self.output = lab.folder / f"probes{lab.count()}"
        with open(self.output, "wb") as output:
            self.process = lab.spawn("client", PROBER, address, 80, int(every * 1e6), int(limit * 1e6), int(kept_every * 1e6),
                                     stdout=output)

    def all(self):
        text = self.output.read_text()
        return [Probe(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def new(self, since=0):
        """New connections in the order they began."""
        return sorted((probe for probe in self.all() if not probe.kept and probe.began >= since), key=lambda probe: probe.began)

    def kept(self, since=0):
        return [probe for probe in self.all() if probe.kept and probe.began >= since]

    def failed(self, since=0):
        return [probe for probe in self.new(since) if probe.result != "ok"]

    def kept_is_alive(self, process_ends=False):
        """Whether no request on the kept connection failed. When its process ends in order, the last request may cross the end
        of the idle connection, as always in HTTP/1 (RFC 9112 §9.5)."""
        results = [probe.result for probe in self.kept()]
        if process_ends and results and results[-1] == "eof":
            results.pop()
        return bool(results) and all(result in ("ok", "closed") for result in results)

    def wait_for(self, node, since=0, count=3, seconds=SECONDS):
        """Waits until so many new connections that began after `since` were answered by this node."""
        until(lambda: sum(probe.node == node for probe in self.new(since)) >= count, f"{count} answers of {node}", seconds)

    def outage_ms(self, since):
        """The longest time between the beginnings of two answered connections, around `since`."""
        good = [probe.began for probe in self.new(since - 500_000) if probe.result == "ok"]
        return max((after - before for before, after in zip(good, good[1:])), default=float("inf")) / 1000

    def stop(self):
        self.process.terminate()
        self.process.wait()
        return self


class AddressWatch:
    """When an address came and went on a node, as the kernel told."""

    def __init__(self, lab, node, address):
        self.output, self.address = lab.folder / f"addresses{lab.count()}", address
        self.held = "added" if node.holds(address) else "removed"
        with open(self.output, "wb") as output:
            self.process = lab.spawn(node.name, "ip", "-ts", "monitor", "address", stdout=output)
        # It says nothing when it is ready. A change of lo, which nobody looks at, shows it.
        def ready():
            run("ip", "-n", lab.namespace(node.name), "address", "replace", "127.0.0.9/8", "dev", "lo")
            return "127.0.0.9" in self.output.read_text()
        until(ready, "ip monitor reports")

    def events(self, since=0):
        """(microseconds, "added" or "removed"); renewals of the lease are left out."""
        events, held = [], self.held
        for line in self.output.read_text().splitlines():
            found = re.match(r"\[(\S+)\] (Deleted )?\d+: (\S+)\s+inet6? (\S+?)/", line)
            if not found or found.group(4) != self.address or found.group(3) == "lo":
                continue
            what = "removed" if found.group(2) else "added"
            if what != held:
                events.append((int(datetime.fromisoformat(found.group(1)).timestamp() * 1e6), what))
            held = what
        return [event for event in events if event[0] >= since]


class Node:
    """One of the two hosts."""

    def __init__(self, lab, name):
        self.lab, self.name, self.folder = lab, name, lab.folder / name
        self.folder.mkdir()
        self.address, self.address6 = f"{NETWORK}.{HOSTS[name]}", f"{NETWORK6}:{HOSTS[name]}"
        self.peer_name = "n2" if name == "n1" else "n1"
        self.peer_address = f"{NETWORK}.{HOSTS[self.peer_name]}"
        self.process = self.proxy = self.backend = None
        self.priority = 200 if name == "n1" else 190
        self.starter = []  # words before the program, which run it as somebody else

    # What runs.

    def write_tandem(self, ha):
        """The configuration of a tandem that names its node in each answer; `ha` None: without that section."""
        static = {
            "log": {"level": "DEBUG"}, "stateDirectory": str(self.folder / "state"), "ping": {}, "api": {"insecure": True},
            "entryPoints": {"web": {"address": ":80"}, "traefik": {"address": "127.0.0.1:8080"}},
            "metrics": {"prometheus": {}}, "providers": {"file": {"filename": str(self.folder / "dynamic.yml")}}}
        if ha is not None:
            static["ha"] = ha
        service = {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:81"}]}}
        dynamic = {"http": {"routers": {"all": {"rule": "PathPrefix(`/`)", "service": "backend", "middlewares": ["node"]}},
                            "services": {"backend": service},
                            "middlewares": {"node": {"headers": {"customResponseHeaders": {"X-Node": self.name}}}}}}
        (self.folder / "dynamic.yml").write_text(yaml.safe_dump(dynamic))
        (self.folder / "static.yml").write_text(yaml.safe_dump(static))

    def spawn_tandem(self):
        with open(self.folder / "log", "ab") as output:
            return self.lab.spawn(self.name, *self.starter, PROGRAM, f"--configFile={self.folder / 'static.yml'}", stdout=output)

    def start_backend(self):
        if self.backend is None:
            with open(self.folder / "backend.log", "ab") as output:
                self.backend = self.lab.spawn(self.name, PROGRAM, "whoami", "--port=81", f"--name={self.name}", stdout=output)

    def start_tandem(self, **ha):
        """Starts (again). Keys of `ha` replace the defaults; those that are None go."""
        section = {"virtualAddresses": [f"{VIRTUAL}/24"], "priority": self.priority, "nodeName": self.name,
                   "track": {"gateway": {"enabled": False}}} | ha
        if section.get("peerLink") is True:
            self.lab.make_keys()
            section["peerLink"] = {"peers": [f"{self.peer_address}:7112"], "certificateDirectory": str(self.folder / "keys")}
        self.start_backend()
        self.write_tandem({key: value for key, value in section.items() if value is not None})
        self.process = self.spawn_tandem()
        return self

    def start_keepalived(self, version=2, interval=1, instance="", weight=None, addresses=None, password="s3cr3tpw", check=(2, 2)):
        """Starts keepalived and, as its data plane, a tandem without `ha`. `weight`: of the check script, None: no script; 0: fatal.
        `check`: its interval and fall. `instance` is added to the instance."""
        self.start_backend()
        self.write_tandem(None)
        self.proxy = self.spawn_tandem()
        script = self.folder / "check.sh"
        script.write_text(f"#!/bin/sh\nexec {PROGRAM} healthcheck --configFile={self.folder / 'static.yml'}\n")
        script.chmod(0o755)
        protocol = f"version {version}\n advert_int {interval}\n"
        if version == 2 and password:
            protocol += f" authentication {{\n auth_type PASS\n auth_pass {password}\n }}\n"
        lines = "\n".join(addresses or [f"{VIRTUAL}/24 dev eth0"])
        track = "" if weight is None else "track_script {\n check\n }"
        (self.folder / "keepalived.conf").write_text(
            f"global_defs {{\n router_id {self.name}\n script_user root\n}}\n"
            f"vrrp_script check {{\n script \"{script}\"\n interval {check[0]}\n timeout 3\n weight {weight or 0}\n fall {check[1]}\n"
            f" rise 2\n}}\n"
            f"vrrp_instance VI {{\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority {self.priority}\n {protocol}"
            f" virtual_ipaddress {{\n {lines}\n }}\n {track}\n {instance}\n}}\n")
        (self.folder / "keepalived.conf").chmod(0o644)
        with open(self.folder / "log", "ab") as output:
            self.process = self.lab.spawn(
                self.name, find("keepalived"), "-n", "-l", "-D", "-P", "-f", self.folder / "keepalived.conf", "-p",
                self.folder / "keepalived.pid", "-r", self.folder / "vrrp.pid", stdout=output)
        return self

    @property
    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def pids(self):
        """All processes of the program, and of keepalived's data plane."""
        roots = [process.pid for process in (self.process, self.proxy) if process is not None and process.poll() is None]
        return roots + [child for root in roots for child in children_of(root)]

    def proxy_pid(self):
        """The process that serves."""
        if self.proxy is not None:
            return self.proxy.pid
        return until(lambda: children_of(self.process.pid), f"a proxy on {self.name}")[0]

    def kill(self):
        """SIGKILL to all of it, as one: none of them sees another one die."""
        self.signal(signal.SIGSTOP)
        self.signal(signal.SIGKILL)
        self.process.wait()

    def signal(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    # What it says.

    def keepalived_is(self, state):
        """Whether keepalived's log names this state last."""
        found = re.findall(r"Entering (\w+) STATE", self.log)
        return bool(found) and found[-1] == state

    def command(self, *words, check=True):
        """tandem ha …: what it prints."""
        return run(PROGRAM, "ha", *words, f"--configFile={self.folder / 'static.yml'}", check=check)

    def status(self):
        """As tandem ha status --json tells; {} while nobody answers."""
        try:
            return json.loads(self.command("status", "--json"))
        except (LabError, ValueError):
            return {}

    def instance(self, number=0):
        instances = self.status().get("instances", [])
        return instances[number] if len(instances) > number else {}

    def state(self):
        return self.instance().get("state", "")

    def transitions(self):
        return self.status().get("transitionCount", 0)

    # The network.

    def holds(self, address=VIRTUAL):
        """Whether the kernel has the address, on any interface but lo (where a node that gave it up drains)."""
        for interface in json.loads(run("ip", "-j", "-n", self.lab.namespace(self.name), "address") or "[]"):
            if interface.get("ifname") == "lo":
                continue
            if any(each.get("local") == address for each in interface.get("addr_info", [])):
                return True
        return False

    def ip(self, *words, check=True):
        return run("ip", "-n", self.lab.namespace(self.name), *words, check=check)

    def block_adverts(self):
        """Drops protocol 112 both ways."""
        chains = (f"add chain inet lab {hook} {{ type filter hook {hook} priority -300; }}\nadd rule inet lab {hook} meta l4proto 112 drop\n"
                  for hook in ("input", "output"))
        run("ip", "netns", "exec", self.lab.namespace(self.name), "nft", "-f", "-", input="add table inet lab\n" + "".join(chains))

    def unblock_adverts(self):
        run("ip", "netns", "exec", self.lab.namespace(self.name), "nft", "delete table inet lab")

    def plug(self, plugged):
        """The carrier, by the switch's port."""
        run("ip", "-n", self.lab.namespace("switch"), "link", "set", f"to-{self.name}", "up" if plugged else "down")

    def reachable(self, reachable):
        """False: the switch drops everything, and the carrier stays."""
        run("ip", "netns", "exec", self.lab.namespace("switch"), "bridge", "link", "set", "dev", f"to-{self.name}", "state",
            3 if reachable else 0)


def children_of(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        pass
    return found


class Lab:
    """The network and what runs in it; close() (or the end of `with`, or of the program) removes everything."""

    made = 0

    def __init__(self, folder):
        missing_part = missing()
        if missing_part:
            raise LabError(missing_part)
        remove_leftovers()
        build_prober()
        Lab.made += 1
        self.name, self.folder, self.counter = f"{PREFIX}-{os.getpid()}-{Lab.made}", Path(folder), 0
        self.processes, self.namespaces = [], []
        atexit.register(self.close)
        try:
            self.make_network()
        except BaseException:
            self.close()
            raise
        self.n1, self.n2 = Node(self, "n1"), Node(self, "n2")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def count(self):
        self.counter += 1
        return self.counter

    def namespace(self, host):
        return f"{self.name}-{host}"

    def make_network(self):
        switch = self.namespace("switch")
        for host in ("switch", *HOSTS):
            run("ip", "netns", "add", self.namespace(host))
            self.namespaces.append(self.namespace(host))
            run("ip", "-n", self.namespace(host), "link", "set", "lo", "up")
        run("ip", "-n", switch, "link", "add", "bridge", "type", "bridge", "stp_state", 0, "forward_delay", 0, "mcast_snooping", 0)
        run("ip", "-n", switch, "link", "set", "bridge", "up")
        for host, number in HOSTS.items():
            namespace = self.namespace(host)
            run("ip", "-n", switch, "link", "add", f"to-{host}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
            run("ip", "-n", switch, "link", "set", f"to-{host}", "master", "bridge", "up")
            run("ip", "netns", "exec", namespace, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")
            run("ip", "-n", namespace, "link", "set", "eth0", "up")
            run("ip", "-n", namespace, "address", "add", f"{NETWORK}.{number}/24", "dev", "eth0")
            run("ip", "-n", namespace, "address", "add", f"{NETWORK6}:{number}/64", "dev", "eth0", "nodad")

    def spawn(self, host, *words, stdout=subprocess.DEVNULL):
        """Starts a program on a host. It dies with this process."""
        command = ["ip", "netns", "exec", self.namespace(host), *map(str, words)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        self.processes.append(process)
        return process

    def make_keys(self):
        """Keys by which the nodes' peer links trust each other."""
        nodes = (self.n1, self.n2)
        if (self.n1.folder / "keys").exists():
            return
        for node in nodes:
            (node.folder / "keys/peers").mkdir(parents=True)
            (node.folder / "keys").chmod(0o700)
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 3650, "-subj",
                f"/CN={node.name}", "-keyout", node.folder / "keys/key.pem", "-out", node.folder / "keys/certificate.pem")
            (node.folder / "keys/key.pem").chmod(0o600)
        for node, other in zip(nodes, reversed(nodes)):
            shutil.copy(other.folder / "keys/certificate.pem", node.folder / f"keys/peers/{other.name}.pem")

    def wait_for_master(self, node, address=VIRTUAL, seconds=SECONDS):
        """Waits until this node holds the address, and the other one does not."""
        other = self.n2 if node is self.n1 else self.n1
        until(lambda: node.holds(address) and not other.holds(address), f"{node.name} alone holds {address}", seconds)
        return node

    def start_pair(self, link=False, **ha):
        """Two tandems; n1 becomes master, n2 is ready to follow it."""
        if link:
            ha["peerLink"] = True
        self.n1.start_tandem(**ha)
        self.wait_for_master(self.n1)
        self.n2.start_tandem(**ha)
        until(lambda: self.n2.instance().get("ready") and self.n2.state() == "BACKUP", "n2 is a ready backup")
        if link:
            until(lambda: all(peer_is_up(node.status()) for node in (self.n1, self.n2)), "the peer link is up")
            until(lambda: peer_state(self.n1.status()) == "BACKUP", "n1 knows that n2 is a backup")
        return self.n1, self.n2

    def probe(self, every=0.01, kept_every=0.02, address=VIRTUAL, limit=0.3):
        prober = Prober(self, address, every, kept_every, limit)
        until(lambda: len(prober.all()) > 5, "the prober runs")
        return prober

    def neighbour(self, address):
        """The MAC address that the client has for it; "" for none."""
        found = json.loads(run("ip", "-j", "-n", self.namespace("client"), "neighbour", "show", "to", address) or "[]")
        return found[0].get("lladdr", "") if found else ""

    def watch(self, node, address=VIRTUAL):
        return AddressWatch(self, node, address)

    def close(self):
        atexit.unregister(self.close)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for namespace in reversed(self.namespaces):
            remove_namespace(namespace)
        for process in self.processes:
            process.wait()
        self.namespaces, self.processes = [], []


def peer_is_up(status):
    return any(peer.get("state") == "up" and peer.get("status") for peer in status.get("peers", []))


def peer_state(status):
    """What the other node said its first instance is; "" before it said anything."""
    for peer in status.get("peers", []):
        for instance in (peer.get("status") or {}).get("instances", []):
            return instance.get("state", "")
    return ""
