#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Precompiles a header beside itself: precompile.py HEADER gcc|clang VERSION COMMAND...

meson.build calls it at configure time. Compilers look for HEADER.gch (gcc) or HEADER.pch (clang)
where -include names HEADER. A file HEADER.gch.sum says to ccache what is in it, so that objects
compiled in one build folder are found from another one (CCACHE_PCH_EXTSUM).
"""

import hashlib
import os
import subprocess
import sys

header, compiler, version, *command = sys.argv[1:]
# A cache would only store it twice.
command = [word for word in command if os.path.basename(word) != "ccache"]
made = header + (".pch" if compiler == "clang" else ".gch")
partial = f"{made}.{os.getpid()}"
arguments = [*command, "-x", "c++-header", header, "-o", partial]
result = subprocess.run(arguments, capture_output=True, text=True, check=False)
if result.returncode:
    sys.exit((result.stderr.strip().splitlines() or ["the compiler failed"])[0])
with open(header, "rb") as file:
    text = file.read()
identity = hashlib.sha256(text + " ".join([version, *command]).encode()).hexdigest()
with open(made + ".sum", "w", encoding="ascii") as file:
    file.write(identity)
os.replace(partial, made)
