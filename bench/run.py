#!/usr/bin/python3
"""Measures tandem beside a bare byte pump, nginx, HAProxy, nghttpx, h2o, Caddy (and Traefik, if $TRAEFIK names one).

Every proxy is pinned to core 0, backend and load generator to core 1; runs alternate. See docs/benchmarks.md.
"""
import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import cases  # noqa: E402
import ha  # noqa: E402
import measure  # noqa: E402
import peers  # noqa: E402
import reactor  # noqa: E402
import report  # noqa: E402
import secure  # noqa: E402

DOCS = measure.ROOT / "docs"
NAMES = [case.name for case in cases.TRAFFIC + secure.CASES] + list(cases.SPECIAL)
RECONFIGURED = ("traefik", "tandem")  # those that the cases "routers" and "reload" know how to configure


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", help="some of: " + ",".join(NAMES))
    parser.add_argument("--peers", help="some of: pump,nginx,haproxy,nghttpx,h2o,caddy,traefik,tandem")
    parser.add_argument("--rounds", type=int, help="runs of each peer in each case (default 5)")
    parser.add_argument("--seconds", type=float, help="length of one run (default 2; whole ones for HTTP/2)")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 0.5 s, 1,000 routers and idle connections: does it work?")
    parser.add_argument("--tandem", default=os.environ.get("TANDEM", measure.ROOT / "build/release/tandem"), help="the program")
    parser.add_argument("--json", metavar="FILE", help="write all results")
    parser.add_argument("--png", metavar="FILE", default=measure.BUILD / "benchmarks.png", help="the chart")
    parser.add_argument("--write-docs", action="store_true", help="put tables and chart into docs/")
    parser.add_argument("--ha", action="store_true", help="pairs instead: tandem beside keepalived (--peers tandem,v2,v3; docs/pair.md); needs root")
    parser.add_argument("--reactor", action="store_true", help="the reactor study instead (docs/reactor.md)")
    return parser.parse_args()


def chosen(text, all_names, what):
    names = text.split(",") if text else list(all_names)
    unknown = [name for name in names if name not in all_names]
    if unknown:
        raise SystemExit(f"bench: no such {what}: {', '.join(unknown)}; there are {', '.join(all_names)}")
    return [name for name in all_names if name in names]


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else 'an unknown processor'}, {os.cpu_count()} cores, Linux {os.uname().release.split('-')[0]}"


def version_of(peer):
    option = {"nginx": "-v", "haproxy": "-v", "nghttpx": "-v", "h2o": "-v", "caddy": "version", "traefik": "version", "tandem": "version"}.get(peer.name)
    if not option:
        return ""
    done = subprocess.run([peer.program, option], capture_output=True, text=True, timeout=10)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found.group(0) if found else ""


def run_traffic(wanted, found, settings, results):
    """All peers run at once, idle but for the one whose turn it is."""
    if not wanted:
        return
    running = {}
    try:
        for name, peer in found.items():
            try:
                running[name] = (peer.start(settings.work), peer.port)
            except RuntimeError as error:
                results["failures"].append(str(error))
                print(f"bench: {error}", file=sys.stderr)
        for case in wanted:
            rows = cases.run_traffic(case, running, settings)
            results["traffic"][case.name] = rows
            print(report.progress(case, rows), flush=True)
    finally:
        for process, _ in running.values():
            process.stop()


def run_special(names, found, settings, results):
    runs = {"routers": cases.run_routers, "idle": cases.run_idle, "memory": cases.run_memory, "reload": cases.run_reload,
            "accesslog": cases.run_access_log}
    for name, run in runs.items():
        for peer in found.values():
            if name not in names or peer.name == "pump" or (name in ("routers", "reload", "accesslog") and peer.name not in RECONFIGURED):
                continue
            try:
                results[name][peer.name] = run(peer, settings)
                print(f"{cases.SPECIAL[name]}: {peer.name} done", flush=True)
            except RuntimeError as error:
                results["failures"].append(str(error))
                print(f"bench: {error}", file=sys.stderr)


def run_idle_tls(found, settings, results):
    for name, peer in found.items():
        try:
            results["tls-idle"][name] = cases.run_idle(peer, settings, tls="full")
            print(f"{cases.SPECIAL['tls-idle']}: {name} done", flush=True)
        except RuntimeError as error:
            results["failures"].append(str(error))
            print(f"bench: {error}", file=sys.stderr)


def run_cases(arguments, settings):
    found = peers.all_peers(arguments.tandem)
    if "tandem" not in found:
        print(f"bench: {arguments.tandem} is not built; the other proxies are measured alone", file=sys.stderr)
    over_tls = secure.secure_peers(arguments.tandem)
    wanted = chosen(arguments.peers, {**found, **over_tls}, "peer")
    found = {name: peer for name, peer in found.items() if name in wanted}
    over_tls = {name: peer for name, peer in over_tls.items() if name in wanted}
    names = chosen(arguments.cases, NAMES, "case")
    results = {"date": datetime.date.today().isoformat(), "machine": machine(), "rounds": settings.rounds,
               "seconds": settings.seconds, "router_count": settings.routers, "idle_count": settings.idle,
               "versions": {name: version_of(peer) for name, peer in {**found, **over_tls}.items()},
               "traffic": {}, "routers": {}, "idle": {}, "memory": {}, "reload": {}, "accesslog": {}, "tls-idle": {}, "failures": []}
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as work:
        os.chmod(work, 0o755)  # nginx's worker gives up root
        settings.work = work
        secure.make_files(work)
        servers = [measure.start_backend(work), secure.start_calls(work)]
        try:
            run_traffic([case for case in cases.TRAFFIC if case.name in names], found, settings, results)
            run_traffic([case for case in secure.CASES if case.name in names], over_tls, settings, results)
            run_special(names, found, settings, results)
            if "tls-idle" in names:
                run_idle_tls(over_tls, settings, results)
        finally:
            for server in filter(None, servers):
                server.stop()
    return results


def publish(arguments, results):
    text = report.markdown(results)
    print("\n" + report.aligned(text))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")
    if report.chart(results, arguments.png):
        print(f"chart: {arguments.png}")
    if arguments.write_docs:
        picture = "![CPU per request](benchmarks.png)\n\n" if report.chart(results, DOCS / "benchmarks.png") else ""
        report.write_between_marks(DOCS / "benchmarks.md", picture + text)


def run_reactor(arguments):
    rounds, seconds = arguments.rounds or (2 if arguments.quick else 9), arguments.seconds or (0.5 if arguments.quick else 2.0)
    results = reactor.study(rounds, seconds)
    text = f"Measured {datetime.date.today().isoformat()} on {machine()}; {rounds} rounds of {seconds:g} s.\n\n"
    text += "\n".join(reactor.table(results))
    print(report.aligned(text))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")
    if arguments.write_docs:
        report.write_between_marks(DOCS / "reactor.md", text)


def run_ha(arguments):
    results = ha.study(arguments.rounds or (1 if arguments.quick else 5), arguments.cases, arguments.peers)
    text = f"Measured {datetime.date.today().isoformat()} on {machine()}.\n\n" + "\n".join(ha.table(results)) + "\n"
    print("\n" + report.aligned(text))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")
    if arguments.write_docs:
        report.write_between_marks(DOCS / "pair.md", text)


def main():
    arguments = parse_arguments()
    if arguments.ha:
        ha.laboratory.PROGRAM = Path(arguments.tandem).resolve()
        return run_ha(arguments)
    if os.cpu_count() < 2:
        raise SystemExit("bench: two cores are needed: one for the proxy, one for load and backend")
    measure.raise_descriptor_limit()
    measure.build()
    if arguments.reactor:
        return run_reactor(arguments)
    settings = cases.Settings()
    if arguments.quick:
        settings.rounds, settings.seconds, settings.routers, settings.idle = 2, 0.5, 1000, 1000
    settings.rounds = arguments.rounds or settings.rounds
    settings.seconds = arguments.seconds or settings.seconds
    results = run_cases(arguments, settings)
    publish(arguments, results)
    return 1 if results["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
