#!/usr/bin/python3
"""Replays what Traefik did (../shared/behaviour) against build/release/tandem and judges the differences.

    replay_behaviour.py [pattern]      cases of the areas in tests/behaviour/areas.txt whose path holds pattern

A line of areas.txt names an area, or cases of one with a pattern of file names (`operating/api-*`).
tests/behaviour/exceptions.yml lists the exchanges that may differ: category → "area/case/exchange" → reason. Any other
difference fails, and so does an exception that has become identical. Exchanges that their case marks `differs` (a defect
of Traefik) do not count. A case with something unexpected is tried once more before it counts: its time-outs were
recorded on an idle machine.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT.parent / "shared/behaviour"
LISTS = ROOT / "tests/behaviour"


def read_exceptions(path):
    """{"area/case/exchange": reason}; a name that stands twice, or a reason that is empty, is an error."""
    found, problems = {}, []
    for category, names in (yaml.safe_load(path.read_text()) or {}).items():
        for name, reason in (names or {}).items():
            if name in found:
                problems.append(f"{path.name}: {name} stands twice")
            if not reason:
                problems.append(f"{path.name}: {name} has no reason")
            found[name] = f"{category}: {reason}"
    return found, problems


def replay(program, cases, jobs):
    """{"area/case": {exchange: differences}} for the cases (paths), as replay.py saw them."""
    report = ROOT / "build/behaviour.json"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    done = subprocess.run(["/usr/bin/python3", RECORDED / "replay.py", "check", program, *cases, f"--jobs={jobs}", f"--json={report}"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if not report.exists():
        sys.exit(f"replay.py failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return {str(Path(path).relative_to(RECORDED / "cases").with_suffix("")): seen for path, seen in json.loads(report.read_text()).items()}


def cases_of(areas, pattern):
    """Paths of the cases of `areas` ("AREA" or "AREA/GLOB") whose "area/case" holds the pattern, each once."""
    found = {}
    for line in areas:
        area, _, names = line.partition("/")
        for path in sorted((RECORDED / "cases" / area).glob(f"{names or '*'}.yml")):
            if pattern in f"{area}/{path.stem}":
                found[path] = True
    return list(found)


def excused_by_case(case):
    """Names of the exchanges that the case itself marks `differs`."""
    exchanges = yaml.safe_load((RECORDED / "cases" / f"{case}.yml").read_text()).get("exchanges") or []
    return {x.get("name", f"#{i + 1}") for i, x in enumerate(exchanges) if x.get("differs")}


def surprising(case, seen, exceptions):
    """Exchanges that differ and should not, or the reverse."""
    excused = excused_by_case(case)
    return {name for name, differences in seen.items() if name not in excused and bool(differences) != (f"{case}/{name}" in exceptions)}


def sentence(difference):
    where, want, got = difference
    return f"{where}: want {json.dumps(want, ensure_ascii=False)[:200]}, got {json.dumps(got, ensure_ascii=False)[:200]}"


def judge(results, exceptions):
    """Prints what is unexpected; (passed, failed, listed)."""
    passed = failed = listed = 0
    for case, seen in sorted(results.items()):
        unexpected = surprising(case, seen, exceptions)
        for name, differences in seen.items():
            if name not in unexpected:
                passed += not differences
                listed += bool(differences)
                continue
            failed += 1
            if differences:
                more = f" (+{len(differences) - 1} more)" if len(differences) > 1 else ""
                print(f"{case}/{name}: {sentence(differences[0])}{more}")
            else:
                print(f"{case}/{name}: identical now: remove it from exceptions.yml ({exceptions[f'{case}/{name}']})")
    return passed, failed, listed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--program", default=os.environ.get("TANDEM", ROOT / "build/release/tandem"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--areas", help="comma-separated lines (AREA or AREA/GLOB), instead of tests/behaviour/areas.txt")
    parser.add_argument("--counts", help="write [passed, failed] as JSON to this file")
    parser.add_argument("--list", action="store_true", help="print unlisted differences as lines for exceptions.yml")
    args = parser.parse_args()
    lines = args.areas.split(",") if args.areas else (LISTS / "areas.txt").read_text().splitlines()
    areas = [word for word in (line.split("#")[0].strip() for line in lines) if word]
    cases = cases_of(areas, args.pattern)
    if not cases:
        sys.exit(f"no case fits {args.pattern!r}")
    exceptions, problems = read_exceptions(LISTS / "exceptions.yml")
    results = replay(args.program, cases, args.jobs)
    again = [case for case, seen in results.items() if surprising(case, seen, exceptions)]
    if again and not args.list:
        second = replay(args.program, [RECORDED / "cases" / f"{case}.yml" for case in again], 1)
        for case, seen in second.items():
            if len(surprising(case, seen, exceptions)) < len(surprising(case, results[case], exceptions)):
                print(f"{case}: better at the second try")
                results[case] = seen
    if args.list:
        for case, seen in sorted(results.items()):
            for name in seen:
                if seen[name] and name in surprising(case, seen, exceptions):
                    print(f"  {json.dumps(f'{case}/{name}', ensure_ascii=False)}: {json.dumps(sentence(seen[name][0]), ensure_ascii=False)}")
        return 0
    if not args.pattern and not args.areas:
        known = {f"{case}/{name}" for case, seen in results.items() for name in seen}
        problems += [f"exceptions.yml: there is no exchange {name}" for name in exceptions if name not in known]
    passed, failed, listed = judge(results, exceptions)
    for problem in problems:
        print(problem)
    failed += len(problems)
    print(f"behaviour: {passed} identical, {listed} differ with a reason, {failed} unexpected")
    if args.counts:
        Path(args.counts).write_text(json.dumps([passed, failed]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
