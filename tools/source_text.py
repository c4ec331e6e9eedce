"""What the checks share: where the sources are, their text without comments and strings, and what they include."""
import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LITERAL = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|(?:u8|[uUL])?R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![\w])'(?:\\.|[^'\\\n])+'", re.S)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(folder, *endings):
    """Files below the folder with one of the endings, in order."""
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in endings and p.is_file())


def blanked(text):
    """The text with comments, literals and preprocessor lines turned into spaces; lines stay where they are."""
    def spaces(match):
        kept = re.sub(r"[^\n]", " ", match.group())
        # A literal leaves quotes behind, so that it still reads as an operand.
        return '""' + kept[2:] if match.group()[:1] not in "/#" and len(kept) > 1 else kept
    text = _LITERAL.sub(spaces, text).replace('""', "00")
    return _DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


@functools.lru_cache(maxsize=None)
def includes(path):
    """Paths from src/ that the file includes with quotes, with their line numbers."""
    text = path.read_text(errors="replace")
    return [(m.group(1), text.count("\n", 0, m.start(1)) + 1) for m in _INCLUDE.finditer(text)]


def with_includes(path):
    """The file and all project files that it includes, directly or not."""
    found, waiting = set(), [path]
    while waiting:
        at = waiting.pop()
        if at in found or not at.exists():
            continue
        found.add(at)
        waiting += [ROOT / "src" / name for name, _ in includes(at)]
    return sorted(found)
