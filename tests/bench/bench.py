#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Oriel beside a bare wl_shm client (the yardstick), in one headless Weston, in one run.

usage: bench.py --build FOLDER --oriel PROGRAM [--before PROGRAM] [--rounds N] [--seconds N] [--json FILE]

Oriel and the yardstick take turns, round by round; figures are medians with the least and the most
in brackets. CPU time is the kernel's, of the whole process. FOLDER is the build folder, which has
the programs (meson compile -C FOLDER bench builds and runs all this). With --before another Oriel,
an older one, takes its turn in each round, too: what it costs is told beside, without a limit.
"""

import json
import os
import platform
import re
import shutil
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
# Weston 10's headless output shows 39 frames a second at most: at 60 a second both merge frames, at
# 30 neither does.
LOADS = (("full 60", SIZE, 60), ("rect 60", (64, 64), 60),
         ("full 30", SIZE, 30), ("rect 30", (64, 64), 30))
LIMITS = {"full": 1.3, "rect": 1.6}
KICK_TO_COMMIT_US = 45


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

    def oriel(self, *arguments, road="vfio-user"):
        return self.lab.oriel("show", road=road, options=["--size", "%dx%d" % SIZE, "--path", "shm",
                                                          *arguments])

    def close(self):
        self.lab.close(keep=False)


def add_cost(figures, name, result, commits_per_second):
    """Both merge frames that a late compositor can't take, so what counts is a committed frame."""
    frames = commits_per_second * result["wall_ns"] / 1e9
    figures.add(name, result["cpu_ns"] / frames / 1e6)
    figures.add(f"{name}: commits/s", commits_per_second)


def measure_oriel(session, figures, who, name, load, road="vfio-user"):
    """One turn of an Oriel; `who` is "oriel", "before" or its road."""
    oriel = session.oriel("--keep", road=road)
    before = oriel.stats()["scanouts"][0]["committed"]
    result = session.load(road, oriel.socket, oriel.pid, *load)
    shown = oriel.stats()["scanouts"][0]
    oriel.quit()
    harness.check(oriel.wait() == 0, "oriel didn't end cleanly")
    harness.check(result["left_out"] == 0, "Oriel fell behind")
    # The load is half a second longer than what is measured, and begins with one frame more.
    add_cost(figures, f"{who} {name}", result,
             (shown["committed"] - before - 1) / (result["wall_ns"] / 1e9 + 0.5))
    for percentile in ("p50", "p99", "p99.9"):
        figures.add(f"{who} kick {percentile} {name}",
                    shown["kick_to_commit_us"].get(percentile, float("nan")))
    if f"yardstick {name}" in figures.values:
        figures.add(f"{who} ratio {name}",
                    figures.values[f"{who} {name}"][-1] / figures.values[f"yardstick {name}"][-1])


def measure_frames(session, figures, seconds, programs):
    for name, rect, rate in LOADS:
        load = [*SIZE, *rect, rate, seconds]
        result = session.load("yardstick", session.programs / "shm-yardstick", *load)
        add_cost(figures, f"yardstick {name}", result,
                 result["commits"] * 1e9 / result["wall_ns"])
        for who, program in programs.items():
            session.lab.oriel_program = program
            measure_oriel(session, figures, who, name, load)
        session.lab.oriel_program = programs["oriel"]


def measure_system_calls(session, figures, seconds):
    """System calls a committed frame, counted by strace in a run of their own: it slows what it
    counts. Nothing where there is no strace or it may not look."""
    if not shutil.which("strace"):
        return "strace is missing"
    oriel = session.oriel("--keep")
    report = session.lab.runtime / "strace.txt"
    load = subprocess.Popen(
        [session.programs / "frame-load", "vfio-user", oriel.socket, str(oriel.pid),
         *(str(n) for n in (*SIZE, 64, 64, 60, seconds + 2))], stdout=subprocess.PIPE, text=True,
        env=session.lab.environment())
    time.sleep(1.5)
    before = oriel.stats()["scanouts"][0]["committed"]
    tracer = subprocess.run(["timeout", "-s", "INT", str(seconds), "strace", "-c", "-o", report, "-p",
                             str(oriel.pid)], capture_output=True, text=True, check=False)
    frames = oriel.stats()["scanouts"][0]["committed"] - before
    load.communicate()
    oriel.quit()
    oriel.wait()
    if not report.exists() or frames == 0:
        return (tracer.stderr.strip().splitlines() or ["strace counted nothing"])[-1]
    for line in report.read_text().splitlines():
        found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d*\s+(\d+)(?:\s+\d+)?\s+(\w+)$", line)
        if found:
            name = "all" if found.group(2) == "total" else found.group(2)
            figures.add(f"calls {name}", int(found.group(1)) / frames)
    return ""


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


def measure_idle(session, figures, seconds, road="vfio-user", who=""):
    oriel = session.oriel("--keep", road=road)
    # The load shows one 1080p frame, waits, and watches; memory is read while it does.
    process = subprocess.Popen(
        [session.programs / "frame-load", road, oriel.socket, str(oriel.pid),
         *(str(n) for n in (*SIZE, *SIZE, 0, seconds))], stdout=subprocess.PIPE, text=True,
        env=session.lab.environment())
    time.sleep(seconds - 0.5)
    total, without_guest = unshared_memory_kib(oriel.pid)
    result = json.loads(process.communicate()[0])
    figures.add(f"{who}idle wake-ups/s", result["switches"] * 1e9 / result["wall_ns"])
    figures.add(f"{who}idle CPU %", result["cpu_ns"] * 100 / result["wall_ns"])
    figures.add(f"{who}RSS MiB", without_guest / 1024)
    figures.add(f"{who}RSS all MiB", total / 1024)
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


def measure_latency(build, program, *arguments):
    """What one of the latency benchmarks says: Oriel is another process there, otherwise idle."""
    return json.loads(subprocess.run(
        [build / "tests" / "bench" / program, os.environ["ORIEL"], *arguments], capture_output=True,
        text=True, check=True).stdout)


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    weston = subprocess.run(["weston", "--version"], capture_output=True, text=True, check=False)
    return (f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, "
            f"Linux {platform.release()}, {weston.stdout.strip()} (headless, pixman, "
            f"{SIZE[0]}x{SIZE[1]})")


def kick_text(figures, who):
    return (f"{figures.text(f'{who} kick p50 rect 30', 0)} "
            f"({figures.median(f'{who} kick p99 rect 30'):.0f}, "
            f"{figures.median(f'{who} kick p99.9 rect 30'):.0f})")


def report(figures, latency, typed, uncounted, rounds, seconds):
    print(f"\n{machine()}; {rounds} rounds of {seconds} s; median (least..most)\n")
    print("| measured | figure | limit | met |")
    print("|---|---|---|---|")
    for name, rect, rate in LOADS:
        what = f"{rect[0]}x{rect[1]} of {SIZE[0]}x{SIZE[1]}, {rate}/s"
        limit = LIMITS[name.split()[0]]
        for who in ("yardstick", "oriel", "before"):
            if f"{who} {name}" not in figures.values:
                continue
            print(f"| {who}, {what}: CPU ms/frame (commits/s) | {figures.text(f'{who} {name}')} "
                  f"({figures.median(f'{who} {name}: commits/s'):.0f}) | | |")
        figures.row(f"ratio, {what}", figures.text(f"oriel ratio {name}", 2), f"≤ {limit}",
                    figures.median(f"oriel ratio {name}") <= limit)
        if f"before ratio {name}" in figures.values:
            print(f"| before: ratio, {what} | {figures.text(f'before ratio {name}', 2)} | | |")
    figures.row("idle: wake-ups a second", figures.text("idle wake-ups/s", 2), "0",
                figures.median("idle wake-ups/s") < 0.5)
    print(f"| a byte to an idle process and back (two wake-ups), p50 µs | "
          f"{latency['echo_p50_us']:.0f} (p99 {latency['echo_p99_us']:.0f}, "
          f"p99.9 {latency['echo_p99_9_us']:.0f}) | | |")
    print(f"| the guest's kick → wl_surface.commit at the compositor (the same two wake-ups), 64x64, "
          f"p50 µs | {latency['p50_us']:.0f} (p99 {latency['p99_us']:.0f}, "
          f"p99.9 {latency['p99_9_us']:.0f}, {latency['samples']} "
          f"samples) | | |")
    figures.row("kick arrived → wl_surface.commit, 64x64, p50 µs (p99, p99.9)",
                kick_text(figures, "oriel"), f"≤ {KICK_TO_COMMIT_US}",
                figures.median("oriel kick p50 rect 30") <= KICK_TO_COMMIT_US)
    if "before kick p50 rect 30" in figures.values:
        print(f"| before: the same | {kick_text(figures, 'before')} | | |")
    if uncounted:
        print(f"| system calls a frame, 64x64, 60/s | not counted: {uncounted} | | |")
    else:
        calls = {name[6:]: figures.median(name) for name in figures.values
                 if name.startswith("calls ")}
        most = sorted(((count, name) for name, count in calls.items() if name != "all"), reverse=True)
        print(f"| system calls a frame, 64x64, 60/s | {calls.get('all', sum(calls.values())):.1f} (" +
              ", ".join(f"{name} {count:.1f}" for count, name in most[:6]) + ") | | |")
    inside = typed["inside_oriel_us"]
    figures.row("pointer or key → the guest's ring, inside Oriel, p50 µs",
                f"{inside['p50']:.0f} (p99 {inside['p99']:.0f}, {inside['count']} events)", "≤ 50",
                inside["p50"] <= 50)
    print(f"| the compositor's pointer event → the ring, and its key → wl_surface.commit of what the "
          f"guest draws for it (two processes), p50 µs | {typed['pointer_to_ring_p50_us']:.0f}, "
          f"{typed['key_to_commit_p50_us']:.0f} ({typed['samples']} samples each) | | |")
    figures.row("BAR2 register access, server's p50 µs (the client spins)", figures.text("register us", 1), "≤ 10",
                figures.median("register us") <= 10)
    figures.row("RSS without guest RAM, idle 1080p, wl_shm: MiB", figures.text("RSS MiB", 1),
                "≤ 32", figures.median("RSS MiB") <= 32)
    figures.row("start → accepts a VMM: ms", figures.text("start ms", 1), "≤ 50",
                figures.median("start ms") <= 50)


def main():
    options = harness.options(build="build", oriel="build/backend/app/oriel", before="",
                              rounds="5", seconds="5", json="")
    build = Path(options.build).resolve()
    os.environ["ORIEL"] = str(Path(options.oriel).resolve())
    programs = {"oriel": os.environ["ORIEL"]}
    if options.before:
        programs["before"] = str(Path(options.before).resolve())
    rounds, seconds = int(options.rounds), int(options.seconds)
    figures = Figures()
    session = Session(build)
    try:
        for number in range(rounds):
            measure_frames(session, figures, seconds, programs)
            measure_idle(session, figures, seconds)
            measure_registers(session, figures)
            for _ in range(3):
                measure_start(session, figures)
            ratios = ", ".join(f"{name}/s {figures.values[f'oriel ratio {name}'][-1]:.2f}"
                               for name, _, _ in LOADS)
            print(f"round {number + 1}: times the yardstick: {ratios}", flush=True)
        uncounted = measure_system_calls(session, figures, seconds)
    finally:
        session.close()
    latency = measure_latency(build, "kick-to-commit")
    typed = measure_latency(build, "input-latency")
    report(figures, latency, typed, uncounted, rounds, seconds)
    if options.json:
        Path(options.json).write_text(
            json.dumps({**figures.values, "latency": latency, "input": typed}, indent=1))
    if figures.missed:
        print(f"\nnot met: {', '.join(figures.missed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
