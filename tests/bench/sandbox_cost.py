#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the sandbox costs: start and frames, with and without it, turn by turn in one run.

usage: sandbox_cost.py --build FOLDER [--rounds N] [--seconds N]

A start is over when a VMM can attach and the process waits for events: it is in its sandbox by then.
What a frame costs is the CPU time of the process, for 64x64 px at 60 frames a second, which have the
most system calls for their pixels, and for full frames of 1920x1080 at 30.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

from bench import Figures, Session, add_cost, machine

import harness

MODES = ("off", "on")
LOADS = (("rect", (64, 64), 60), ("full", (1920, 1080), 30))
MOST_START_MS = 3.0
MOST_CPU = 1.02
# Starts are short and differ much: this many a round.
STARTS = 9


def start_ms(session, command, mode):
    """From the start of the program until it waits for events: all time, and the CPU's."""
    path = session.lab.runtime / "start.vfio-user"
    environment = session.lab.environment(WAYLAND_DISPLAY=harness.Weston.SOCKET)
    begin = time.monotonic()
    process = subprocess.Popen(
        [session.lab.oriel_program, command, "--name", "start", "--vfio-user", path, "--sandbox",
         mode, "--log-level", "error"], env=environment)
    status = Path(f"/proc/{process.pid}/syscall")
    # epoll_wait, of the process' own loop: all that it does at its start is done.
    waits = {"x86_64": ("232", "281"), "aarch64": ("22",)}[os.uname().machine]
    while True:
        try:
            if status.read_text().split(" ")[0] in waits and path.exists():
                break
        except OSError:
            pass
        harness.check(time.monotonic() - begin < 20, "oriel never became ready")
        time.sleep(0.0002)
    taken = (time.monotonic() - begin) * 1e3
    cpu = int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e6
    process.terminate()
    process.wait()
    return taken, cpu


def own_ms(session, command):
    """What the sandbox itself takes of a start, as it says: to start the process outside, and to be
    entered."""
    path = session.lab.runtime / "start.vfio-user"
    process = subprocess.Popen(
        [session.lab.oriel_program, command, "--name", "start", "--vfio-user", path, "--sandbox",
         "on", "--log-level", "debug"], stderr=subprocess.PIPE, text=True,
        env=session.lab.environment(WAYLAND_DISPLAY=harness.Weston.SOCKET))
    said = None
    for line in process.stderr:
        said = re.search(r"the sandbox is entered; its start took (\d+) us", line)
        if said:
            break
    process.terminate()
    process.communicate()
    harness.check(said, "no line about the sandbox")
    return int(said.group(1)) / 1e3


def frame_cost(session, figures, mode, name, rect, rate, seconds):
    oriel = session.oriel("--keep", "--sandbox", mode)
    before = oriel.stats()["scanouts"][0]["committed"]
    result = session.load("oriel", oriel.socket, oriel.pid, 1920, 1080, *rect, rate, seconds)
    committed = oriel.stats()["scanouts"][0]["committed"] - before - 1
    oriel.quit()
    harness.check(oriel.wait() == 0, "oriel didn't end cleanly")
    add_cost(figures, f"{name} {mode}", result, committed / (result["wall_ns"] / 1e9 + 0.5))


def report(figures, calls, rounds, seconds):
    print(f"\n{machine()}; {rounds} rounds of {seconds} s; median (least..most)\n")
    print("| measured | without | with the sandbox | limit | met |")
    print("|---|---|---|---|---|")
    for command in ("headless", "show"):
        more = figures.median(f"CPU {command} on") - figures.median(f"CPU {command} off")
        print(f"| start of `{command}`, CPU ms | {figures.text(f'CPU {command} off', 1)} | "
              f"{figures.text(f'CPU {command} on', 1)} | 3 more | "
              f"{'yes' if more <= MOST_START_MS else '**no**'} ({more:+.1f}) |")
        print(f"| the same, with waiting: ms | {figures.text(f'start {command} off', 1)} | "
              f"{figures.text(f'start {command} on', 1)} | | |")
        print(f"| of that, the sandbox itself | | {figures.text(f'own {command}', 2)} | 3 | "
              f"{'yes' if figures.median(f'own {command}') <= MOST_START_MS else '**no**'} |")
    for name, (without, with_sandbox) in calls.items():
        print(f"| {name}, ns | {without} | {with_sandbox} | | |")
    for name, rect, rate in LOADS:
        ratio = figures.median(f"{name} on") / figures.median(f"{name} off")
        print(f"| {rect[0]}x{rect[1]} of 1920x1080, {rate}/s: CPU ms/frame | "
              f"{figures.text(f'{name} off', 4)} | {figures.text(f'{name} on', 4)} | 2 % more | "
              f"{'yes' if ratio <= MOST_CPU else '**no**'} ({(ratio - 1) * 100:+.1f} %) |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=6)
    given = parser.parse_args()
    build = given.build.resolve()
    session = Session(build)
    session.lab.oriel_program = build / "backend" / "app" / "oriel"
    figures = Figures()
    try:
        for _ in range(given.rounds):
            for command in ("headless", "show"):
                times = {mode: [] for mode in MODES}
                for _ in range(STARTS):
                    for mode in MODES:
                        times[mode].append(start_ms(session, command, mode))
                for mode in MODES:
                    for what, values in zip(("start", "CPU"), zip(*times[mode])):
                        figures.add(f"{what} {command} {mode}", statistics.median(values))
                figures.add(f"own {command}", statistics.median(
                    own_ms(session, command) for _ in range(STARTS)))
            for name, rect, rate in LOADS:
                for mode in MODES:
                    frame_cost(session, figures, mode, name, rect, rate, given.seconds)
    finally:
        session.close()
    calls = json.loads(subprocess.run([build / "tests" / "bench" / "sandbox-calls"],
                                      capture_output=True, text=True, check=True).stdout)
    report(figures, calls, given.rounds, given.seconds)


if __name__ == "__main__":
    main()
