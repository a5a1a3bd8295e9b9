#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What looking at a frame costs, and the same needle by os-autoinst's own matcher in one run.

usage: match.py --build FOLDER [--rounds N]

The build must be optimised. CPU time of match-bench's cases, the median of N; and for a needle's area of
200x50 in a frame of 1920x1080 the time of both matchers beside each other, without reading files. The second
table is left out where os-autoinst can't be had.
"""

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
E2E = BENCH.parent / "e2e"
OS_AUTOINST = BENCH.parent / "vm" / "os-autoinst"
sys.path.insert(0, str(E2E))

from picture import Picture, read_png, write_png  # noqa: E402

SIZE = (1920, 1080)
AREA = {"xpos": 800, "ypos": 500, "width": 200, "height": 50, "type": "match"}
# Case of match-bench: what it is, ms at most.
CASES = {
    "memcmp_1080p": ("memcmp of two frames, the yardstick", None),
    "compare_1080p/exact": ("frames compared exactly, 1080p", 2),
    "compare_1080p/masked": ("the same with a mask", 2),
    "compare_1080p/tolerance": ("the same with a tolerance", 2),
    "compare_1080p_all_differs": ("the same where every pixel differs", None),
    "search_1080p/found": ("200x50 searched in 1080p, the last place", 50),
    "search_1080p/missing": ("the same, one pixel from being there", 50),
    "search_1080p/missing_tolerance": ("the same with a tolerance", 50),
    "search_1080p/missing_share": ("the same where 1 % may differ", 50),
    "nearest_1080p": ("where 200x50 fits best in 1080p", None),
    "needle_1080p/in_place": ("a needle's area, in place", None),
    "needle_1080p/moved": ("the same, moved by 33 px", None),
    "needle_1080p/missing": ("the same, not there", None),
    "text/vga_80x25": ("text of 80x25, 720x400", 1),
    "text/fbcon_1280x800": ("text of fbcon, 1280x800", 10),
    "text/fbcon_1280x800_large": ("the same with characters of 16x32", 10),
    "text_of_vga_cells": ("text of 80x25 from a VGA's cells", 1),
}
FASTER = 5


def figures(build, rounds):
    """Milliseconds by case."""
    done = subprocess.run(
        [str(build / "tests/bench/match-bench"), "--benchmark_format=json", f"--benchmark_repetitions={rounds}",
         "--benchmark_min_time=0.05"], capture_output=True, text=True, check=True)
    times = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] == "iteration":
            if run.get("error_occurred"):
                sys.exit(f"{run['name']}: {run['error_message']}")
            times.setdefault(run["name"].split("/repeats")[0], []).append(run["cpu_time"] / 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def tiled(picture, width, height, shift=0):
    """A picture of another size, filled with copies of this one, moved to the right by `shift` px."""
    rows = []
    for y in range(height):
        row = picture.rows[y % picture.height] * (width // picture.width + 2)
        start = 3 * ((picture.width - shift) % picture.width)
        rows.append(row[start:start + 3 * width])
    return Picture(width, height, rows)


def seconds(command):
    """By frame, the median of all lines."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    times = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            verdict = json.loads(line)
            times.setdefault(verdict["frame"], []).append(verdict["seconds"])
    return {frame: statistics.median(values) for frame, values in times.items()}


def beside_os_autoinst(build, rounds):
    """Frame: (ours, os-autoinst's) in seconds; nothing without it."""
    prepared = subprocess.run([OS_AUTOINST, "--prepare"], capture_output=True, text=True, check=False)
    if prepared.returncode != 0:
        print(f"without os-autoinst: {prepared.stderr.splitlines()[-1]}")
        return {}
    reference = BENCH.parent / "unit" / "vga" / "reference"
    screen = read_png(reference / "text-80.png")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        frames = {"in place": tiled(screen, *SIZE), "moved by 33 px": tiled(screen, *SIZE, shift=33),
                  "not there": tiled(read_png(reference / "mode-12.png"), *SIZE)}
        paths = []
        for name, picture in frames.items():
            paths.append(folder / f"{name}.png")
            write_png(paths[-1], picture)
        needles = folder / "needles"
        needles.mkdir()
        write_png(needles / "bench.png", frames["in place"])
        (needles / "bench.json").write_text(json.dumps({"area": [AREA], "tags": ["bench"]}), encoding="utf-8")
        theirs = seconds([OS_AUTOINST, E2E / "os_autoinst_verdicts.pl", needles, *paths * rounds])
        ours = seconds([build / "tests/e2e/needle-verdicts", needles, *paths * rounds])
        return {path.stem: (ours[path.name], theirs[path.name]) for path in paths}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    build = chosen.build.resolve()
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()).group(1)
    print(f"{model}, Linux {platform.release()}, medians of {chosen.rounds}\n")
    missed = []
    print("| | ms | limit |\n| --- | --- | --- |")
    times = figures(build, chosen.rounds)
    for case, (what, limit) in CASES.items():
        print(f"| {what} | {times[case]:.3f} | {f'≤ {limit}' if limit else ''} |")
        if limit and times[case] > limit:
            missed.append(what)
    both = beside_os_autoinst(build, chosen.rounds)
    if both:
        print("\n| a needle's area of 200x50 in 1080p | Oriel, ms | os-autoinst, ms | times | limit |")
        print("| --- | --- | --- | --- | --- |")
    for name, (ours, theirs) in both.items():
        print(f"| {name} | {ours * 1000:.3f} | {theirs * 1000:.3f} | {theirs / ours:.0f} | ≥ {FASTER} |")
        if theirs < FASTER * ours:
            missed.append(f"{FASTER} times faster than os-autoinst, {name}")
    for what in missed:
        print(f"missed: {what}")
    sys.exit(1 if missed else 0)


main()
