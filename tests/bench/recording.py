#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a recording costs a guest that draws 1920x1080 60 times a second, as a Markdown table.

usage: recording.py --build FOLDER [--oriel PROGRAM] [--rounds N] [--seconds N]

frame-load is the guest. It draws without a recording and with each kind in turn, round by round; its
frames are counted in both, and must be as many. Figures are medians with the least and the most.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "e2e"))

import harness  # noqa: E402
from flips import text  # noqa: E402

SIZE = (1920, 1080)
RATE = 60
# What is recorded, and to which file; None: in the test's folder.
KINDS = {
    "no recording": None,
    "Y4M, to nowhere": "/dev/null",
    "Y4M, to a file": "film.y4m",
    "PNG files": "frames",
    "H.264 by ffmpeg": "film.mkv",
}


def measure(lab, programs, name, seconds):
    """One turn: what the guest, the process that serves it and the recording say."""
    oriel = lab.oriel("headless", options=["--size", "%dx%d" % SIZE, "--keep"])
    load = subprocess.Popen(
        [str(part) for part in (programs / "frame-load", "vfio-user", oriel.socket, oriel.pid, *SIZE, *SIZE,
                                RATE, seconds)], stdout=subprocess.PIPE, text=True)
    file = KINDS[name] and lab.folder / KINDS[name]
    if file:
        started = lab.ctl("vm", "record", file, "--rate", RATE)
        harness.check(started.returncode == 0, f"record: {started.stderr}")
    result = json.loads(load.communicate()[0])
    recording = {}
    if file:
        recording = oriel.stats()["recordings"][0]
        lab.run_oriel("ctl", "vm", "record", "stop", timeout=60)
        if file.is_dir():
            shutil.rmtree(file)
        elif file.is_file():
            file.unlink()
    oriel.quit()
    oriel.wait(60)
    return result, recording


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--oriel", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    lab = harness.Lab("recording-bench")
    if options.oriel:
        lab.oriel_program = options.oriel.resolve()
    if not shutil.which("ffmpeg"):
        KINDS.pop("H.264 by ffmpeg")
        print("no ffmpeg: no videos", file=sys.stderr)
    turns = {name: [] for name in KINDS}
    for number in range(1, options.rounds + 1):
        for name, taken in turns.items():
            taken.append(measure(lab, options.build / "tests" / "bench", name, options.seconds))
            time.sleep(0.5)
        print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
    lab.close(keep=False)

    print("| recording of 1920x1080, 60/s | frames that the guest drew, of those due | CPU ms/frame of the VM's "
          "process | recorded | dropped | written |")
    print("|---|---|---|---|---|---|")
    lost = 0
    for name, taken in turns.items():
        frames = sum(result["frames"] for result, _ in taken)
        due = frames + sum(result["left_out"] for result, _ in taken)
        lost += due - frames
        cpu = [result["cpu_ns"] / max(result["frames"], 1) / 1e6 for result, _ in taken]
        counts = [sum(recording.get(key, 0) for _, recording in taken)
                  for key in ("recorded", "dropped", "frames")]
        shown = " | ".join(str(count) for count in counts) if KINDS[name] else " | | "
        print(f"| {name} | {frames} of {due} | {text(cpu, 2)} | {shown} |")
    if lost:
        print(f"\n**Missed:** the guest lost {lost} frames")
        sys.exit(1)


main()
