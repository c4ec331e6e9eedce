#!/usr/bin/python3
"""Sizes: .cc <= 600 lines, .h <= 300, a function <= 80 lines and 5 parameters, <= 40 product files in a folder, <= 3 deep.

Functions are found by their braces, so the result is approximate. tools/size_exceptions.txt lists what may be larger:
"path[:function] limit reason", and an entry that is not needed any more fails.
"""
import bisect
import re
import sys

from source_text import ROOT, blanked, sources

LIMITS = {".cc": 600, ".h": 300}
FUNCTION_LINES, PARAMETERS, FILES, DEPTH = 80, 5, 40, 3
NOT_FUNCTIONS = re.compile(r"\b(if|for|while|switch|catch|namespace|class|struct|union|enum|do|else|try|return|requires|concept)\b")
# A macro before a namespace or a type looks like a function's name: what stands last before the brace decides.
TYPE_LAST = re.compile(r"\b(namespace|class|struct|union|enum)\b[^()]*$")
# A constructor's initialiser list up to here: `) : name_`
INITIALISERS = re.compile(r"\)\s*(noexcept(\([^)]*\))?)?\s*:(?!:)")


def exceptions():
    found = {}
    for line in (ROOT / "tools/size_exceptions.txt").read_text().splitlines():
        words = line.split("#")[0].split(None, 2)
        if words:
            assert len(words) == 3, f"size_exceptions.txt: an entry needs name, limit and reason: {line}"
            found[words[0]] = int(words[1])
    return found


def closing(text, at, pair="{}"):
    """Where the bracket that opens at `at` closes."""
    depth = 0
    for match in re.compile("[" + re.escape(pair) + "]").finditer(text, at):
        depth += 1 if match.group() == pair[0] else -1
        if depth == 0:
            return match.start()
    return len(text)


def parameters(head, at):
    """How many parameters stand in the parentheses that open at `at`."""
    text = head[at + 1:closing(head, at, "()")]
    depth, count = 0, 1 if text.strip() not in ("", "void") else 0
    for c in text:
        depth += (c in "(<[{") - (c in ")>]}")
        count += c == "," and depth == 0
    return count


def functions(text):
    """(name, first line, lines, parameters) of each function that has a body; lambdas belong to their function."""
    starts = [0] + [m.end() for m in re.finditer("\n", text)]
    at = begin = 0
    while (match := re.compile(r"[{};]").search(text, at)):
        at = match.end()
        if match.group() != "{":
            begin = at
            continue
        head = text[begin:match.start()]
        name = re.search(r"(operator\s*\S+?|[~\w]+(?:::[~\w]+)*)\s*\(", head)
        if not name or NOT_FUNCTIONS.search(head[:name.end()]) or TYPE_LAST.search(head) or re.search(r"(?<![=!<>])=(?!=)\s*$|(?<!operator)=[^=]*\($", head):
            begin = at  # a class, a namespace, an initialiser: look inside
            continue
        if INITIALISERS.search(head) and re.search(r"[\w>]\s*$", head) and not re.search(r"\b(const|noexcept|override)\s*$", head):
            at = closing(text, match.start()) + 1  # name_{value}: the body comes later
            continue
        end = closing(text, match.start())
        first = begin + len(head) - len(head.lstrip())
        line = bisect.bisect(starts, first)
        yield name.group(1), line, bisect.bisect(starts, end) - line + 1, parameters(head, name.end() - 1)
        at = begin = end + 1


def main():
    allowed = exceptions()
    needed, problems = set(), []

    def judge(key, where, what, size, limit):
        if size <= limit:
            return
        needed.add(key)
        if size > allowed.get(key, limit):
            problems.append(f"{where}: {what} {size}, at most {allowed.get(key, limit)}")

    counts = {}
    for folder in ("src", "fuzz", "bench"):
        for path in sources(folder, ".cc", ".h"):
            name = str(path.relative_to(ROOT))
            raw = path.read_text(errors="replace")
            judge(name, name, "lines:", raw.count("\n"), LIMITS[path.suffix])
            for function, line, lines, count in functions(blanked(raw)):
                judge(f"{name}:{function}", f"{name}:{line}", f"lines of {function}:", lines, FUNCTION_LINES)
                judge(f"{name}:{function}", f"{name}:{line}", f"parameters of {function}:", count, PARAMETERS)
            if not path.stem.endswith("_test"):
                counts[path.parent] = counts.get(path.parent, 0) + 1
    for folder, count in sorted(counts.items()):
        name = str(folder.relative_to(ROOT))
        judge(name, name, "files:", count, FILES)
        judge(name, name, "depth:", len(folder.relative_to(ROOT).parts) - 1, DEPTH)
    problems += [f"tools/size_exceptions.txt: {key} is not needed any more" for key in allowed if key not in needed]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
