# SPDX-License-Identifier: MIT
"""hardened_programs.py HARDENED MACHINE PROGRAM...: the built programs have what -Dhardened promises.
Skips (77) where that is off."""

import re
import subprocess
import sys
from pathlib import Path

# The instruction at which an indirect jump may arrive: ENDBR64 of x86-64, BTI c of arm64.
LANDING_PADS = {"x86_64": b"\xf3\x0f\x1e\xfa", "aarch64": b"\x5f\x24\x03\xd5"}


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *map(str, arguments)], check=True, capture_output=True,
                          text=True).stdout


def complaints(program, machine):
    """What is missing in one file, in words."""
    header, segments = readelf("-h", program), readelf("-l", program)
    dynamic, symbols = readelf("-d", program), readelf("--dyn-syms", program)
    if not re.search(r"Type:\s+DYN", header):
        yield "it has a fixed address"
    if "GNU_RELRO" not in segments:
        yield "its tables of functions stay writable"
    if not re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic):
        yield "functions are bound when they are first called"
    if re.search(r"RPATH|RUNPATH", dynamic):
        yield "libraries are looked for where the build says"
    stack = re.search(r"GNU_STACK(?:\s+0x\w+){5}\s+(\S+)", segments)
    if not stack or "E" in stack.group(1):
        yield "its stack can be executed"
    if re.search(r"LOAD(?:\s+0x\w+){5}\s+RWE", segments):
        yield "it has memory to write and execute"
    if "__stack_chk_fail" not in symbols:
        yield "no function watches its stack"
    if not re.search(r"__\w+_chk\b", symbols.replace("__stack_chk_fail", "")):
        yield "no call of the C library is checked (_FORTIFY_SOURCE)"
    pad = LANDING_PADS.get(machine)
    if pad and Path(program).read_bytes().count(pad) < 50:
        yield "its functions have no landing pads for indirect jumps"


def main():
    hardened, machine, *programs = sys.argv[1:]
    if hardened != "yes":
        print("SKIP this build is not hardened (-Dhardened, or it is sanitized)")
        return 77
    found = [f"{program}: {complaint}"
             for program in programs for complaint in complaints(program, machine)]
    print("\n".join(found) or f"{len(programs)} programs and libraries")
    return 1 if found else 0


sys.exit(main())
