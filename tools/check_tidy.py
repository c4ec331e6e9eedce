#!/usr/bin/python3
"""clang-tidy-19 with .clang-tidy over the product's .cc files (tests left out); what passed once is not asked again."""
import sys

import compiled
from source_text import ROOT


def main():
    compiled.configure()
    rules = (ROOT / ".clang-tidy").read_text()
    work = []
    for path, words in sorted(compiled.commands().items()):
        if path.is_relative_to(ROOT / "src") and not path.stem.endswith("_test"):
            command = ["clang-tidy-19", "--quiet", "-p", compiled.FOLDER, path]
            work.append((path, compiled.digest(path, rules, *words), command))
    failed, ran = compiled.run_all("tidy", work)
    for output in failed.values():
        print("\n".join(line for line in output.splitlines() if "warnings generated" not in line and "treated as error" not in line))
    print(f"{len(work)} files, {ran} examined")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
