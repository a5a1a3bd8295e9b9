#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `oriel test` adds to a test's QEMU: tests of a guest that draws one frame and turns itself off.

usage: trivial_tests.py --build FOLDER [--tests N] [--jobs N] [--rounds N]

Overhead on the clock: what a test takes longer than the QEMU in it runs, from its start to its end, as the shell
script that starts it sees it. Beside that the same QEMU runs bare, with a VGA of its own (without a BIOS) in place of
Oriel's card and input devices, as often and as many at once; the two take turns, N rounds: the difference of both on
the clock and in CPU time has in it what the other devices cost QEMU and its firmware. The guest is
tests/support/bare_guest.c.
"""

import argparse
import json
import os
import platform
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flips import text

ROOT = Path(__file__).resolve().parents[2]
LIMIT_MS = 50
MACHINE = ["-nodefaults", "-machine", "pc", "-m", "16M", "-accel", "tcg"]
SCRIPT = """
timeout = 100
[vm]
qemu = [{qemu}]
[[step]]
wait = {{ colour = "#2040c0" }}
timeout = 60
[[step]]
wait = {{ end = true }}
"""


def cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(action):
    """(s on the clock, s of CPU) of all that it starts."""
    cpu, start = cpu_s(), time.monotonic()
    action()
    return time.monotonic() - start, cpu_s() - cpu


def run_bare(qemu, guest, tests, jobs):
    command = [str(qemu), *MACHINE, "-kernel", str(guest), "-append", "once", "-display", "none",
               "-device", "VGA,romfile=", "-serial", "null", "-snapshot"]
    with ThreadPoolExecutor(jobs) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, check=False, timeout=100).returncode,
                             range(tests)))
    if any(done):
        sys.exit(f"QEMU ended with {max(done)}: {shlex.join(command)}")


def run_tests(oriel, folder, jobs, environment):
    done = subprocess.run([oriel, "test", folder / "scripts", "-j", str(jobs), "--output", folder / "output"],
                          env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])


def prepare(folder, guest, tests):
    """Scripts, and a QEMU by its usual name; returns its path and the environment."""
    words = subprocess.run([ROOT / "tests/vm/qemu", "--command"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    qemu = folder / "programs" / "qemu-system-x86_64"
    qemu.parent.mkdir()
    # No fork but QEMU's own: EPOCHREALTIME is the shell's.
    qemu.write_text(f'''#!/bin/bash
began=$EPOCHREALTIME
{shlex.join(words)} "$@"
status=$?
echo "$began $EPOCHREALTIME" >> {shlex.quote(str(folder / "lives"))}
exit $status
''')
    qemu.chmod(0o755)
    command = ["qemu-system-x86_64", *MACHINE, "-kernel", str(guest), "-append", "once", "-snapshot"]
    scripts = folder / "scripts"
    scripts.mkdir()
    for number in range(tests):
        (scripts / f"t{number:03}.toml").write_text(
            SCRIPT.format(qemu=", ".join(json.dumps(word) for word in command)))
    return qemu, {**os.environ, "PATH": f"{qemu.parent}:{os.environ['PATH']}"}


def lives_ms(folder):
    """How long each QEMU has run since the last call, ms."""
    file = folder / "lives"
    spans = [line.split() for line in file.read_text().splitlines()]
    file.unlink()
    return [(float(end) - float(begin)) * 1000 for begin, end in spans]


def row(name, values, limit=""):
    print(f"| {name} | {text(values)} | {limit} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--tests", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    build = chosen.build.resolve()
    guest = build / "tests/support/bare-guest"
    oriel = build / "backend/app/oriel"
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()).group(1)
    print(f"{model}, Linux {platform.release()}, {chosen.rounds} rounds of {chosen.tests} tests, {chosen.jobs} at "
          "once: medians (lowest..highest), ms a test\n")
    bare, ours, own = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        qemu, environment = prepare(folder, guest, chosen.tests)
        for _ in range(chosen.rounds):
            bare.append(measured(lambda: run_bare(qemu, guest, chosen.tests, chosen.jobs)))
            lives_ms(folder)
            ours.append(measured(lambda: run_tests(oriel, folder, chosen.jobs, environment)))
            # oriel asks QEMU once what it can do: that life is short, and no test's.
            own.append(statistics.mean(sorted(lives_ms(folder))[-chosen.tests:]))

    def each(runs, index, times):
        return [run[index] * 1000 * times / chosen.tests for run in runs]

    wall_bare, wall_ours = each(bare, 0, chosen.jobs), each(ours, 0, chosen.jobs)
    cpu_bare, cpu_ours = each(bare, 1, 1), each(ours, 1, 1)
    overhead = [a - b for a, b in zip(wall_ours, own)]
    print("| | ms | limit |\n| --- | --- | --- |")
    row("a test, on the clock", wall_ours)
    row("of that, its QEMU", own)
    row("overhead beside QEMU's own time", overhead, f"≤ {LIMIT_MS}")
    row("QEMU with a VGA of its own and no Oriel, on the clock", wall_bare)
    row("a test takes longer than that", [a - b for a, b in zip(wall_ours, wall_bare)])
    row("a test, CPU", cpu_ours)
    row("QEMU with a VGA of its own and no Oriel, CPU", cpu_bare)
    row("the difference, CPU", [a - b for a, b in zip(cpu_ours, cpu_bare)])
    if statistics.median(overhead) > LIMIT_MS:
        print(f"missed: {LIMIT_MS} ms a test")
        sys.exit(1)


main()
