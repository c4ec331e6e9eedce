#!/usr/bin/python3
"""Writes docs/reference/*.md from the described structs of src/config/model/*.h (conventions: src/config/format/described.h).

    tools/write_reference.py            writes the pages
    tools/write_reference.py --check    names the pages that are stale and the options without a meaning; exit code 1

What the pages are is in reference_pages.py, their examples are files in docs/reference/examples."""
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from reference_pages import INDEX, MARK, PAGES  # noqa: E402
from source_text import ROOT  # noqa: E402

MODEL = ROOT / "src/config/model"
PAGES_FOLDER = ROOT / "docs/reference"
EXAMPLES = PAGES_FOLDER / "examples"
INLINE = 8  # a section with so many options or fewer stands in its parent's table
GITHUB_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass
class Member:
    type: str
    name: str
    default: str
    meaning: str


@dataclass
class Struct:
    name: str
    meaning: str
    members: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)  # kNotBuilt, kMayStandAlone…: their texts
    described: list = field(default_factory=list)
    base: str | None = None


# ---- reading headers

TOKEN = re.compile(r'(?P<doc>///<?[^\n]*)|(?P<comment>//[^\n]*)|(?P<text>"(?:\\.|[^"\\])*")|(?P<space>\s+)|(?P<char>.)', re.S)


def statements(body):
    """The statements of a struct's body: (doc comments before, statement, doc comments behind). Bodies of functions end one too."""
    depth, before, current, result = 0, [], "", []
    for token in TOKEN.finditer(body):
        kind, text = token.lastgroup, token.group()
        if kind == "doc":
            if not text.startswith("///<"):
                before.append(text[3:].strip())
            elif result and not current.strip():
                result[-1][2].append(text[4:].strip())
            continue
        if kind == "comment":
            continue
        if kind == "char":
            depth += (text in "{(") - (text in "})")
        if kind == "char" and depth == 0 and (text == ";" or (text == "}" and re.search(r"\)\s*(const)?\s*\{", current))):
            result.append((before, " ".join(current.split()), []))
            before, current = [], ""
        else:
            current += " " if kind == "space" else text
    return result


def read_member(statement):
    """`type name`, `type name = default`, `type name{default}` → Member, or None."""
    match = re.fullmatch(r"(?P<type>[\w:]+(?:<.*?>+)?) (?P<name>\w+)(?: ?= ?(?P<a>.+)| ?(?P<b>\{.*\}))?", statement)
    if not match:
        return None
    default = match["a"] or (match["b"] or "")
    return Member(re.sub(r"\b(std|format|model|tandem)::", "", match["type"]), match["name"].rstrip("_"), default, "")


def read_struct(name, doc, body):
    struct = Struct(name, " ".join(doc))
    for before, statement, behind in statements(body):
        if found := re.match(r"static constexpr std::array (k\w+) ?\{(.*)\}$", statement):
            struct.lists[found[1]] = re.findall(r'"([^"]*)"', found[2])
        elif member := read_member(statement):
            member.meaning = " ".join(behind or before)
            struct.members[member.name] = member
    return struct


def read_headers():
    """All described structs by name."""
    found = {}
    for path in sorted(MODEL.glob("*.h")):
        text = path.read_text()
        for match in re.finditer(r"((?:^///[^\n]*\n)*)^struct (\w+)(?: : (\w+))? \{\n(.*?)^\};\nBOOST_DESCRIBE_STRUCT\(\2, \(\3?\),\s*\(([\w,\s]*)\)\)",
                                 text, re.M | re.S):
            doc = [line[3:].strip() for line in match[1].splitlines()]
            struct = read_struct(match[2], doc, match[4])
            struct.base = match[3]
            struct.described = [name.rstrip("_") for name in re.findall(r"\w+", match[5])]
            found[match[2]] = struct
    for struct in found.values():
        inherit(struct, found)
    return found


def inherit(struct, structs):
    """Puts the members of its base before a struct's own, as the codec does."""
    if struct.base is None:
        return
    base, struct.base = structs[struct.base], None
    inherit(base, structs)
    struct.members = base.members | struct.members
    struct.described = base.described + struct.described
    struct.lists = base.lists | struct.lists


# ---- what users read

TYPES = {"bool": "true or false", "string": "text", "double": "number", "Duration": "duration", "Secret": "secret text", "Value": "anything"}


def inside(type_name):
    """("optional" | "vector" | "map" | "", the type without that)."""
    if match := re.fullmatch(r"(optional|vector)<(.*)>", type_name):
        return match[1], match[2].strip()
    if match := re.fullmatch(r"(?:map<string,|SharedMap<) ?(.*)>", type_name):
        return "map", match[1].strip()
    return "", type_name


def type_text(type_name, structs):
    around, type_name = inside(type_name)
    if type_name in structs:
        name = "section"
    elif re.fullmatch(r"u?int\d*_t|int", type_name):
        name = "whole number"
    else:
        name = TYPES[type_name]
    return {"vector": f"list of {'sections' if name == 'section' else name + 's'}", "map": f"names to {'sections' if name == 'section' else name}"}.get(
        around, name).replace("anythings", "anything").replace("true or falses", "true or false")


UNITS = {"nanoseconds": "ns", "milliseconds": "ms", "seconds": "s", "minutes": "m", "hours": "h"}


def duration_text(default):
    match = re.search(r"(\w+)\((\d+)\)", default)
    return match[2] + UNITS[match[1]] if match else "0s"


def default_text(member, structs):
    """The default as YAML would write it; "absent" where that differs from every value."""
    around, bare = inside(member.type)
    default = member.default.strip()
    if bare in structs:
        return {"": "–", "optional": "absent", "vector": "none", "map": "none"}[around]
    if around == "optional" and not default:
        return "absent"
    if bare == "Duration":
        return f"`{duration_text(default)}`"
    if around in ("vector", "map"):
        items = [item.strip().strip('"') for item in default.strip("{}").split(",")] if default else []
        return f"`[{', '.join(items)}]`" if items else "none"
    if "numeric_limits" in default:
        return f"`{2**63 - 1 - int(default.rpartition('-')[2])}`"
    if bare == "bool":
        return f"`{default or 'false'}`"
    if bare in ("string", "Secret"):
        return f"`{default.strip(chr(34))}`" if default not in ("", '""') else "empty"
    return f"`{default or '0'}`"


def cell(text):
    return text.replace("|", "\\|")


def without_source(text):
    """The sentence without its `(Traefik: …)`: the heading says it already."""
    return re.sub(r"\s*\(Traefik: [^)]*\)", "", text)


class Page:
    """Collects the text of one page."""

    def __init__(self, structs):
        self.structs, self.parts, self.problems, self.waiting, self.examples = structs, [], [], [], set()
        self.options = self.built = 0
        self.missing = []  # paths of options that are not built

    def rows_of(self, struct, path, built):
        """Table rows of a section; what is too large for them is kept for a section of its own."""
        rows = []
        for name in struct.described:
            rows += self.rows_of_member(struct, struct.members[name], (path, built and name not in struct.lists.get("kNotBuilt", [])))
        return rows

    def row_of(self, struct, member, where):
        path, built = where
        name = member.name
        around, bare = inside(member.type)
        meaning = member.meaning
        if not meaning and bare in self.structs:
            meaning = without_source(self.structs[bare].meaning)
        if not meaning:
            self.problems.append(f"{struct.name}.{name} has no meaning")
        if around == "optional" and bare in self.structs and name in struct.lists.get("kMayStandAlone", []):
            meaning += f" `{name}: {{}}` is enough." if self.structs[bare].described else f" Written as `{name}: {{}}`."
        single = struct.lists.get("kSingle", [])
        if name in single[1::2]:
            meaning += f" In labels one element: `{single[single.index(name, 1) - 1]}`."
        self.options += 1
        self.built += built
        if not built:
            self.missing.append(f"{path}.{name}".strip("."))
        return [f"`{path}.{name}`" if path else f"`{name}`", type_text(member.type, self.structs), default_text(member, self.structs), meaning,
                "built" if built else "not built yet"]

    def rows_of_member(self, struct, member, where):
        row = self.row_of(struct, member, where)
        path, built = where
        around, bare = inside(member.type)
        if bare not in self.structs:
            return [row]
        full = f"{path}.{member.name}" if path else member.name
        below = full + {"": "", "optional": "", "vector": "[]", "map": ".NAME"}[around]
        child = self.structs[bare]
        if self.size(child) > INLINE or around == "map":
            row[3] += f" See [below](#{anchor(below)})."
            self.waiting.append((below, child, built))
            return [row]
        return [row, *self.rows_of(child, below, built)]

    def size(self, struct):
        """How many rows a section needs when all stands in one table."""
        total = 0
        for name in struct.described:
            bare = inside(struct.members[name].type)[1]
            total += 1 + (self.size(self.structs[bare]) if bare in self.structs else 0)
        return total

    def section(self, path, struct, where, depth=2):
        """A section with its table, then those that were too large for it. `where`: (its own row, if nobody told it; is it built)"""
        row, built = where
        waiting_before, self.waiting = self.waiting, []
        rows = [*row, *self.rows_of(struct, path, built)]
        self.parts.append(f"{'#' * depth} {path}\n\n{without_source(struct.meaning)}{'' if built else ' **Not built yet.**'}\n")
        self.table(rows)
        self.example(path, False)
        waiting, self.waiting = self.waiting, waiting_before
        for below, child, child_built in waiting:
            self.section(below, child, ([], child_built), min(depth + 1, 4))

    def root_section(self, root, path):
        """A section that stands in no other table: its own row comes first in its table."""
        parent, built = resolve(self.structs, root, parent_of(path))
        name = last_of(path)
        built = built and name not in parent.lists.get("kNotBuilt", [])
        row = self.row_of(parent, member_of(parent, name), (parent_of(path), built))
        self.section(path, self.structs[inside(member_of(parent, name).type)[1]], ([row], built))

    def root_option(self, root, path):
        """The row of one option outside sections."""
        parent, built = resolve(self.structs, root, parent_of(path))
        name = last_of(path)
        return self.row_of(parent, member_of(parent, name), (parent_of(path), built and name not in parent.lists.get("kNotBuilt", [])))

    def table(self, rows):
        self.parts.append("| option | type | default | meaning | state |\n|---|---|---|---|---|\n"
                          + "".join("| " + " | ".join(cell(c) for c in row) + " |\n" for row in rows))

    def example(self, name, required):
        """The example of that name, if there is one."""
        path = EXAMPLES / f"{plain(name)}.yml"
        if path.exists():
            self.parts.append(f"[Example](examples/{path.name}):\n\n```yaml\n{path.read_text().rstrip()}\n```\n")
            self.examples.add(path.name)
        elif required:
            self.problems.append(f"docs/reference/examples/{path.name} does not exist")


def anchor(heading):
    return GITHUB_NOT_IN_ANCHOR.sub("", heading.lower()).replace(" ", "-")


def plain(path):
    """http.middlewares.NAME → http.middlewares; tls.certificates[] → tls.certificates"""
    return path.replace(".NAME", "").replace("[]", "")


def last_of(path):
    return plain(path).rpartition(".")[2]


def parent_of(path):
    """The path without its last key: entryPoints.NAME.http → entryPoints.NAME; entryPoints.NAME → nothing."""
    return path.removesuffix("[]").removesuffix(".NAME").rpartition(".")[0]


def resolve(structs, root, path):
    """The struct at a path such as entryPoints.NAME.http below a root, and whether all on the way is built."""
    struct, built = structs[root], True
    for step in filter(None, plain(path).split(".")):
        built = built and step not in struct.lists.get("kNotBuilt", [])
        struct = structs[inside(member_of(struct, step).type)[1]]
    return struct, built


def member_of(struct, name):
    if name not in struct.members:
        sys.exit(f"tools/reference_pages.py names {name}, which {struct.name} does not have")
    return struct.members[name]


def write_page(page, structs):
    """The page, filled."""
    out = Page(structs)
    out.parts.append(f"<!-- {MARK} -->\n\n# {page.title}\n\n{page.opening.strip()}\n")
    out.example(page.file.removesuffix(".md"), True)
    if page.options:
        out.table([out.root_option(page.root, path) for path in page.options])
    for path in page.sections:
        out.root_section(page.root, path)
    if not out.built:
        out.parts[0] += "\n**Nothing of this is built yet**: it is read and checked, but has no effect.\n"
    return out


def shortest(paths):
    """The paths without those that stand below another one."""
    return [path for path in paths if not any(plain(path).startswith(plain(other) + ".") for other in paths)]


def write_all():
    """({file: text}, problems)"""
    structs = read_headers()
    texts, problems, lines, missing, examples = {}, [], [], [], set()
    for struct in structs.values():
        if unread := set(struct.described) - set(struct.members):
            sys.exit(f"{struct.name}: described, but not found: {' '.join(sorted(unread))}")
    for page in PAGES:
        out = write_page(page, structs)
        texts[page.file] = "\n".join(out.parts)
        problems += [f"{page.file}: {problem}" for problem in out.problems]
        examples |= out.examples
        lines.append(f"| [{page.title}]({page.file}) | {page.about} | {out.options} | {out.built} |\n")
        if out.missing:
            missing.append(f"| [{page.title}]({page.file}) | {' '.join(f'`{path}`' for path in shortest(out.missing))} |\n")
    texts["README.md"] = f"<!-- {MARK} -->\n\n" + INDEX.replace("PAGES", "".join(lines).rstrip()).replace("MISSING", "".join(missing).rstrip())
    problems += [f"docs/reference/examples/{path.name} is on no page" for path in sorted(EXAMPLES.glob("*")) if path.name not in examples]
    return texts, problems + forgotten(structs)


def forgotten(structs):
    """What the roots hold and no page shows."""
    shown = [path for page in PAGES for path in (*page.options, *page.sections)]
    found = []

    def walk(struct, path):
        for name in struct.described:
            full = f"{path}.{name}".strip(".")
            around, bare = inside(struct.members[name].type)
            if any(plain(one) == plain(full) for one in shown):
                continue
            if not any(plain(one).startswith(plain(full) + ".") for one in shown):
                found.append(f"{full} is on no page")
                continue
            walk(structs[bare], full + (".NAME" if around == "map" else ""))
    for root in ("StaticConfiguration", "DynamicConfiguration"):
        walk(structs[root], "")
    return found


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    texts, problems = write_all()
    if sys.argv[1:]:
        problems += [f"docs/reference/{name} is stale: run tools/write_reference.py" for name, text in texts.items()
                     if not (PAGES_FOLDER / name).exists() or (PAGES_FOLDER / name).read_text() != text]
        problems += [f"docs/reference/{path.name} belongs to no page" for path in sorted(PAGES_FOLDER.glob("*.md")) if path.name not in texts]
    else:
        PAGES_FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (PAGES_FOLDER / name).write_text(text)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
