#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same card over vfio-user and over vhost-user, in one headless Weston, in one run.

usage: roads.py --build FOLDER --oriel PROGRAM [--rounds N] [--seconds N]

The roads take turns, round by round, with the load of bench.py; figures are medians with the least and
the most in brackets. What vhost-user may cost more is a tenth; what it does is said at the end.
"""

import os
import sys
from pathlib import Path

import bench
import harness

ROADS = ("vfio-user", "vhost-user")
LOADS = [load for load in bench.LOADS if load[2] == 30]
MOST = 1.1


def measure(session, figures, seconds):
    for name, rect, rate in LOADS:
        for road in ROADS:
            bench.measure_oriel(session, figures, road, name, [*bench.SIZE, *rect, rate, seconds], road)
    for road in ROADS:
        bench.measure_idle(session, figures, seconds, road, f"{road} ")


class Table:
    def __init__(self, figures):
        self._figures = figures
        print("| measured | vfio-user | vhost-user | times |")
        print("|---|---|---|---|")

    def row(self, what, name, digits, limit=True):
        """`name` with "ROAD" in place of the road's."""
        names = [name.replace("ROAD", road) for road in ROADS]
        before, after = (self._figures.median(one) for one in names)
        times = after / before if before else float("nan")
        print(f"| {what} | {self._figures.text(names[0], digits)} | "
              f"{self._figures.text(names[1], digits)} | {times:.2f} |")
        if limit and times > MOST:
            self._figures.missed.append(what)


def report(figures, latency, rounds, seconds):
    print(f"\n{bench.machine()}; {rounds} rounds of {seconds} s; median (least..most)\n")
    table = Table(figures)
    for name, rect, rate in LOADS:
        what = f"{rect[0]}x{rect[1]} of {bench.SIZE[0]}x{bench.SIZE[1]}, {rate}/s"
        table.row(f"{what}: CPU ms/frame", f"ROAD {name}", 3)
    table.row("kick arrived → wl_surface.commit, 64x64, p50 µs", "ROAD kick p50 rect 30", 0)
    for road in ROADS:
        for percentile in ("p50", "p99"):
            for one in latency[road]:
                figures.add(f"{road} latency {percentile}", one[f"{percentile}_us"])
    table.row("the guest's kick → wl_surface.commit at the compositor, 64x64, p50 µs", "ROAD latency p50", 0)
    table.row("the same, p99 µs", "ROAD latency p99", 0, limit=False)
    table.row("idle: wake-ups a second", "ROAD idle wake-ups/s", 2, limit=False)
    table.row("RSS without guest RAM, idle 1080p, wl_shm: MiB", "ROAD RSS MiB", 1)


def main():
    options = harness.options(build="build", oriel="build/backend/app/oriel", rounds="3", seconds="4")
    build = Path(options.build).resolve()
    os.environ["ORIEL"] = str(Path(options.oriel).resolve())
    rounds, seconds = int(options.rounds), int(options.seconds)
    figures = bench.Figures()
    session = bench.Session(build)
    latency = {road: [] for road in ROADS}
    try:
        for number in range(rounds):
            measure(session, figures, seconds)
            for road in ROADS:
                latency[road].append(bench.measure_latency(build, "kick-to-commit", road))
            print(f"round {number + 1} of {rounds}", flush=True)
    finally:
        session.close()
    report(figures, latency, rounds, seconds)
    if figures.missed:
        print(f"\nmore than {MOST} times: {', '.join(figures.missed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
