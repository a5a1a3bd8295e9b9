# SPDX-License-Identifier: MIT
"""What holds for all pages: no relative link is dead, the files that they name exist, and the README
is one screen."""

import re
import subprocess

README_LINES = 90
README_CELL = 100


def anchors(text):
    """The names of a page's headings, as GitHub and GitLab make them."""
    found = set()
    for heading in re.findall(r"^#+ +(.*?) *#*$", text, re.M):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.replace(" ", "-"))
    return found


def without_code(text):
    """Links in code are none."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.S | re.M)
    text = re.sub(r"^(?: {4}|\t).*$", "", text, flags=re.M)
    return re.sub(r"`[^`\n]*`", "", text)


def dead_links(root, name):
    """The links of one page that lead nowhere; those to other hosts are not looked at."""
    page = root / name
    lines = []
    for target in re.findall(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)", without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = page if not file else page.parent / file
        if not there.exists():
            lines.append(f"{name}: the link to {target} is dead")
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text(encoding="utf-8")):
            lines.append(f"{name}: {target} has no such heading")
    return lines


def missing_files(root, name):
    """Files of this repository that a page names in `code`, with their folder; FOLDER/FILE stands for any."""
    named = re.findall(r"`((?:backend|wayland|shaders|tests|data)/[\w./@-]*\w\.\w+)`", (root / name).read_text(encoding="utf-8"))
    return [f"{name}: there is no file {file}" for file in sorted(set(named))
            if not (root / file).exists() and not re.search(r"\b(FOLDER|FILE)", file)]


def readme_complaints(root):
    lines = (root / "README.md").read_text(encoding="utf-8").splitlines()
    found = [] if len(lines) <= README_LINES else [f"README.md: {len(lines)} lines, more than {README_LINES}"]
    for number, line in enumerate(lines, 1):
        if line.startswith("|") and any(len(cell.strip()) > README_CELL for cell in line.strip("|").split("|")):
            found.append(f"README.md:{number}: a cell of more than {README_CELL} characters")
    return found


def complaints(root):
    """A line for each dead link, each file that is gone, and for what makes the README more than one screen."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            cwd=root, capture_output=True, text=True, check=True).stdout
    lines = readme_complaints(root)
    for name in listed.splitlines():
        if (root / name).exists():
            lines += dead_links(root, name) + missing_files(root, name)
    return lines
