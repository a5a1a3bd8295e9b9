# SPDX-License-Identifier: MIT
"""What the programs share that run inside the lab VM: checks that are reported to the host ("PASS name: note"
or "FAIL name: reason"), the known pictures, and captures of the compositor's output beside a guest that draws."""

import os
import shutil
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

sys.path.insert(0, "/share/e2e")

import harness  # noqa: E402
import picture  # noqa: E402

OUT = Path("/out")
TEARING_RUNS = 3
# Captures with as many different colours prove something.
ENOUGH_COLOURS = 20
# Seconds between captures: each costs the compositor time that the next frame needs.
CAPTURE_PAUSE = 0.05


class Checks:
    """Runs checks and reports each; one that fails doesn't stop the others."""

    def __init__(self):
        self.failed = 0

    def run(self, name, function, *arguments):
        start = time.monotonic()
        try:
            note = function(*arguments)
            seconds = f"{time.monotonic() - start:.1f} s"
            print(f"PASS {name}: " + (f"{note}; {seconds}" if note else seconds), flush=True)
        except harness.Skip as reason:
            print(f"SKIP {name}: {reason}", flush=True)
        except harness.Failure as failure:
            self.failed += 1
            print(f"FAIL {name}: " + " / ".join(str(failure).splitlines()), flush=True)
        except Exception:  # pylint: disable=broad-except
            self.failed += 1
            print(traceback.format_exc(), flush=True)
            print(f"FAIL {name}: see the traceback before this line", flush=True)


def known(index, size):
    """The known picture, as the host has computed it (here that would take seconds)."""
    return picture.read_ppm(f"/share/known-{index}-{size[0]}x{size[1]}.ppm")


def scanout_of(oriel):
    return oriel.stats()["scanouts"][0]


class Captures(threading.Thread):
    """Takes Weston's picture again and again until it is told to stop."""

    def __init__(self, weston):
        super().__init__()
        self.colours = []
        self.mixed = []
        self.error = None
        self._weston = weston
        self._stop = threading.Event()

    def run(self):
        try:
            while not self._stop.wait(CAPTURE_PAUSE):
                shot = self._weston.capture()
                # Rows of one colour each are compared as a whole, pixel by pixel only where not.
                first = shot.rows[0]
                if any(row != first for row in shot.rows) or first != first[:3] * shot.width:
                    self.mixed.append(shot)
                else:
                    self.colours.append(first[:3])
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def stop(self):
        self._stop.set()
        self.join(60)
        harness.check(self.error is None, f"a capture failed: {self.error}")


def black(size):
    return picture.Picture(*size, [bytes(3 * size[0])] * size[1])


def look_for_mixes(run):
    """Frames that the compositor answers in time never mix. It has so long as the pacing rule gives
    it; who takes longer is not waited for, and a run in which both happened proves nothing. `run` returns
    a note, how many captures mix two frames, and how many flushes the timer has answered."""
    for _ in range(TEARING_RUNS):
        note, mixed, by_timer = run()
        if not mixed:
            return note
        if not by_timer:
            raise harness.Failure(note)
    raise harness.Skip(f"the compositor was too slow on this machine: {note}")


def judge(captures, note):
    """How many captures mix two; Failure where there are too few to say so."""
    shown = len(set(captures.colours))
    note += f", {len(captures.colours)} captures with {shown} different colours"
    if captures.mixed:
        note += f", {len(captures.mixed)} captures mix two"
        picture.write_png(OUT / "mixed.png", captures.mixed[0])
    harness.check(shown >= ENOUGH_COLOURS or captures.mixed,
                  f"too few captures to prove anything: {note}")
    return note, len(captures.mixed)


def main(scenario):
    """Runs scenario(lab, checks), and ends the process."""
    os.environ.update(ORIEL="/share/oriel", ORIEL_ARTIFACTS="/tmp/lab")
    # An emulated CPU compiles llvmpipe's shaders, and its host may be busy.
    harness.START_TIMEOUT = 120
    checks = Checks()
    lab = harness.Lab("vm")
    try:
        scenario(lab, checks)
    except harness.Failure as failure:
        print(f"stopped: {failure}", flush=True)
        checks.failed += 1
    except Exception:  # pylint: disable=broad-except
        print(f"stopped: {traceback.format_exc()}", flush=True)
        checks.failed += 1
    finally:
        if checks.failed:
            # A program that crashed is named there.
            subprocess.run("busybox dmesg | tail -n 12", shell=True, check=False)
            for log in sorted(lab.folder.glob("*.log")):
                shutil.copy(log, OUT)
                print(f"--- {log.name}\n{harness.tail(log.read_text(errors='replace'), 25)}",
                      flush=True)
        lab.close(keep=False)
    # Without waiting for threads that hang.
    sys.stdout.flush()
    os._exit(1 if checks.failed else 0)
