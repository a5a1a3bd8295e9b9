#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""liboriel-vdpy's binary interface is the one that was published: abidiff against liboriel-vdpy.abi,
symbols, versions and structs.

    abi.py --library LIBRARY          compares; 77 where abidiff is missing
    abi.py --library LIBRARY --write  writes liboriel-vdpy.abi anew, for a new version of the library
"""

import argparse
import platform
import shutil
import subprocess
import sys
from pathlib import Path

DUMP = Path(__file__).with_name("liboriel-vdpy.abi")
NOT_OURS = DUMP.with_suffix(".suppr")
SKIPPED = 77


def skip(reason):
    print(f"SKIP {reason}")
    sys.exit(SKIPPED)


def write(library):
    # Nothing of where, or of what else, it was compiled.
    subprocess.run(["abidw", "--exported-interfaces-only", "--no-show-locs", "--no-comp-dir-path",
                    "--no-corpus-path", "--out-file", DUMP, library], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if platform.machine() != "x86_64":
        skip("the published interface is that of x86-64, as ACRN is")
    if not shutil.which("abidiff"):
        skip("abidiff is missing: apt-get install abigail-tools")
    if given.write:
        write(given.library)
        return
    done = subprocess.run(["abidiff", "--exported-interfaces-only", "--suppressions", NOT_OURS, DUMP,
                           given.library], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"FAIL abidiff ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
        sys.exit(1)
    print("PASS the interface is the published one")


main()
