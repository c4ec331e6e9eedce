#!/usr/bin/python3
"""Builds and runs the tests; the last line is `N passed, N failed`.

    run_tests.py [part] [pattern]     part: all, unit, threads, blackbox, behaviour, fuzz

Counted are GoogleTest cases (address and undefined sanitizers; TLS and HTTP/2 under the thread sanitizer, too), pytest tests and replayed exchanges (both against
build/release/tandem), and fuzz targets. A build that fails, or a part that cannot run, counts as one failure.
"""
import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/tandem"
JOBS = os.cpu_count() or 2
UNIT_SECONDS = 600  # a test program that needs longer hangs
SANITIZER = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "ASAN_SYMBOLIZER_PATH": shutil.which("llvm-symbolizer-19") or "",
}


class Part:
    """What one part of the tests came to."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def fail(self, sentence):
        self.failed += 1
        print(f"{self.name}: FAILED: {sentence}", flush=True)
        return self


def build(preset, *targets):
    """True when `./dev build preset` succeeded."""
    return subprocess.run([ROOT / "dev", "build", preset, *targets], stdin=subprocess.DEVNULL, check=False).returncode == 0


def run_unit_program(command, pattern):
    """Runs one GoogleTest program: (passed, failed, what to show)."""
    if pattern:
        command = command + [f"--gtest_filter=*{pattern}*"]
    try:
        done = subprocess.run(command, cwd=ROOT, env=os.environ | SANITIZER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=UNIT_SECONDS, check=False)
        text, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        text, code = (late.stdout or b"").decode(errors="replace") + f"\nended after {UNIT_SECONDS} s", -1
    # Counted from the text, so that the cases before a crash count and the one that crashed is a failure.
    begun = len(re.findall(r"^\[ RUN      \]", text, re.M))
    passed = len(re.findall(r"^\[       OK \]", text, re.M))
    skipped = len(re.findall(r"^\[  SKIPPED \] \S+ \(", text, re.M))
    failed = begun - passed - skipped
    if code != 0 and failed == 0:
        failed = 1  # a leak, or a crash outside the cases
    return passed, failed, text if failed else ""


def unit(args):
    part = Part("unit")
    if not build("asan"):
        return part.fail("the asan build failed")
    listed = subprocess.run(["ctest", "--test-dir", ROOT / "build/asan", "--show-only=json-v1"], capture_output=True, text=True, check=False)
    tests = [t["command"] for t in json.loads(listed.stdout)["tests"] if t.get("command")] if listed.returncode == 0 else []
    if not tests:
        return part.fail("no test programs")
    with ThreadPoolExecutor(JOBS) as pool:
        for command, (passed, failed, text) in zip(tests, pool.map(lambda c: run_unit_program(c, args.pattern), tests)):
            part.passed += passed
            part.failed += failed
            if failed:
                print("\n".join(line for line in text.splitlines() if not re.match(r"\[( RUN      |       OK |-+)\]", line)))
            if passed or failed:
                print(f"unit: {Path(command[0]).name}: {passed} passed, {failed} failed", flush=True)
    return part


def threads(args):
    """What cores share of TLS and HTTP/2, under the thread sanitizer; all programs would take CI too long."""
    part = Part("threads")
    programs = ("engine_tls_test", "protocol_http2_test")
    if not build("tsan", *programs):
        return part.fail("the tsan build failed")
    for name in programs:
        passed, failed, text = run_unit_program([ROOT / "build/tsan/src" / name], args.pattern)
        part.passed += passed
        part.failed += failed
        if failed:
            print(text)
        print(f"threads: {name}: {passed} passed, {failed} failed", flush=True)
    return part


def blackbox(args):
    part = Part("blackbox")
    if not build("release") or not PROGRAM.exists():
        return part.fail("there is no build/release/tandem")
    if not list((ROOT / "tests").rglob("test_*.py")):
        print("blackbox: no tests yet")
        return part
    report = ROOT / "build/blackbox.xml"
    report.unlink(missing_ok=True)
    command = ["/usr/bin/python3", "-m", "pytest", "-c", "tests/pytest.ini", "tests", f"--junitxml={report}"]
    code = subprocess.run(command + (["-k", args.pattern] if args.pattern else []), cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                          env=os.environ | {"TANDEM": str(PROGRAM), "PYTHONDONTWRITEBYTECODE": "1"}).returncode
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            part.failed += failed
            part.passed += int(suite.get("tests", 0)) - failed - int(suite.get("skipped", 0))
    if code not in (0, 5) and not part.failed:  # 5: nothing was selected
        part.fail(f"pytest ended with {code}")
    return part


def behaviour(args):
    part = Part("behaviour")
    if not (ROOT.parent / "shared/behaviour/replay.py").exists():
        print("behaviour: ../shared/behaviour is not there; left out")
        return part
    if not build("release") or not PROGRAM.exists():
        return part.fail("there is no build/release/tandem")
    counts = ROOT / "build/behaviour-counts.json"
    counts.unlink(missing_ok=True)
    command = ["/usr/bin/python3", ROOT / "tools/replay_behaviour.py", f"--counts={counts}"]
    subprocess.run(command + ([args.pattern] if args.pattern else []), cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if not counts.exists():
        return part.fail("the replay did not end")
    part.passed, part.failed = json.loads(counts.read_text())
    return part


def run_fuzz_target(name, seconds):
    """One libFuzzer run: its output when it failed. What it finds stays in build/fuzz/found, new inputs in build/fuzz/corpus."""
    grown, found = ROOT / "build/fuzz/corpus" / name, ROOT / "build/fuzz/found"
    grown.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    short = name.removeprefix("fuzz_")
    seeds = [p for p in (ROOT / "fuzz/corpus" / short, ROOT / "fuzz/corpus" / name) if p.is_dir()]
    command = [ROOT / "build/fuzz/fuzz" / name, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               "-print_final_stats=1", f"-artifact_prefix={found}/{name}-"]
    command += [f"-dict={d}" for d in (ROOT / "fuzz" / f"{short}.dict",) if d.exists()]
    try:
        done = subprocess.run([*command, grown, *seeds], env=os.environ | SANITIZER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds + 120, check=False)
        text, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired:
        return "did not end", 0
    units = re.search(r"number_of_executed_units:\s*(\d+)", text)
    return "" if code == 0 else text[-6000:], int(units[1]) if units else 0


def fuzz(args):
    part = Part("fuzz")
    names = sorted(p.stem for p in (ROOT / "fuzz").glob("fuzz_*.cc"))
    names = [n for n in names if not args.pattern or fnmatch.fnmatch(n, f"*{args.pattern}*")]
    if not names:
        print("fuzz: no such targets")
        return part
    if not build("fuzz"):
        return part.fail("the fuzz build failed")
    with ThreadPoolExecutor(JOBS) as pool:
        for name, (text, units) in zip(names, pool.map(lambda n: run_fuzz_target(n, args.seconds), names)):
            print(f"{text}fuzz: {name}: {'FAILED' if text else 'passed'} ({units} inputs)", flush=True)
            part.failed += bool(text)
            part.passed += not text
    return part


PARTS = {"unit": unit, "threads": threads, "blackbox": blackbox, "behaviour": behaviour, "fuzz": fuzz}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", default="all", choices=["all", *PARTS])
    parser.add_argument("pattern", nargs="?", default="", help="only tests whose name holds this")
    parser.add_argument("--seconds", type=int, default=15, help="length of the run of each fuzz target")
    parser.add_argument("--failed-before", type=int, default=0, help="failures to add to the closing line")
    args = parser.parse_intermixed_args()  # `fuzz --seconds=120 http1` as well
    passed, failed, lines = 0, args.failed_before, []
    for name, run in PARTS.items():
        if args.part not in ("all", name):
            continue
        start = time.monotonic()
        try:
            part = run(args)
        except Exception as problem:  # whatever happens in a part, the others run and the closing line is printed
            part = Part(name).fail(repr(problem))
        passed, failed = passed + part.passed, failed + part.failed
        lines.append(f"{name}: {part.passed} passed, {part.failed} failed ({time.monotonic() - start:.0f} s)")
    print("\n" + "\n".join(lines))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
