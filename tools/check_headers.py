#!/usr/bin/python3
"""Every header under src/ compiles alone, so that whoever includes it needs to know nothing else."""
import sys

import compiled
from source_text import ROOT, sources


def main():
    compiled.configure()
    commands = {path: compiled.without_precompiled(words) for path, words in compiled.commands().items() if path.is_relative_to(ROOT / "src")}
    if not commands:
        return 0
    # A folder's tests are compiled with all that its other files are, and more.
    tests_last = sorted(commands.items(), key=lambda item: (item[0].name.endswith("_test.cc"), item[0]))
    by_folder = {path.parent: words for path, words in tests_last}
    usual = next(iter(by_folder.values()))
    work = []
    for header in sources("src", ".h"):
        words = [*by_folder.get(header.parent, usual), "-fsyntax-only", "-Wno-pragma-once-outside-header", "-Wno-unused-const-variable"]
        work.append((header, compiled.digest(header, *words), ["clang++-19", *words, "-x", "c++", header]))
    failed, ran = compiled.run_all("headers", work)
    for header, output in failed.items():
        print(f"{header.relative_to(ROOT)} does not compile alone:\n{output[:3000]}")
    print(f"{len(work)} headers, {ran} compiled")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
