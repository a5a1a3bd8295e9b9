# SPDX-License-Identifier: MIT
"""manual.py SOURCES: man, or else groff, renders the committed manuals without a warning. Skips (77)
without both."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

MANUALS = sorted((Path(sys.argv[1]) / "data/man").glob("*.1"))
# What is in each page, and what is in that of the whole program.
WORDS, MORE_WORDS = ("DESCRIPTION", "SYNOPSIS"), ("--vfio-user", "COMMANDS OF CTL")


def renders(command, manual):
    done = subprocess.run([*command, str(manual)], capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    shown = all(word in done.stdout for word in WORDS + (MORE_WORDS if manual.stem == "oriel" else ()))
    good = done.returncode == 0 and not done.stderr and shown
    if not good:
        print(manual, done.stdout, done.stderr)
    return good


def main():
    if shutil.which("man"):
        command = ["man", "--warnings", "-E", "UTF-8", "-P", "cat", "-l"]
    elif shutil.which("groff"):
        command = ["groff", "-man", "-ww", "-Tutf8"]
    else:
        print("SKIP there is neither man nor groff")
        return 77
    return 0 if len(MANUALS) > 1 and all(renders(command, manual) for manual in MANUALS) else 1


sys.exit(main())
