#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Precompiles a header beside itself: precompile.py HEADER COMPILER VERSION LEVELS FOR COMMAND...

meson.build calls it at configure time. COMPILER is gcc or clang; LEVELS are the optimisation levels
that targets use ("2,2-pic,0"; pic: for shared libraries). Where -include names HEADER, gcc looks into the folder HEADER.gch and clang
into HEADER.pch for a file that was made with its own options; a target that is not sanitized in a
sanitized build has others, and clang refuses to go on without a file that fits. clang-tidy and
clangd, which read a build of gcc's, need HEADER.pch too: where FOR is "editors" it is made with
clang, if that is installed.

A .sum beside each folder and beside each file in it says to ccache what is in it, so that objects
compiled in one build folder are found from another one (CCACHE_PCH_EXTSUM). ccache looks at one or the
other, and without it at the file itself, which is another one each time it is made.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# `pic: true` and `library_args` in meson.build.
FOR_LIBRARIES = ["-fPIC", "-fno-semantic-interposition"]


def precompile(header, folder, name, level, command):
    """Makes one file in `folder`; returns the compiler's complaint or None."""
    made = f"{folder}/{name}"
    partial = f"{header}.{os.getpid()}.{name}.{os.path.basename(folder)}"
    result = subprocess.run([*command, f"-O{level}", "-x", "c++-header", header, "-o", partial],
                            capture_output=True, text=True, check=False)
    if result.returncode:
        return (result.stderr.strip().splitlines() or ["the compiler failed"])[0]
    os.replace(partial, made)
    return None


def write_sum(path, identity):
    with open(path + ".sum", "w", encoding="ascii") as file:
        file.write(identity.hexdigest())


def main():
    header, compiler, version, levels, wanted_by, *command = sys.argv[1:]
    # A cache would only store it twice.
    command = [word for word in command if os.path.basename(word) != "ccache"]
    sets = [("pch" if compiler == "clang" else "gch", command)]
    clang = shutil.which("clang++")
    if wanted_by == "editors" and compiler == "gcc" and clang and shutil.which("clang-tidy"):
        sets.append(("pch", [clang, *command[1:], "-Wno-unknown-warning-option"]))
    with open(header, "rb") as file:
        text = file.read()
    jobs = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for kind, words in sets:
            folder = f"{header}.{kind}"
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            identity = hashlib.sha256(text + " ".join([version, *words]).encode())
            write_sum(folder, identity)
            first = levels.split(",")[0]
            plain = [word for word in words if not word.startswith("-fsanitize")]
            variants = [(f"O{level}", level.removesuffix("-pic"),
                         [*words, *(FOR_LIBRARIES if level.endswith("-pic") else [])])
                        for level in levels.split(",")]
            if plain != words:
                variants.append((f"O{first}-plain", first, plain))
            for name, level, options in variants:
                identity = hashlib.sha256(text + " ".join([version, level, *options]).encode())
                write_sum(f"{folder}/{name}", identity)
            jobs += [(kind, pool.submit(precompile, header, folder, *variant))
                     for variant in variants]
    wrong = [(kind, job.result()) for kind, job in jobs if job.result()]
    if wrong:
        # A folder without a file that fits would be an error for clang.
        for kind, _ in wrong:
            shutil.rmtree(f"{header}.{kind}", ignore_errors=True)
        if wrong[0][0] == sets[0][0]:
            sys.exit(wrong[0][1])


main()
