# SPDX-License-Identifier: MIT
"""data/doc/specification.md: each promise has a number or a yes/no, and names tests that exist.

A row is | number | promise | figure | "test", "test", bench "figure" |.
"""

import re

import named_tests

PAGE = "data/doc/specification.md"
FEWEST = 30


def row_complaints(root, names, cells):
    """What is wrong with one row."""
    if len(cells) != 4:
        return [f"{len(cells)} cells instead of number, promise, figure and proof"]
    _, _, figure, proof = cells
    found = []
    if not re.search(r"\d|\b(yes|no)\b", figure):
        found.append("the figure is neither a number nor yes or no")
    named = re.findall(r'(bench )?"([^"]*)"', proof)
    if not named:
        found.append("this promise names no test")
    for bench, name in named:
        if bench and not named_tests.has_figure(root, name):
            found.append(f'no program of tests/bench prints "{name}"')
        elif not bench and name not in names:
            found.append(f'there is no test "{name}"')
    return found


def complaints(root):
    """A line for each promise without a figure, without a test, or with a test that is missing."""
    names = named_tests.existing(root)
    lines, count = [], 0
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        if not re.match(r"\| *\d+ *\|", line):
            continue
        count += 1
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] != str(count):
            lines.append(f"{PAGE}:{number}: this is promise {count}, not {cells[0]}")
        lines += [f"{PAGE}:{number}: {what}" for what in row_complaints(root, names, cells)]
    if count < FEWEST:
        lines.append(f"{PAGE}: {count} promises, fewer than {FEWEST}")
    return lines
