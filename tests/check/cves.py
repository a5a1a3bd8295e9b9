# SPDX-License-Identifier: MIT
"""tests/CVES.md is true: each published vulnerability is there once, and names tests that exist,
or says why it does not apply."""

import re

import faults
import named_tests

PAGE = "tests/CVES.md"
NOT_OURS = "## What does not apply"
NUMBER = r"CVE-\d{4}-\d{4,7}|(QEMU|libkrun)#\d+"


def complaints(root):
    names = named_tests.existing(root) | faults.sentences(root)
    lines, seen, applies = [], set(), True
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            applies = line != NOT_OURS
        if not line.startswith("|") or line.startswith(("| ---", "| CVE |")):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not all(cells) or not re.fullmatch(NUMBER, cells[0]):
            lines.append(f"{PAGE}:{number}: expected one number, what went wrong, "
                         + ("tests" if applies else "why not"))
            continue
        if cells[0] in seen:
            lines.append(f"{PAGE}:{number}: {cells[0]} is there twice")
        seen.add(cells[0])
        tests = re.findall(r'"([^"]*)"', cells[2])
        if applies and not tests:
            lines.append(f"{PAGE}:{number}: this row names no test")
        lines += [f'{PAGE}:{number}: there is no test "{name}"' for name in tests
                  if name not in names]
    return lines
