#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many VMs on one machine: a process each, all in one headless Weston.

usage: many_vms.py --build FOLDER [--idle N] [--busy N] [--seconds N] [--rounds N]

Idle: N VMs with a full 1920x1080 picture, in which 64x64 px change once a second. Busy: N VMs in which
they change 60 times a second. What counts is the CPU time of all display processes in sum, as the
kernel has it; the memory of a process is its proportional share (PSS) without picture buffers and the
guest's memory. The guests are frame-load's, which cost more than what is measured.
"""

import argparse
import json
import platform
import re
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "e2e"))

import harness  # noqa: E402

SIZE = (1920, 1080)
# Buffers of pictures, guests' memory, video memory; they are what the guest asks for.
BUFFERS = re.compile(r"oriel-pixels|oriel-vga|guest|memory-backend")
LIMITS = {"idle": 1.0, "busy": 4.0}  # % of a core, all VMs together
LIMIT_PSS_MIB = 1.0
LIMIT_ALL_S = 10.0
WARM_UP_S = 7


def cpu_ns(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def pss_kib(pid):
    total = 0
    counts = True
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            counts = not BUFFERS.search(line)
        elif line.startswith("Pss:") and counts:
            total += int(line.split()[1])
    return total


def accepts(path):
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
            return True
        except OSError:
            return False


class Wall:
    """N display processes and their guests."""

    def __init__(self, lab, programs, count):
        self._lab = lab
        self._programs = programs
        environment = lab.environment(WAYLAND_DISPLAY=harness.Weston.SOCKET)
        begin = time.monotonic()
        self.sockets = [lab.runtime / f"vm{i}.sock" for i in range(count)]
        self.displays = [subprocess.Popen(
            [lab.oriel_program, "show", "--name", f"vm{i}", "--vfio-user", path, "--keep", "--size",
             "%dx%d" % SIZE, "--path", "shm", "--decorations", "none", "--log-level", "error"],
            env=environment) for i, path in enumerate(self.sockets)]
        for path in self.sockets:
            harness.wait_for(lambda path=path: accepts(path), 60, f"{path.name} accepts", 0.002)
        self.start_s = time.monotonic() - begin

    def show(self, rate, seconds):
        """% of a core that all display processes take together, and the most PSS of one, in MiB. It is
        measured once each buffer of a picture has been shown: the first time costs a whole copy."""
        guests = [subprocess.Popen(
            [self._programs / "frame-load", "vfio-user", path, str(display.pid),
             *(str(n) for n in (*SIZE, 64, 64, rate, WARM_UP_S + seconds + 1))],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._lab.environment())
            for path, display in zip(self.sockets, self.displays)]
        time.sleep(WARM_UP_S)
        begin, before = time.monotonic(), sum(cpu_ns(display.pid) for display in self.displays)
        time.sleep(seconds)
        end, after = time.monotonic(), sum(cpu_ns(display.pid) for display in self.displays)
        for guest in guests:
            _, said = guest.communicate()
            harness.check(guest.returncode == 0, f"frame-load: {said}")
        pss = max(pss_kib(display.pid) for display in self.displays) / 1024
        for i, _ in enumerate(self.displays):
            stats = json.loads(self._lab.ctl(f"vm{i}", "stats", "--json").stdout)["scanouts"][0]
            harness.check(stats["committed"] >= min(rate, 20) * seconds, f"vm{i} showed {stats}")
        return (after - before) / (end - begin) / 1e7, pss

    def end(self):
        """How long it takes until all have ended, s."""
        begin = time.monotonic()
        for display in self.displays:
            display.terminate()
        for display in self.displays:
            harness.check(display.wait() == 0, "oriel did not end cleanly")
        return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=BENCH.parents[1] / "build")
    parser.add_argument("--idle", type=int, default=64)
    parser.add_argument("--busy", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    lab = harness.Lab("many-vms")
    build = chosen.build.resolve()
    lab.oriel_program = build / "backend" / "app" / "oriel"
    programs = build / "tests" / "bench"
    lab.weston(size=SIZE)
    figures = {}
    for _ in range(chosen.rounds):
        for name, count, rate in (("idle", chosen.idle, 1), ("busy", chosen.busy, 60)):
            wall = Wall(lab, programs, count)
            percent, pss = wall.show(rate, chosen.seconds)
            took = wall.start_s + wall.end()
            for what, value in (("%", percent), ("PSS MiB", pss), ("start and end s", took)):
                figures.setdefault((name, what), []).append(value)
    lab.close(keep=False)

    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()).group(1)
    print(f"{model}, Linux {platform.release()}, {chosen.rounds} rounds of {chosen.seconds} s, medians\n")
    print("| | figure | limit |\n| --- | --- | --- |")
    rows = ((f"{chosen.idle} VMs, 64x64 px once a second, % of a core", ("idle", "%"), LIMITS["idle"]),
            (f"{chosen.idle} VMs, PSS of the largest without pictures, MiB", ("idle", "PSS MiB"),
             LIMIT_PSS_MIB),
            (f"{chosen.idle} VMs, start and end of all, s", ("idle", "start and end s"), LIMIT_ALL_S),
            (f"{chosen.busy} VMs, 64x64 px at 60/s, % of a core", ("busy", "%"), LIMITS["busy"]))
    missed = []
    for text, key, limit in rows:
        values = figures[key]
        median = statistics.median(values)
        print(f"| {text} | {median:.2f} ({min(values):.2f}..{max(values):.2f}) | {limit:g} |")
        if median > limit:
            missed.append(text)
    for text in missed:
        print(f"missed: {text}")
    sys.exit(1 if missed else 0)


main()
