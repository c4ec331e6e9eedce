#!/usr/bin/python3
"""Statements that hold co_await: no braced initialisers, no capturing lambdas; and no capturing lambda is a coroutine.

g++ 12 destroys such temporaries twice, and a coroutine lambda's captures die with the closure while its frame lives on.
Prints file:line: sentence for each; exit code 1 when there are any. Arguments: files (default: all under src/).
"""
import bisect
import re
import sys
from pathlib import Path

from source_text import ROOT, blanked, sources

TOKEN = re.compile(r"\w+|::|->|[^\s\w]")
AWAITS = {"co_await", "co_yield"}
# After these a brace opens a block; after anything else in an expression it is an initialiser.
BLOCK_WORDS = {"else", "do", "try", "const", "noexcept", "override", "final", "mutable", "constexpr", "default"}
HEADS = {"namespace", "class", "struct", "union", "enum", "extern", "concept"}


class Statement:
    def __init__(self, line):
        self.line, self.first, self.awaits, self.braces, self.captures = line, None, None, [], []
        self.depth, self.trailing = 0, False


class Scanner:
    """Walks the tokens of one file; a block is walked recursively, statement by statement."""

    def __init__(self, text):
        self.tokens = [(m.group(), m.start()) for m in TOKEN.finditer(text)]
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.at, self.found = 0, []

    def line(self):
        return bisect.bisect(self.starts, self.tokens[min(self.at, len(self.tokens) - 1)][1])

    def word(self, offset=0):
        at = self.at + offset
        return self.tokens[at][0] if 0 <= at < len(self.tokens) else ""

    def finish(self, statement):
        if statement.awaits:
            for line in statement.braces:
                self.found.append((line, "braces in a statement that holds co_await: name the value first"))
            for line in statement.captures:
                self.found.append((line, "a capturing lambda in a statement that holds co_await: name it first"))

    def block(self):
        """Walks up to the closing brace (left behind). True when one of its own statements is a coroutine's."""
        coroutine, statement = False, Statement(self.line())
        while self.at < len(self.tokens):
            word = self.word()
            if statement.first is None:
                statement.first, statement.line = word, self.line()
            if word in AWAITS:
                statement.awaits, coroutine = self.line(), True
            elif word == "co_return":
                coroutine = True
            elif word == "->":
                statement.trailing = True
            if word == "}":
                self.at += 1
                break
            if word == ";" and statement.depth == 0:
                self.at += 1
                self.finish(statement)
                statement = Statement(self.line())
            elif word == "[" and self.starts_lambda():
                self.lambda_expression(statement)
            elif word == "{":
                if statement.depth == 0 and self.opens_block(statement):
                    self.at += 1
                    self.finish(statement)
                    coroutine |= self.block()
                    statement = Statement(self.line())
                else:
                    statement.braces.append(self.line())
                    self.at += 1
                    self.initialiser(statement)
            else:
                statement.depth += (word in "([") - (word in ")]")
                self.at += 1
        self.finish(statement)
        return coroutine

    def opens_block(self, statement):
        before = self.word(-1)
        if statement.first in HEADS or statement.first == "{" or before in BLOCK_WORDS or before in (")", ":"):
            return True
        return statement.first in ("template", "inline", "export") or (statement.trailing and not statement.awaits and before not in ("=", ",", "(", "return"))

    def starts_lambda(self):
        before = self.word(-1)
        return self.word(1) != "[" and before != "[" and not re.fullmatch(r"[\w\])>]", before[-1:] or "(") or before in ("return", "co_return", "co_await", "co_yield")

    def initialiser(self, statement):
        """Inside braces of an initialiser, up to its closing brace."""
        while self.at < len(self.tokens) and self.word() != "}":
            if self.word() in AWAITS:
                statement.awaits = self.line()
            if self.word() == "{":
                self.at += 1
                self.initialiser(statement)
            elif self.word() == "[" and self.starts_lambda():
                self.lambda_expression(statement)
            else:
                self.at += 1
        self.at += 1

    def lambda_expression(self, statement):
        line, captures, depth = self.line(), False, 1
        self.at += 1
        while self.at < len(self.tokens) and depth:
            depth += (self.word() == "[") - (self.word() == "]")
            captures |= depth > 0
            self.at += 1
        depth = 0
        while self.at < len(self.tokens) and not (self.word() == "{" and depth == 0):
            if depth == 0 and self.word() in (";", ",", "}", "="):
                return  # an attribute or a subscript after all
            depth += (self.word() in ("(",)) - (self.word() in (")",))
            if depth < 0:
                return
            self.at += 1
        self.at += 1
        if captures:
            statement.captures.append(line)
        if self.block() and captures:
            self.found.append((line, "a capturing lambda that is a coroutine: its captures die with the closure"))


def problems(path):
    scanner = Scanner(blanked(path.read_text(errors="replace")))
    while scanner.at < len(scanner.tokens):
        scanner.block()
    return sorted(set(scanner.found))


def main():
    count = 0
    for path in [Path(a).resolve() for a in sys.argv[1:]] or sources("src", ".cc", ".h"):
        for line, sentence in problems(path):
            shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            print(f"{shown}:{line}: {sentence}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
