#!/usr/bin/python3
"""Links in docs/*.md and the README files that lead nowhere: files that do not exist, headings that are not there."""
import re
import sys
from pathlib import Path

from source_text import ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text):
    """Fenced and inline code blanked, so that what it shows is not taken for links."""
    text = re.sub(r"^(```|~~~).*?^\1", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", lambda m: " " * len(m.group()), text)


def anchors(path):
    """The names of a page's headings, as GitHub makes them."""
    text = re.sub(r"^(```|~~~).*?^\1", "", path.read_text(), flags=re.S | re.M)
    return {re.sub(r"[^\w\- ]", "", h.strip().lower().replace("`", "")).replace(" ", "-") for h in re.findall(r"^#+\s+(.*)$", text, re.M)}


def main():
    problems = []
    pages = [*sorted((ROOT / "docs").glob("**/*.md")), *(p for d in ("", "src", "tests", "packaging", "bench", "samples") for p in sorted((ROOT / d).glob("*.md")))]
    for page in pages:
        text = without_code(page.read_text())
        for match in LINK.finditer(text):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            where = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
            if not file.exists():
                problems.append(f"{where}: {target} does not exist")
            elif anchor and Path(file).suffix == ".md" and anchor.lower() not in anchors(file):
                problems.append(f"{where}: {target}: no such heading")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
