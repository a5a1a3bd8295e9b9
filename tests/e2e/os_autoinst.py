# SPDX-License-Identifier: MIT
"""What Oriel and os-autoinst's own matcher say about a folder of openQA's needles, and whether both say the same."""

import json
import os
import subprocess
from pathlib import Path

from harness import VM, Skip, check, make

SCRIPT = Path(__file__).with_name("os_autoinst_verdicts.pl")
# os-autoinst sums in floating point, so that of places that fit nearly as well it may take another.
NEAR = 0.01


def matcher():
    """The command of os-autoinst's matcher; skips where it can't be had."""
    make("os-autoinst", "--prepare")
    return [VM / "os-autoinst", SCRIPT]


def oriels_matcher():
    """The same for Oriel's."""
    program = os.environ.get("ORIEL_NEEDLE_VERDICTS")
    if not program:
        raise Skip("ORIEL_NEEDLE_VERDICTS does not name the program needle-verdicts")
    return [program]


def verdicts(command, needles, frames):
    """What a matcher says about each pair of frame and needle, by their names."""
    words = [str(word) for word in (*command, needles, *frames)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    check(done.returncode == 0, f"{words[0]} ended with {done.returncode}: {done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {(line["frame"], line["needle"]): line for line in lines}


def compare(ours, theirs):
    """How many areas have been compared."""
    check(ours.keys() == theirs.keys(), f"other needles: {ours.keys() ^ theirs.keys()}")
    areas = 0
    for key, mine in ours.items():
        their = theirs[key]
        check(len(mine["areas"]) == len(their["areas"]), f"{key}: another number of areas")
        for index, (one, other) in enumerate(zip(mine["areas"], their["areas"])):
            areas += 1
            check(one["ok"] == other["ok"], f"{key}, area {index + 1}: ours {one}, os-autoinst's {other}")
            check(abs(one["similarity"] - other["similarity"]) <= NEAR,
                  f"{key}, area {index + 1}: ours {one}, os-autoinst's {other}")
        check(mine["ok"] == their["ok"], f"{key}: ours {mine}, os-autoinst's {their}")
    return areas
