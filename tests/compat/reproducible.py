#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two builds of one commit have the same bytes, as root:

    tests/compat/reproducible.py [SUITE [COMMIT]]

The packages of the commit (the last one) are made in two fresh roots of SUITE (bookworm): the second time in a folder of another
length, by another user with another umask, on a host of another name, 400 days later, in another time zone and language,
and without a compiler's cache. Takes a build's time, and another one where packages.py has not made the first.
"""

import filecmp
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import debian_packages  # noqa: E402
from fresh_root import RootFailed, run  # noqa: E402

OTHER = debian_packages.Surroundings(
    "/home/somebody-else/a folder of another length/source".replace(" ", "-"), "1234:/home/somebody-else", "077",
    "another-host", ("TZ=JST-9", "LANG=C", "LC_ALL=C", "USER=somebody-else"), clock="+400d")


def say(text):
    print(text, flush=True)


def unpacked(package, folder):
    """The files of a package, its description with it."""
    run("dpkg-deb", "-R", package, folder)
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def where_they_differ(first, second, work):
    """The names of a package's files that differ, or are in one only; of two packages with the same files, their own."""
    sides = [unpacked(package, work / f"{package.stem}-{side}") for side, package in enumerate((first, second))]
    names = [str(name) for name in sorted(sides[0].keys() | sides[1].keys())
             if name not in sides[0] or name not in sides[1]
             or not filecmp.cmp(sides[0][name], sides[1][name], shallow=False)]
    return names or ["the order, modes or times of its files"]


def compare(first, second, work):
    """What differs, a line each."""
    ours, theirs = {path.name: path for path in first}, {path.name: path for path in second}
    lines = [f"only once: {name}" for name in sorted(ours.keys() ^ theirs.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        if not filecmp.cmp(ours[name], theirs[name], shallow=False):
            lines.append(f"{name}: {', '.join(where_they_differ(ours[name], theirs[name], work)[:20])}")
    return lines


def main():
    if len(sys.argv) > 3 or sys.argv[1:] and sys.argv[1] not in debian_packages.SUITES:
        sys.exit(__doc__)
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.exit("reproducible: root rights and mmdebstrap are needed")
    suite = sys.argv[1] if sys.argv[1:] else "bookworm"
    # Said once: while the packages are made, somebody may commit.
    commit = debian_packages.commit_id(sys.argv[2] if sys.argv[2:] else "HEAD")
    work = Path(tempfile.mkdtemp(prefix="oriel-reproducible-", dir="/var/tmp"))
    try:
        first = debian_packages.make(suite, commit, work / "first", say)
        # Of the same sources, maybe: the date is in the packages.
        made_of = (debian_packages.kept(suite, commit) / "commit").read_text()
        say("making them once more, with all around it changed")
        folder, _ = debian_packages.build(suite, made_of, work / "second", OTHER)
        lines = compare(first, sorted(folder.glob("*.deb")), work)
        say("\n".join(lines) or f"{len(first)} packages have the same bytes")
        if lines and os.environ.get("ORIEL_KEEP"):
            shutil.copytree(folder, os.environ["ORIEL_KEEP"], ignore=shutil.ignore_patterns("oriel-*[0-9]"))
        return 1 if lines else 0
    except RootFailed as failure:
        print(failure)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
