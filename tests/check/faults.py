# SPDX-License-Identifier: MIT
"""tests/FAULTS.md is true: a row that says "mended" names a test that exists, and what
tests/hostile/known_faults.py still excuses is open."""

import ast
import re

import named_tests

PAGE = "tests/FAULTS.md"
HOSTILE = "tests/hostile"


def sentences(root):
    """The scenarios of tests/hostile."""
    found = set()
    for path in (root / HOSTILE).glob("from_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                found.add(node.name.replace("_", " "))
    return found


def excused(root):
    """Numbers of the faults that known_faults.py has."""
    text = (root / HOSTILE / "known_faults.py").read_text(encoding="utf-8")
    return set(re.findall(r'^        \("(\w+)",', text, re.M))


def complaints(root):
    names = named_tests.existing(root) | sentences(root)
    lines, states = [], {}
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        row = re.match(r"\| ([A-Z]\d+) \|", line)
        if not row:
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 5 or not re.match(r"(open|mended|partly)\b", cells[2]):
            lines.append(f"{PAGE}:{number}: expected fault, kind, state, tests, what else")
            continue
        states[row.group(1)] = cells[2]
        tests = re.findall(r'"([^"]*)"', cells[3])
        if cells[2].startswith("mended") and not tests:
            lines.append(f"{PAGE}:{number}: mended, and no test is named")
        lines += [f'{PAGE}:{number}: there is no test "{name}"' for name in tests
                  if name not in names]
    lines += [f"{PAGE}: {fault} is excused in known_faults.py, and not open here"
              for fault in sorted(excused(root))
              if not re.match("open|partly", states.get(fault, ""))]
    return lines
