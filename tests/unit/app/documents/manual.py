# SPDX-License-Identifier: MIT
"""manual.py SOURCES: man, or else groff, renders the committed manual without a warning. Skips (77)
without both."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

MANUAL = str(Path(sys.argv[1]) / "data/man/oriel.1")


def main():
    if shutil.which("man"):
        command = ["man", "--warnings", "-E", "UTF-8", "-P", "cat", "-l", MANUAL]
    elif shutil.which("groff"):
        command = ["groff", "-man", "-ww", "-Tutf8", MANUAL]
    else:
        print("SKIP there is neither man nor groff")
        return 77
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    print(done.stdout, done.stderr)
    shown = all(word in done.stdout for word in ("--vfio-user", "DESCRIPTION", "COMMANDS OF CTL"))
    return 0 if done.returncode == 0 and not done.stderr and shown else 1


sys.exit(main())
