#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Oriel beside a bare wl_shm client (the yardstick), in one headless Weston, in one run.

usage: bench.py --build FOLDER --oriel PROGRAM [--rounds N] [--seconds N] [--json FILE]

Oriel and the yardstick take turns, round by round; figures are medians with the least and the most
in brackets. CPU time is the kernel's, of the whole process. FOLDER is the build folder, which has
the programs (meson compile -C FOLDER bench builds and runs all this).
"""

import json
import os
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
RATE = 60


class Figures:
    """The figures of all rounds, by name, and how they compare with their limits."""

    def __init__(self):
        self.values = {}
        self.missed = []

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.values[name])

    def text(self, name, digits=3):
        values = self.values[name]
        return (f"{statistics.median(values):.{digits}f} "
                f"({min(values):.{digits}f}..{max(values):.{digits}f})")

    def row(self, what, value, limit, good):
        if not good:
            self.missed.append(what)
        print(f"| {what} | {value} | {limit} | {'yes' if good else '**no**'} |")


class Session:
    """A Weston, the programs, and one Oriel at a time in it."""

    def __init__(self, build):
        self.lab = harness.Lab("bench")
        self.programs = build / "tests" / "bench"
        self.weston = self.lab.weston(size=SIZE)

    def load(self, *arguments):
        """Runs frame-load and returns what it measured."""
        result = subprocess.run([self.programs / "frame-load", *(str(a) for a in arguments)],
                                capture_output=True, text=True, check=False,
                                env=self.lab.environment(WAYLAND_DISPLAY=harness.Weston.SOCKET))
        harness.check(result.returncode == 0, f"frame-load: {result.stderr}")
        return json.loads(result.stdout)

    def oriel(self, *arguments):
        return self.lab.oriel("show", options=["--size", "%dx%d" % SIZE, "--path", "shm",
                                               *arguments])

    def close(self):
        self.lab.close(keep=False)


def ms_per_frame(result):
    """The yardstick merges frames that a late compositor can't take, and then copies once for all
    of them; Oriel copies each, as virtio-gpu demands. So what counts is a frame that was copied."""
    return result["cpu_ns"] / (result["commits"] or result["frames"]) / 1e6


def measure_frames(session, figures, seconds):
    for kind, rect in (("full", SIZE), ("rect", (64, 64))):
        load = [*SIZE, *rect, RATE, seconds]
        result = session.load("yardstick", session.programs / "shm-yardstick", *load)
        figures.add(f"yardstick {kind}", ms_per_frame(result))
        figures.add(f"yardstick {kind}: commits/s", result["commits"] * 1e9 / result["wall_ns"])
        oriel = session.oriel()
        result = session.load("oriel", oriel.socket, oriel.pid, *load)
        harness.check(oriel.wait() == 0, "oriel didn't end cleanly")
        figures.add(f"oriel {kind}", ms_per_frame(result))
        figures.add(f"left out {kind}", result["left_out"])
        figures.add(f"ratio {kind}",
                    figures.values[f"oriel {kind}"][-1] / figures.values[f"yardstick {kind}"][-1])


def unshared_memory_kib(pid):
    """Resident memory in KiB, all of it and without the guest's RAM."""
    total = guest = 0
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            name = line
        elif line.startswith("Rss:"):
            rss = int(line.split()[1])
            total += rss
            guest += rss if "guest" in name else 0
    return total, total - guest


def measure_idle(session, figures, seconds):
    oriel = session.oriel("--keep")
    # The load shows one 1080p frame, waits, and watches; memory is read while it does.
    process = subprocess.Popen(
        [session.programs / "frame-load", "oriel", oriel.socket, str(oriel.pid),
         *(str(n) for n in (*SIZE, *SIZE, 0, seconds))], stdout=subprocess.PIPE, text=True,
        env=session.lab.environment())
    time.sleep(seconds - 0.5)
    total, without_guest = unshared_memory_kib(oriel.pid)
    result = json.loads(process.communicate()[0])
    figures.add("idle wake-ups/s", result["switches"] * 1e9 / result["wall_ns"])
    figures.add("idle CPU %", result["cpu_ns"] * 100 / result["wall_ns"])
    figures.add("RSS MiB", without_guest / 1024)
    figures.add("RSS all MiB", total / 1024)
    oriel.quit()
    oriel.wait()


def measure_registers(session, figures):
    """The server's own p50 for one register access, from the message to its reply."""
    oriel = session.oriel("--keep")
    session.load("registers", oriel.socket, 20000)
    figures.add("register us", oriel.stats()["vfio_user"]["register_access_us"]["p50"])
    oriel.quit()
    oriel.wait()


def measure_start(session, figures):
    path = session.lab.runtime / "start.vfio-user"
    environment = session.lab.environment(WAYLAND_DISPLAY=harness.Weston.SOCKET)
    begin = time.monotonic()
    process = subprocess.Popen(
        [session.lab.oriel_program, "show", "--name", "start", "--vfio-user", path,
         "--log-level", "error"], env=environment)
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(path))
                break
            except OSError:
                pass
        harness.check(time.monotonic() - begin < 10, "oriel never became ready")
        time.sleep(0.0005)
    figures.add("start ms", (time.monotonic() - begin) * 1e3)
    process.terminate()
    process.wait()


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    weston = subprocess.run(["weston", "--version"], capture_output=True, text=True, check=False)
    return (f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, "
            f"Linux {platform.release()}, {weston.stdout.strip()} (headless, pixman, "
            f"{SIZE[0]}x{SIZE[1]})")


def report(figures, latency, rounds, seconds):
    print(f"\n{machine()}; {rounds} rounds of {seconds} s; median (least..most)\n")
    print("| measured | figure | limit | met |")
    print("|---|---|---|---|")
    for kind, what, limit in (("full", "full frame 1920x1080, 60/s", 1.3),
                              ("rect", "64x64 damage, 60/s", 2.0)):
        print(f"| yardstick, {what}: CPU ms/frame | {figures.text(f'yardstick {kind}')} | | |")
        print(f"| yardstick, {what}: commits/s | {figures.text(f'yardstick {kind}: commits/s', 1)} | | |")
        print(f"| Oriel, {what}: CPU ms/frame | {figures.text(f'oriel {kind}')} | | |")
        figures.row(f"ratio, {what}", figures.text(f"ratio {kind}", 2), f"≤ {limit}",
                    figures.median(f"ratio {kind}") <= limit)
    figures.row("idle: wake-ups a second", figures.text("idle wake-ups/s", 2), "0",
                figures.median("idle wake-ups/s") < 0.5)
    own = latency["p50_us"] - latency["echo_p50_us"]
    print(f"| a byte to an idle process and back (two wake-ups), p50 µs | "
          f"{latency['echo_p50_us']:.0f} (p99 {latency['echo_p99_us']:.0f}) | | |")
    print(f"| kick → wl_surface.commit has arrived (two wake-ups), 64x64, p50 µs | "
          f"{latency['p50_us']:.0f} (p99 {latency['p99_us']:.0f}, {latency['samples']} samples) | | |")
    figures.row("kick → wl_surface.commit without the wake-ups, p50 µs", f"{own:.0f}", "≤ 100",
                own <= 100)
    figures.row("BAR2 register access, server's p50 µs", figures.text("register us", 1), "≤ 10",
                figures.median("register us") <= 10)
    figures.row("RSS without guest RAM, idle 1080p, wl_shm: MiB", figures.text("RSS MiB", 1),
                "≤ 32", figures.median("RSS MiB") <= 32)
    figures.row("start → accepts a VMM: ms", figures.text("start ms", 1), "≤ 50",
                figures.median("start ms") <= 50)


def main():
    options = harness.options(build="build", oriel="build/backend/app/oriel", rounds="5",
                              seconds="5", json="")
    build = Path(options.build).resolve()
    os.environ["ORIEL"] = str(Path(options.oriel).resolve())
    rounds, seconds = int(options.rounds), int(options.seconds)
    figures = Figures()
    session = Session(build)
    try:
        for number in range(rounds):
            measure_frames(session, figures, seconds)
            measure_idle(session, figures, seconds)
            measure_registers(session, figures)
            for _ in range(3):
                measure_start(session, figures)
            print(f"round {number + 1}: full {figures.values['ratio full'][-1]:.2f} × yardstick, "
                  f"64x64 {figures.values['ratio rect'][-1]:.2f} ×", flush=True)
    finally:
        session.close()
    latency = json.loads(subprocess.run(
        [build / "tests" / "bench" / "kick-to-commit", os.environ["ORIEL"]], capture_output=True,
        text=True, check=True).stdout)
    report(figures, latency, rounds, seconds)
    if options.json:
        Path(options.json).write_text(json.dumps({**figures.values, "latency": latency}, indent=1))
    if figures.missed:
        print(f"\nnot met: {', '.join(figures.missed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
