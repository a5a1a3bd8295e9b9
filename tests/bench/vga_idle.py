#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a VGA or bochs screen costs that doesn't change: CPU time of the whole process.

usage: vga_idle.py --build FOLDER --oriel PROGRAM [--rounds N] [--seconds N]

A headless Weston, `oriel show` on wl_shm, and vga-screen as the guest. "Hidden" is a compositor
that sends no frame callbacks, which is what a window sees that nobody can see: Weston is stopped
(SIGSTOP) while the guest goes on painting 60 times a second.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import harness  # noqa: E402

# name, what the guest does, hidden, per cent of a core at most
SCREENS = (("bochs 1024x768x32, nothing changes", "bochs", False, 0.5),
           ("text 80x25, the cursor blinks", "text", False, 0.1),
           ("bochs 1024x768x32, painting, hidden", "painting", True, 0))
SIZES = {"text": (720, 400)}
# One wake-up in 20 s.
NOTHING = 0.005


def usage(pid):
    """CPU nanoseconds, and times that the process went to sleep."""
    status = Path(f"/proc/{pid}/status").read_text()
    switches = next(line.split()[1] for line in status.splitlines()
                    if line.startswith("voluntary_ctxt_switches:"))
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]), int(switches)


def measure(lab, weston, guest_program, what, hidden, seconds):
    """Per cent of a core, and wake-ups a second."""
    oriel = lab.oriel("show", options=["--keep", "--path", "shm"])
    size = SIZES.get(what, (1024, 768))
    guest = subprocess.Popen([guest_program, what, oriel.socket], stdin=subprocess.PIPE,
                             env=lab.environment())
    try:
        def shows_it():
            shot = oriel.screenshot()
            return (shot and shot.size == size and len(set(shot.rows)) > 1
                    and oriel.stats()["scanouts"][0]["committed"] > 0)
        harness.wait_for(shows_it, 10, f"{what} shows")
        if hidden:
            weston.signal(signal.SIGSTOP)
        # Looks get rarer for a second, and a window counts as hidden after a while.
        time.sleep(4)
        begin, before = time.monotonic(), usage(oriel.pid)
        time.sleep(seconds)
        after, wall = usage(oriel.pid), time.monotonic() - begin
    finally:
        weston.signal(signal.SIGCONT)
        guest.stdin.close()
        guest.wait()
    oriel.check_running()
    oriel.quit()
    harness.check(oriel.wait() == 0, "oriel didn't end cleanly")
    return (after[0] - before[0]) / wall / 1e7, (after[1] - before[1]) / wall


def main():
    options = harness.options(build="build", oriel="build/backend/app/oriel", rounds="1",
                              seconds="20")
    guest_program = Path(options.build).resolve() / "tests" / "bench" / "vga-screen"
    os.environ["ORIEL"] = str(Path(options.oriel).resolve())
    rounds, seconds = int(options.rounds), int(options.seconds)
    lab = harness.Lab("vga-idle")
    try:
        weston = lab.weston(size=(1280, 1024))
        print("| screen | % of a core: median (least..most) | wake-ups a second | limit | met |\n"
              "| --- | --- | --- | --- | --- |")
        for name, what, hidden, limit in SCREENS:
            taken = [measure(lab, weston, guest_program, what, hidden, seconds)
                     for _ in range(rounds)]
            cpu, wakes = zip(*taken)
            median = statistics.median(cpu)
            met = median <= max(limit, NOTHING)
            print(f"| {name} | {median:.4f} ({min(cpu):.4f}..{max(cpu):.4f}) | "
                  f"{statistics.median(wakes):.1f} | ≤ {limit} | {'yes' if met else '**no**'} |",
                  flush=True)
    finally:
        lab.close(keep=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
