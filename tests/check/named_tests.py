# SPDX-License-Identifier: MIT
"""Tests that a page names must exist: tests/COMPLAINTS.md promises one for each complaint,
data/doc/specification.md one for each promise (specification.py)."""

import ast
import re

PAGE = "tests/COMPLAINTS.md"
LITERAL = r'"((?:[^"\\]|\\.)*)"'


def existing(root):
    """The names of all tests: doctest's cases, and the tests with real parts and their checks."""
    names = set()
    for path in (root / "tests").rglob("*.cpp"):
        # A name that is too long for a line is several literals.
        for literals in re.findall(r'TEST_CASE(?:_FIXTURE)?\((?:[\w:]+,)?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)',
                                   path.read_text(encoding="utf-8")):
            names.add("".join(re.findall(LITERAL, literals)))
    for file in ("tests/meson.build", "tests/e2e/meson.build", "tests/vm/meson.build", "tests/compat/meson.build"):
        for name in re.findall(r"^  '((?:[^'\\]|\\.)*)': ",
                               (root / file).read_text(encoding="utf-8"), re.M):
            names.add(name.replace("\\'", "'"))
    # What the lab VM reports, check by check.
    checks = re.search(r"^CHECKS = \{(.*?)^\}", (root / "tests/vm/zero_copy.py").read_text(encoding="utf-8"),
                       re.M | re.S)
    names.update(re.findall(LITERAL, checks.group(1)) if checks else [])
    return names


def has_figure(root, name):
    """Whether a program of tests/bench prints a figure with this name."""
    for path in sorted((root / "tests" / "bench").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                # What an f-string computes may be anything.
                pattern = "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+"
                                  for part in node.values)
                if re.search("[a-z]{3}", pattern) and re.fullmatch(pattern, name):
                    return True
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and name in node.value:
                return True
    return False


def long_and_never_run(root):
    """A line for each program that has cases of doctest's suite "long" and is not in the list of those
    whose long cases are a test of their own."""
    lines = []
    for kind in ("unit", "protocol"):
        build = root / "tests" / kind / "meson.build"
        text = build.read_text(encoding="utf-8")
        listed = re.findall(r"'([^']+)'", re.search(r"_tests_with_long = \[(.*?)\]", text).group(1))
        for name, parts in re.findall(r"^  '([\w-]+)': (.*?)(?=^  '|^})", text, re.M | re.S):
            files = [build.parent / file for file in re.findall(r"'([^']+\.cpp)'", parts)]
            if name not in listed and any('test_suite("long")' in file.read_text(encoding="utf-8")
                                          for file in files):
                lines.append(f"tests/{kind}/meson.build: nothing runs the long cases of '{name}'")
    return lines


def complaints(root):
    """A line for each name on the page that no test has, and for each row that names none."""
    names = existing(root)
    lines = long_and_never_run(root)
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|") or line.startswith(("|---", "| | complaint")):
            continue
        named = re.findall(r'"([^"]*)"', line)
        if not named:
            lines.append(f"{PAGE}:{number}: this row names no test")
        lines += [f'{PAGE}:{number}: there is no test "{name}"' for name in named
                  if name not in names]
    return lines
