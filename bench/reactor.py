"""The reactor study: the same byte pump over four ways to wait, run in turn; docs/reactor.md tells question and decision."""
import statistics
import tempfile
from pathlib import Path

import measure

VARIANTS = {
    "pump_level": ["pump_level"],
    "pump_edge": ["pump_edge"],
    "pump_asio read": ["pump_asio", "read"],
    "pump_asio wait": ["pump_asio", "wait"],
    "pump_asio read, no locks": ["pump_asio", "read", "unsafe"],
}


def study(rounds, seconds, connections=64):
    """CPU microseconds per request and requests per second of each variant: {name: [result, …]}."""
    measure.build()
    results = {name: [] for name in VARIANTS}
    processes = []
    with tempfile.TemporaryDirectory() as work:
        backend = measure.start_backend(work)
        try:
            targets = {}
            for index, (name, (program, *rest)) in enumerate(VARIANTS.items()):
                port = 28010 + index
                command = [measure.BUILD / program, port, measure.BACKEND_PORT, *rest]
                process = measure.Process(command, measure.PROXY_CORE, Path(work) / f"{index}.log")
                processes.append(process)
                if not measure.wait_for_port(port):
                    raise SystemExit(f"bench: {name} does not start: {process.log.read_text()}")
                targets[name] = (process, port)
            for turn in range(rounds + 1):
                for name, (process, port) in targets.items():
                    duration = seconds if turn else 0.3  # turn 0 warms up
                    result = measure.measure(process, port, connections=connections, seconds=duration)
                    if turn and result:
                        results[name].append(result)
        finally:
            for process in [*processes, backend]:
                process.stop()
    return results


def table(results):
    """Lines of a Markdown table: medians, and the median of the ratios to pump_edge of the same round."""
    lines = ["| program | CPU µs a request | fastest run | × pump_edge | requests/s | p50 µs | p99 µs |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    edge = [r["cpu_us"] for r in results["pump_edge"]]
    for name, runs in results.items():
        median = lambda key: statistics.median(r[key] for r in runs)
        ratio = statistics.median(r["cpu_us"] / e for r, e in zip(runs, edge))
        lines.append(f"| {name} | {median('cpu_us'):.2f} | {min(r['cpu_us'] for r in runs):.2f} | {ratio:.3f} | "
                     f"{median('rps'):,.0f} | {median('p50_us'):,.0f} | {median('p99_us'):,.0f} |")
    return lines
