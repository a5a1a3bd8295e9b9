# SPDX-License-Identifier: MIT
"""Two builds of one commit have the same bytes: reproducible.py. Takes two builds' time.

The second build is in a folder of another length, with another clock, time zone, language and user's
mask, and without a cache. The files that would be installed are compared.
"""

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIED = ({"TZ": "UTC", "LC_ALL": "C.UTF-8"}, {"TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/nonexistent"})


def build(folder, environment, umask):
    source = folder / "oriel"
    steps = (["git", "clone", "-q", str(ROOT), str(source)],
             ["meson", "setup", "--prefix=/usr", "-Dtests=false", "-Dbench=disabled", "-Dunity=on",
              "-Dunity_size=10", "build"],
             ["ninja", "-C", "build"],
             ["meson", "install", "-C", "build", "--no-rebuild", "--destdir", str(folder / "installed")])
    for number, step in enumerate(steps):
        done = subprocess.run(step, cwd=source if number else folder, check=False, umask=umask,
                              capture_output=True, text=True,
                              env={**os.environ, "CCACHE_DISABLE": "1", **environment})
        if done.returncode:
            sys.exit(f"{' '.join(step)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return folder / "installed"


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def main():
    with tempfile.TemporaryDirectory(prefix="oriel-build-") as temporary:
        first, second = Path(temporary) / "a", Path(temporary) / "another-one"
        first.mkdir()
        second.mkdir()
        trees = [build(first, VARIED[0], 0o022), build(second, VARIED[1], 0o077)]
        if files(trees[0]) != files(trees[1]):
            sys.exit(f"only one has: {sorted(map(str, files(trees[0]) ^ files(trees[1])))}")
        other = [str(name) for name in sorted(files(trees[0]))
                 if not filecmp.cmp(trees[0] / name, trees[1] / name, shallow=False)]
        if other and len(sys.argv) == 2:
            for tree, side in zip(trees, "ab"):
                shutil.copytree(tree, Path(sys.argv[1]) / side)
        print(f"differ: {', '.join(other)}" if other else f"{len(files(trees[0]))} files are the same")
        sys.exit(1 if other else 0)


main()
