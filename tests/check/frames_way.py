# SPDX-License-Identifier: MIT
"""Files, functions and constants that pages about the code name must exist.

data/doc/frame.md has tables with rows | step | what happens | `file` | `function` |, and
data/doc/limits.md rows that end with `file:name` or `file: name`.
"""

import re

FRAME = "data/doc/frame.md"
LIMITS = "data/doc/limits.md"


def code_of(text):
    """C++, GLSL or Python without its comments."""
    return re.sub(r"//[^\n]*|/\*.*?\*/|^\s*#(?!\s*(?:include|define))[^\n]*", "", text, flags=re.S | re.M)


def has_function(code, name):
    """Whether a function of this name, `f`, `Class::f` or `Class::Inner::f`, is there: its definition
    outside of the class, or its declaration inside."""
    scope, _, plain = name.rpartition("::")
    if scope and re.search(rf"\b{re.escape(name)}\s*\(", code):
        return True
    owner = scope.rpartition("::")[2]
    if owner and not re.search(rf"\b(?:class|struct)\s+(?:\w+::)*{owner}\b", code):
        return False
    return re.search(rf"\b{re.escape(plain)}\s*\(", code) is not None


def look(root, page, number, file, test, what):
    """The complaints about one place in the code."""
    path = root / file
    if not path.is_file():
        return [f"{page}:{number}: there is no file {file}"]
    if not test(code_of(path.read_text(encoding="utf-8"))):
        return [f"{page}:{number}: there is no {what} in {file}"]
    return []


def frame_complaints(root):
    lines, rows = [], 0
    for number, line in enumerate((root / FRAME).read_text(encoding="utf-8").splitlines(), 1):
        if not re.match(r"\| *\d+ *\|", line):
            continue
        rows += 1
        names = re.findall(r"`([^`]+)`", "|".join(line.split("|")[-3:]))
        if len(names) < 2:
            lines.append(f"{FRAME}:{number}: this step names no file and function")
            continue
        for function in names[1:]:
            lines += look(root, FRAME, number, names[0],
                          lambda code, wanted=function: has_function(code, wanted), f"function {function}()")
    return lines if rows else [f"{FRAME}: no step was found"]


def limit_complaints(root):
    lines, places = [], 0
    for number, line in enumerate((root / LIMITS).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            continue
        for file, name in re.findall(r"`([\w/.-]+\.(?:h|cpp)):\s*([\w:]+)`", line):
            places += 1
            plain = name.rpartition("::")[2]
            lines += look(root, LIMITS, number, file,
                          lambda code, wanted=plain: re.search(rf"\b{wanted}\b", code) is not None, f"{name}")
    return lines if places else [f"{LIMITS}: no place in the code is named"]


def complaints(root):
    """A line for each name of a file, a function or a constant that isn't there (any more)."""
    return frame_complaints(root) + limit_complaints(root)
