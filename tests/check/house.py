# SPDX-License-Identifier: MIT
"""The house rules that a script can count, over the program's sources (not the tests), and that scripts can be started.

CONTRIBUTING.md has them with their reasons.
"""

import re
from collections import defaultdict

FOLDERS = ("backend", "wayland", "shaders")
MOST_LINES = 400
LONG_FUNCTION = 50
MOST_LONG_FUNCTIONS = 0.01
MOST_STD_FUNCTIONS = 50
VAGUE_NAMES = ("Events", "Parts", "Known", "Lent", "Early", "Made", "Joined", "Use")
# Two rooms have the same thing, as they see it: a subject's own name is then no riddle.
SAME_NAME = {"protocol", "limits", "stats", "cursor", "message", "presenter", "output", "server"}


def functions(lines):
    """(name line, length) of each function that begins at the left margin, as clang-format leaves
    them: to the line that is a lone closing brace."""
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_~].*[^;]$", line) and not re.match(
                r"(namespace|class|struct|enum|union|using|template|extern|constexpr .*=|static const)\b",
                line):
            start = start or number
        elif line == "}":
            if start:
                yield start, number - start + 1
            start = None
        elif not line or line.startswith(("}", "#", "/")):
            start = None if line.startswith(("};", "}  //", "#")) or not start else start


def comments(text):
    """(line number, text) of each comment's first line."""
    before = False
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"\s*///?\s(.*)", line)
        trailing = re.search(r"\s{2}///?<?\s(.*)", line)
        if found:
            if not before:
                yield number, found.group(1)
            before = True
        else:
            before = False
            if trailing:
                yield number, trailing.group(1)


def scripts_that_do_not_start(root):
    """Scripts that name their program and are not executable: meson's targets start them by name."""
    return [f"{path.relative_to(root)}: begins with #! and is not executable"
            for folder in ("data", "tests") for path in sorted((root / folder).rglob("*"))
            if path.suffix in ("", ".py", ".sh") and path.is_file() and not path.stat().st_mode & 0o100
            and path.open("rb").read(2) == b"#!"]


def complaints(root):
    """A line for each thing that breaks a rule."""
    found, counted, long_ones = scripts_that_do_not_start(root), 0, []
    std_functions, names = 0, defaultdict(set)
    paths = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
             if path.suffix in (".cpp", ".h")]
    for path in paths:
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        if len(lines) > MOST_LINES:
            found.append(f"{name}: {len(lines)} lines, at most {MOST_LINES}")
        for start, length in functions(lines):
            counted += 1
            if length > LONG_FUNCTION:
                long_ones.append(f"{name}:{start} ({length} lines)")
        std_functions += len(re.findall(r"std::function\b", text))
        for vague in VAGUE_NAMES:
            if re.search(rf"\b(?:class|struct|enum class) {vague}\b", text):
                found.append(f"{name}: a type is called {vague}, which says nothing")
        for number, comment in comments(text):
            if re.match(r"Of \w", comment):
                found.append(f"{name}:{number}: a comment begins with \"Of\": write a sentence")
        names[path.name].add("/".join(name.parts[:-1]).replace(f"/include/{path.parent.name}", ""))
    if len(long_ones) > counted * MOST_LONG_FUNCTIONS:
        found.append(f"{len(long_ones)} of {counted} functions are over {LONG_FUNCTION} lines: "
                     + ", ".join(long_ones))
    if std_functions > MOST_STD_FUNCTIONS:
        found.append(f"std::function is used {std_functions} times, at most {MOST_STD_FUNCTIONS}: "
                     "an interface says who is called")
    for name, folders in sorted(names.items()):
        if len(folders) > 1 and name.rsplit(".", 1)[0] not in SAME_NAME:
            found.append(f"{name} is in {', '.join(sorted(folders))}: name each for what it is")
    return found
