#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ACRN's display costs as liboriel-vdpy, in a headless Weston, beside memcpy() and an SDL window
like ACRN's own, in one run, as a Markdown table. The SDL window is in a headless sway: Debian 12's SDL
crashes where there is no seat.

usage: vdpy.py --build FOLDER [--rounds N] [--seconds N] [--json FILE]

All take turns, round by round; figures are medians with the least and the most in brackets. The
programs are vdpy_load.c, vdpy_flips.cpp, flip_cost.cpp and, where SDL 2 is installed, sdl_window.c.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "e2e"))

import harness  # noqa: E402
from bench import Figures  # noqa: E402
from flips import FLAT, MOST_US, cpu_name  # noqa: E402
from sway import Sway  # noqa: E402

SIZE = (1920, 1080)
MODES = ("memcpy", "full", "memcmp", "rect", "same", "idle")
SDL = ("full", "idle")
COPIES = 1.3
SLACK_MS = 0.1
IDLE_PERCENT = 0.05
FLIPS, PAUSE_MS = 200, 5  # as in flips.py


class Rounds(Figures):
    """Figures that are rows of their own, with the most that each may be."""

    def row(self, what, name, digits=2, most=None, limit=""):
        met = ""
        if most is not None:
            met = "yes" if self.median(name) <= most else "**no**"
            if met != "yes":
                self.missed.append(what)
        print(f"| {what} | {self.text(name, digits)} | {limit} | {met} |")


def lines_of(command, environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, env=environment, timeout=600)
    harness.check(done.returncode == 0, f"{command[0]}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(programs, rounds, seconds, environment):
    for mode in MODES:
        found = lines_of([programs / "vdpy-load", mode, seconds], environment)[0]
        rounds.add(f"{mode} ms", found["ms"])
        rounds.add(f"{mode} percent", found["percent"])
        rounds.add(f"{mode} rate", found["updates"] / found["seconds"])
    for found in lines_of([programs / "flip-cost", "direct", FLIPS, PAUSE_MS], environment):
        rounds.add("flip-cost", found["cpu_us_per_frame"])
    for found in lines_of([programs / "vdpy-flips", FLIPS, PAUSE_MS], environment):
        harness.check(found["imports"] == 2 and found["frames"] == found["flips"],
                      f"not each flip was shown without a copy: {found}")
        rounds.add(f"{found['width']}x{found['height']}", found["us"])


def measure_sdl(programs, rounds, seconds, environment):
    for mode in SDL:
        found = lines_of([programs / "sdl-window", mode, seconds], environment)[0]
        rounds.add(f"sdl {mode} ms", found["ms"])
        rounds.add(f"sdl {mode} percent", found["percent"])
        rounds.add(f"sdl {mode} rate", found["updates"] / found["seconds"])


def report(rounds):
    print("| measured | figure | limit | met |\n| --- | --- | --- | --- |")
    rounds.row("memcpy() of 1920x1080, the yardstick: ms of CPU", "memcpy ms")
    most = COPIES * rounds.median("memcpy ms") + SLACK_MS
    rounds.row(f"all of 1920x1080 changes ({rounds.median('full rate'):.0f}/s): ms of CPU an update",
               "full ms", 2, most, f"≤ {COPIES} × memcpy() + {SLACK_MS} = {most:.2f}")
    rounds.row("memcmp() of 1920x1080, the yardstick: ms of CPU", "memcmp ms")
    most = rounds.median("memcmp ms") + SLACK_MS
    rounds.row(f"64x64 of it change ({rounds.median('rect rate'):.0f}/s): ms of CPU an update",
               "rect ms", 2, most, f"≤ memcmp() + {SLACK_MS} = {most:.2f}")
    rounds.row("it is updated each 33 ms, and nothing has changed: ms of CPU an update", "same ms")
    rounds.row("nothing is said: % of a core", "idle percent", 3, IDLE_PERCENT, "0")
    sizes = [name for name in rounds.values if "x" in name]
    for size in sizes:
        rounds.row(f"a flip between two dma-bufs, {size}: µs of CPU", size, 1, MOST_US,
                   f"≤ {MOST_US}")
    medians = [rounds.median(size) for size in sizes]
    flat = max(medians) / min(medians)
    print(f"| the dearest size ÷ the cheapest | {flat:.2f} | ≤ {FLAT} | "
          f"{'yes' if flat <= FLAT else '**no**'} |")
    if flat > FLAT:
        rounds.missed.append("flat")
    rounds.row("the same flips by a card of oriel's, over vfio-user, all sizes: µs of CPU", "flip-cost", 1)
    if "sdl full ms" in rounds.values:
        rounds.row(f"an SDL window like ACRN's ({rounds.median('sdl full rate'):.0f}/s): ms of CPU an "
                   "update", "sdl full ms")
        rounds.row("the same, nothing is said: % of a core", "sdl idle percent", 1)
    else:
        print("\nno figures of SDL: it or sway is not installed")


def main():
    options = harness.options(build="build", rounds="5", seconds="5", json="")
    programs = Path(options.build).resolve() / "tests" / "bench"
    rounds = Rounds()
    lab = harness.Lab("bench-vdpy")
    seconds = int(options.seconds)
    try:
        lab.weston(size=SIZE)
        environment = lab.environment(WAYLAND_DISPLAY=harness.Weston.SOCKET)
        peer = None
        if (programs / "sdl-window").exists() and shutil.which("sway"):
            peer = lab.environment(WAYLAND_DISPLAY=str(Sway(lab, size=SIZE).socket),
                                   SDL_VIDEODRIVER="wayland", SDL_RENDER_DRIVER="opengles2",
                                   SDL_OPENGL_ES_DRIVER="1")
        for number in range(int(options.rounds)):
            measure(programs, rounds, seconds, environment)
            if peer:
                measure_sdl(programs, rounds, seconds, peer)
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    finally:
        lab.close(keep=False)
    print(f"{os.cpu_count()} × {cpu_name()}, Linux {platform.release()}; {options.rounds} rounds of "
          f"{options.seconds} s each; median (least..most)\n")
    report(rounds)
    for what in rounds.missed:
        print(f"\nnot met: {what}")
    if options.json:
        Path(options.json).write_text(json.dumps(rounds.values, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
