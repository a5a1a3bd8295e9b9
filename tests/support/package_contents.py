# SPDX-License-Identifier: MIT
"""What packages bring: their programs are hardened as those of the build are, and the SBOM that is installed
names what they are linked with."""

import json
import platform
import re
import sys
from pathlib import Path

from fresh_root import ROOT, RootFailed, run

# Of every C++ program, and of no pkg-config file's.
TOOLCHAIN = {"c", "gcc_s", "ld-linux-x86-64", "ld-linux-aarch64", "m", "stdc++"}
# Libraries that pkg-config knows by another name.
OTHER_NAMES = {"lzma": "liblzma", "png16": "libpng", "z": "zlib", "seccomp": "libseccomp", "xxhash": "libxxhash",
               "systemd": "libsystemd", "virt": "libvirt", "drm": "libdrm", "decor-0": "libdecor-0", "pixman-1": "pixman-1"}


def programs(folder):
    """ELF programs and shared libraries."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".a":
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def needed(program):
    said = run("readelf", "-W", "-d", program)
    return {re.sub(r"^lib|\.so.*$", "", name) for name in re.findall(r"NEEDED.*\[(.*)\]", said)}


def check(packages, folder):
    for package in packages:
        run("dpkg-deb", "-x", package, folder)
    found = list(programs(folder))
    if not any(path.name == "oriel" for path in found):
        raise RootFailed("no program in the packages")
    run(sys.executable, ROOT / "tests" / "unit" / "app" / "hardened_programs.py", "yes", platform.machine(), *found)
    bill = folder / "usr/share/doc/oriel/oriel.spdx.json"
    if not bill.exists():
        raise RootFailed("no oriel.spdx.json in the packages")
    named = {package["name"] for package in json.loads(bill.read_text())["packages"]}
    libraries = {OTHER_NAMES.get(name, name) for program in found for name in needed(program)} - TOOLCHAIN
    missing = libraries - named
    if missing:
        raise RootFailed(f"oriel.spdx.json does not name {', '.join(sorted(missing))}; it names {sorted(named)}")
