#!/usr/bin/python3
"""Floors: a file includes its own folder and lower floors only. The table in src/README.md is the rule.

A folder without a row, a row without a folder (unless it is marked "(later)") and a "(later)" row whose folder exists fail.
"""
import re
import sys

from source_text import ROOT, includes, sources

TABLE = ROOT / "src/README.md"
ROW = re.compile(r"^\|\s*(\d+)\s*\|([^|]+)\|")


def read_table():
    """({folder: floor}, folders marked "(later)")."""
    floors, later = {}, set()
    for line in TABLE.read_text().splitlines():
        row = ROW.match(line)
        for folder, mark in re.findall(r"`([\w/]+)`\s*(\(later\))?", row[2]) if row else []:
            floors[folder] = int(row[1])
            if mark:
                later.add(folder)
    return floors, later


def main():
    floors, later = read_table()
    problems = []
    folders = {str(p.parent.relative_to(ROOT / "src")) for p in sources("src", ".cc", ".h")} - {"."}
    for folder in sorted(folders - floors.keys()):
        problems.append(f"src/{folder}: no row in src/README.md")
    for folder in sorted(floors.keys() - folders - later):
        problems.append(f"src/README.md: there is no folder src/{folder} (mark it (later) until it comes)")
    for folder in sorted(later & folders):
        problems.append(f"src/README.md: src/{folder} is there: remove its (later)")
    for path in sources("src", ".cc", ".h"):
        own = str(path.parent.relative_to(ROOT / "src"))
        if own == ".":
            continue  # main.cc and the precompiled header stand above all floors
        for name, line in includes(path):
            folder = name.rpartition("/")[0]
            where = f"{path.relative_to(ROOT)}:{line}"
            if not (ROOT / "src" / name).exists():
                problems.append(f'{where}: "{name}" does not exist (includes are written from src/)')
            elif folder != own and floors.get(folder, 99) >= floors.get(own, 99):
                problems.append(f"{where}: {own} (floor {floors.get(own)}) must not include {folder} (floor {floors.get(folder)})")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
