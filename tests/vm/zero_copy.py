#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Zero copy with a real udmabuf: boots the lab VM, runs lab/zero_copy_in_vm.py in it, and reports
its checks in TAP, so that each counts.

usage: zero_copy.py --oriel PROGRAM --blob-guest PROGRAM --folder FOLDER composited|scanout
"""

import argparse
import sys
import time
from pathlib import Path

import lab

sys.path.insert(0, str(lab.VM.parent / "e2e"))

import picture  # noqa: E402

SIZE = (640, 480)
TIMEOUT = 240
# What the VM must report: a check that is missing has failed.
CHECKS = {
    "composited": [
        "a udmabuf and no DRM device",
        "Weston shows a scattered guest buffer's exact pixels",
        "a buffer drawn over shows again",
        "no byte is copied",
        "oriel holds no GL context",
        "no captured frame mixes two",
        "a new 4K buffer's first presentation",
        "more pages than list_limit are copied",
        "a buffer over size_limit_mb is copied",
        "memory that could shrink is copied",
        "what was refused once is direct again",
    ],
}


class Tap:
    """Turns the VM's report into TAP lines; everything else becomes a comment."""

    def __init__(self, names):
        self._left = list(names)
        self._count = 0
        print(f"1..{len(names)}", flush=True)

    def line(self, text):
        verdict, _, rest = text.partition(" ")
        name, _, note = rest.partition(": ")
        if verdict in ("PASS", "FAIL") and name in self._left:
            self._left.remove(name)
            self.result(verdict == "PASS", name, note)
        else:
            print(f"# {text}", flush=True)

    def result(self, passed, name, note):
        self._count += 1
        print(f"# {note}\n{'ok' if passed else 'not ok'} {self._count} - {name}", flush=True)

    def end(self, reason):
        """What is still missing has failed."""
        for name in list(self._left):
            self.result(False, name, reason)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--oriel", required=True)
    parser.add_argument("--blob-guest", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("scenario", choices=CHECKS)
    options = parser.parse_args()
    start = time.monotonic()
    try:
        vm = lab.LabVm(Path(options.folder) / options.scenario,
                       programs=[options.oriel, options.blob_guest],
                       files=[lab.VM.parent / "e2e", lab.VM / "lab" / "zero_copy_in_vm.py"])
    except lab.Unavailable as reason:
        print(f"1..0 # SKIP {reason}")
        return
    for index in (1, 2, 3):
        picture.write_ppm(vm.share / "known-{}-{}x{}.ppm".format(index, *SIZE),
                          picture.known_picture(*SIZE, index))
    tap = Tap(CHECKS[options.scenario])
    try:
        status = vm.run(f"python3 zero_copy_in_vm.py {options.scenario}", TIMEOUT, on_line=tap.line)
        tap.end(f"the VM did not report it (status {status})")
    except lab.LabFailure as failure:
        for line in str(failure).splitlines():
            print(f"# {line}")
        tap.end("the VM did not come to its end")
    print(f"# the VM took {time.monotonic() - start:.1f} s")


main()
