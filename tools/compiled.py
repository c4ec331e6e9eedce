"""For checks that ask the compiler: compile commands of build/check, work in parallel, results kept by content."""
import hashlib
import json
import os
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from source_text import ROOT, with_includes

FOLDER = ROOT / "build/check"
JOBS = os.cpu_count() or 2


def configure():
    """Configures build/check and builds the precompiled header, which the commands refer to."""
    steps = (["cmake", "--preset", "check"], ["cmake", "--build", FOLDER, "--target", "precompiled"])
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, step))} failed:\n{done.stdout[-4000:]}")


def commands():
    """{source: arguments of the compiler, without the source and the output}."""
    found = {}
    for entry in json.loads((FOLDER / "compile_commands.json").read_text()):
        words, kept, skip = shlex.split(entry["command"]), [], False
        for word in words[1:]:
            if skip:
                skip = False
            elif word in ("-o", "-c"):
                skip = True
            else:
                kept.append(word)
        found[Path(entry["file"])] = kept
    return found


def without_precompiled(arguments):
    """The arguments without the precompiled header and what only it needs."""
    kept, at = [], 0
    while at < len(arguments):
        if arguments[at] == "-Xclang" and at + 3 < len(arguments) and arguments[at + 1] in ("-include-pch", "-include"):
            at += 4
            continue
        if arguments[at] not in ("-Winvalid-pch", "-fpch-instantiate-templates"):
            kept.append(arguments[at])
        at += 1
    return kept


def digest(path, *more):
    """A name for the content of the file, of all it includes, and of `more`."""
    name = hashlib.sha256()
    for file in with_includes(path):
        name.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    for text in more:
        name.update(str(text).encode() + b"\0")
    return name.hexdigest()


def run_all(kind, work):
    """Runs `work`, a list of (path, digest, command), in parallel; ({path: output} of those that failed, how many ran).

    What passed once is not run again while its digest stays; failures are always run again.
    """
    passed = FOLDER / "passed" / kind
    passed.mkdir(parents=True, exist_ok=True)
    todo = [item for item in work if not (passed / item[1]).exists()]

    def run(item):
        _, name, command = item
        done = subprocess.run(command, cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode == 0:
            (passed / name).touch()
            return None
        return done.stdout

    with ThreadPoolExecutor(JOBS) as pool:
        outputs = list(pool.map(run, todo))
    return {item[0]: out for item, out in zip(todo, outputs) if out is not None}, len(todo)
