# SPDX-License-Identifier: MIT
"""clang-tidy over the program's sources, remembering what passed.

Not over the tests: the analyzer reports what doctest's macros do, wherever they are used.

A file that passed is not checked again until it, a header of ours that it includes, its compile
command, .clang-tidy or clang-tidy itself changes: their hash is the name of a stamp in the cache
folder. What has changed itself is checked first, as long as ./check may take. The rest (a header
that it includes has changed, or nothing is cached) follows as far as the time allows, and what is
left is told and counted as skipped; the next run goes on there.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from cache_folder import cache_folder  # noqa: E402

CHECKED = ("backend", "wayland", "shaders")
# At most this long for files that haven't changed themselves. A file takes 4 to 10 s.
SECONDS = int(os.environ.get("ORIEL_TIDY_SECONDS") or 600)


def generated(build):
    """What the build makes before it compiles: headers of protocols, of shaders, of the version."""
    output = subprocess.run(["ninja", "-C", str(build), "-t", "targets", "rule", "CUSTOM_COMMAND"],
                            capture_output=True, text=True, check=True).stdout
    return [name for name in output.splitlines() if name.endswith((".h", ".inc"))]


class Includes:
    """The files of ours that a source includes, directly or not. What #if leaves out counts too."""

    def __init__(self, root):
        self._root = root
        self._direct = {}

    def _named_in(self, path):
        if path not in self._direct:
            self._direct[path] = re.findall(r'^#\s*include "([^"]+)"', path.read_text(errors="replace"),
                                            re.M)
        return self._direct[path]

    def of(self, source, folders):
        found, waiting = {source}, [source]
        while waiting:
            path = waiting.pop()
            for name in self._named_in(path):
                at = next((folder / name for folder in (path.parent, *folders)
                           if (folder / name).is_file()), None)
                at = at and at.resolve()
                if at and at not in found and at.is_relative_to(self._root):
                    found.add(at)
                    waiting.append(at)
        return sorted(found)


def include_folders(build, command):
    return [build / word[2:] for word in command.split() if word.startswith("-I")]


def own_name(stamps, root, source):
    """Where the cache remembers what a source itself was like when it passed last."""
    return stamps / ("own-" + hashlib.sha256(str(source.relative_to(root)).encode()).hexdigest())


def own_hash(source):
    """What a source and its own header are like."""
    digest = hashlib.sha256(source.read_bytes())
    header = source.with_suffix(".h")
    digest.update(header.read_bytes() if header.exists() else b"")
    return digest.hexdigest()


def rank(stamps, root, source):
    """0: it has changed since it passed; 1: never seen; 2: only what it includes has changed."""
    known = own_name(stamps, root, source)
    if not known.exists():
        return 1
    return 2 if known.read_text(encoding="ascii") == own_hash(source) else 0


def check(root, build, progress_seconds, seconds, most_seconds):
    """Returns how many files were checked and passed, how many were known to pass, how many were
    left for another time, and complaints. Files that have not changed themselves are given
    `seconds`, all together `most_seconds`."""
    build = build.resolve()
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True,
                             check=True).stdout
    common = (version + (root / ".clang-tidy").read_text()).encode()
    includes = Includes(root)
    stamps = cache_folder() / "tidy"
    stamps.mkdir(exist_ok=True)
    known, todo = 0, []
    commands = json.loads((build / "compile_commands.json").read_text())
    for entry in commands:
        source = (build / entry["file"]).resolve()
        if not any(source.is_relative_to(root / folder) for folder in CHECKED):
            continue
        digest = hashlib.sha256(common + entry["command"].replace(str(root), "").encode())
        for path in includes.of(source, include_folders(build, entry["command"])):
            digest.update(path.read_bytes())
        stamp = stamps / digest.hexdigest()
        if stamp.exists():
            known += 1
        else:
            todo.append((source, stamp))

    begin = time.monotonic()
    todo = sorted((rank(stamps, root, source), source, stamp) for source, stamp in todo)
    left = []

    def one(job):
        importance, source, stamp = job
        if time.monotonic() - begin > (seconds if importance > 0 else most_seconds):
            left.append(source)
            return None
        # -Wno-error: a compiler's warning is a complaint as any other, not the end of the look.
        arguments = ["clang-tidy", "--quiet", "--warnings-as-errors=*", "-p", str(build),
                     "--extra-arg=-Wno-error", str(source)]
        result = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False)
        if result.returncode == 0:
            stamp.touch()
            own_name(stamps, root, source).write_text(own_hash(source), encoding="ascii")
            return None
        return f"{source.relative_to(root)}:\n{result.stdout.strip() or result.stderr.strip()}"

    complaints = []
    shown = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done, complaint in enumerate(pool.map(one, todo), 1):
            if complaint:
                complaints.append(complaint)
            if time.monotonic() - shown > progress_seconds:
                print(f"      [{done}/{len(todo)}]", flush=True)
                shown = time.monotonic()
    return len(todo) - len(complaints) - len(left), known, len(left), complaints
