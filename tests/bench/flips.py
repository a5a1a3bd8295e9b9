#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a full-frame page flip costs Oriel, from 720p to 8K, by path, as a Markdown table.

usage: flips.py --build FOLDER [--rounds N] [--flips N] [--pause MS] [--json FILE]

flip-cost (tests/bench/flip_cost.cpp) plays guest, VMM and compositor; the paths take turns, round by
round. Figures are medians with the least and the most in brackets.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path

PATHS = ("direct", "shm", "gles")
COPIED = 10  # so many times fewer flips where 8K frames are drawn and copied
FLAT = 1.2  # direct: the dearest size against the cheapest
MOST_US = 60  # direct: CPU per flip
MOST_COMMIT_US = 12  # direct: kick -> commit, p50


def cpu_name():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"model name\s*:\s*(.*)", text)
    return found.group(1) if found else platform.machine()


def run(program, path, flips, pause):
    """The lines of one run, or why there are none."""
    result = subprocess.run([program, path, str(flips), str(pause)], capture_output=True, text=True,
                            check=False, timeout=600)
    if result.returncode != 0:
        return [], result.stderr.strip() or f"flip-cost ended with {result.returncode}"
    return [json.loads(line) for line in result.stdout.splitlines()], ""


def text(values, digits=1):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--pause", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    program = options.build / "tests" / "bench" / "flip-cost"
    lines, missing = [], {}
    for number in range(1, options.rounds + 1):
        for path in PATHS:
            if path in missing:
                continue
            flips = options.flips if path == "direct" else max(options.flips // COPIED, 1)
            found, why = run(program, path, flips, options.pause)
            if why:
                missing[path] = why
            lines += found
        print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(json.dumps(lines), encoding="utf-8")

    print(f"{os.cpu_count()} × {cpu_name()}, Linux {platform.release()}; {options.rounds} rounds of "
          f"{options.flips} flips ({options.flips // COPIED} where they are copied), {options.pause} ms "
          "apart; median (least..most)\n")
    print("| size | path asked for → taken | CPU µs/flip | kick → commit p50, p99, p99.9 µs | copied MiB/flip | "
          "frames of flips |")
    print("|---|---|---|---|---|---|")
    missed = []
    groups = {}
    for line in lines:
        key = (line["asked"], line["width"], line["height"])
        groups.setdefault(key, []).append(line)
    medians = {}
    for (asked, width, height), group in sorted(groups.items(), key=lambda g: (
            PATHS.index(g[0][0]), g[0][1])):
        cpu = [line["cpu_us_per_frame"] for line in group]
        commit = [line["kick_to_commit_p50_us"] for line in group]
        copied = [line["bytes_copied_per_frame"] / 2**20 for line in group]
        tails = [statistics.median(line[f"kick_to_commit_{p}_us"] for line in group)
                 for p in ("p99", "p99_9")]
        print(f"| {width}x{height} | {asked} → {group[0]['path']} | {text(cpu)} | {text(commit)}, "
              f"{tails[0]:.0f}, {tails[1]:.0f} | "
              f"{statistics.median(copied):.1f} | {sum(line['frames'] for line in group)} of "
              f"{sum(line['flips'] for line in group)} |")
        if asked == "direct":
            medians[width] = statistics.median(cpu)
            if group[0]["path"] != "direct" or max(copied) != 0:
                missed.append(f"{width}x{height}: nothing copied")
            if statistics.median(cpu) > MOST_US:
                missed.append(f"{width}x{height}: {statistics.median(cpu):.1f} µs, "
                              f"at most {MOST_US} wanted")
            if statistics.median(commit) > MOST_COMMIT_US:
                missed.append(f"{width}x{height}: kick → commit {statistics.median(commit):.1f} µs, "
                              f"at most {MOST_COMMIT_US} wanted")
    if medians:
        flat = max(medians.values()) / min(medians.values())
        print(f"\ndirect, dearest size ÷ cheapest: {flat:.2f} (at most {FLAT} wanted)")
        if flat > FLAT:
            missed.append(f"flat: {flat:.2f}")
    for path, why in missing.items():
        print(f"\nno figures for {path}: {why}")
    for line in missed:
        print(f"\nnot met: {line}")


if __name__ == "__main__":
    main()
