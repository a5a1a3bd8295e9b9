# SPDX-License-Identifier: MIT
"""Tests that a page names must exist: tests/COMPLAINTS.md promises one for each complaint."""

import re

PAGE = "tests/COMPLAINTS.md"


def existing(root):
    """The names of all test cases and of all end-to-end tests."""
    names = set()
    for path in (root / "tests").rglob("*.cpp"):
        # A name that is too long for a line is several literals.
        for literals in re.findall(r'TEST_CASE(?:_FIXTURE)?\((?:[\w:]+,)?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)',
                                   path.read_text(encoding="utf-8")):
            names.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)))
    for name in re.findall(r"^  '((?:[^'\\]|\\.)*)': ",
                           (root / "tests/e2e/meson.build").read_text(encoding="utf-8"), re.M):
        names.add(name.replace("\\'", "'"))
    return names


def complaints(root):
    """A line for each name on the page that no test has, and for each row that names none."""
    names = existing(root)
    lines = []
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|") or line.startswith(("|---", "| | complaint")):
            continue
        named = re.findall(r'"([^"]*)"', line)
        if not named:
            lines.append(f"{PAGE}:{number}: this row names no test")
        lines += [f'{PAGE}:{number}: there is no test "{name}"' for name in named
                  if name not in names]
    return lines
