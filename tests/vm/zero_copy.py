#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real dma-bufs: boots the lab VM, runs a program of the folder lab in it, and reports its checks in TAP,
so that each counts.

usage: zero_copy.py --oriel PROGRAM --blob-guest PROGRAM --device-model PROGRAM --folder FOLDER
                    composited|scanout|qemu_gl
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import lab

sys.path.insert(0, str(lab.VM.parent / "e2e"))

import harness  # noqa: E402
import picture  # noqa: E402

# As in lab/zero_copy_in_vm.py and lab/gl_display_in_vm.py.
SIZES = {"composited": (160, 120), "scanout": (1024, 768), "qemu_gl": (160, 120)}
# What runs there, on which kind of lab VM.
PROGRAMS = {"composited": "zero_copy_in_vm.py", "scanout": "zero_copy_in_vm.py",
            "qemu_gl": "gl_display_in_vm.py"}
KINDS = {"composited": "stable", "scanout": "new", "qemu_gl": "gl"}
# QEMU and Weston draw with llvmpipe at the same time.
MEMORY = {"qemu_gl": 3072}
DUMP_CHECK = "the display has the guest's exact pixels"
DUMPED_INDEX = 2
TIMEOUT = {"composited": 300, "scanout": 300, "qemu_gl": 480}
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
        "ACRN's display shows udmabufs' exact pixels, uncopied",
    ],
    "scanout": [
        "Weston scans the guest's buffer out",
        DUMP_CHECK,
        "oriel holds no GL context",
    ],
    "qemu_gl": [
        "a render node without a GPU",
        "virgl's upside-down pictures are exact",
        "virgl's flips are paced, and no captured frame mixes two",
        "pictures that QEMU uploads are exact",
        "a blob's pictures without a modifier are exact",
        "a blob's flips are paced, and no captured frame mixes two",
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
        if verdict in ("PASS", "FAIL", "SKIP") and name in self._left:
            self._left.remove(name)
            self.result(verdict != "FAIL", name, note, skipped=verdict == "SKIP")
        else:
            print(f"# {text}", flush=True)

    def report(self, passed, name, note):
        """A check of the host's own."""
        self._left.remove(name)
        self.result(passed, name, note)

    def result(self, passed, name, note, skipped=False):
        self._count += 1
        print(f"# {note}\n{'ok' if passed else 'not ok'} {self._count} - {name}" +
              (f" # SKIP {note}" if skipped else ""), flush=True)

    def end(self, reason):
        """What is still missing has failed."""
        for name in list(self._left):
            self.result(False, name, reason)


def compare_dump(socket, file, want, tap):
    """The VM's display as QEMU has it, against the picture that the guest has drawn."""
    try:
        harness.qmp(socket, "screendump", filename=str(file))
        wrong = picture.difference(picture.read_ppm(file), want)
    except (OSError, ValueError, harness.Failure) as error:
        wrong = f"no screen dump: {error}"
    tap.report(wrong is None, DUMP_CHECK, wrong or f"{want.width}x{want.height}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--oriel", required=True)
    parser.add_argument("--blob-guest", required=True)
    parser.add_argument("--device-model", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("scenario", choices=CHECKS)
    options = parser.parse_args()
    start = time.monotonic()
    scanout = options.scenario == "scanout"
    size = SIZES[options.scenario]
    try:
        vm = lab.LabVm(Path(options.folder) / options.scenario,
                       kind=KINDS[options.scenario],
                       programs=[options.oriel, options.blob_guest, options.device_model],
                       files=[lab.VM.parent / "e2e", lab.VM.parent / "support",
                              lab.VM / "lab" / "vm_checks.py",
                              lab.VM / "lab" / PROGRAMS[options.scenario]],
                       display=size if scanout else None)
    except lab.Unavailable as reason:
        print(f"1..0 # SKIP {reason}")
        return
    pictures = {index: picture.known_picture(*size, index) for index in (1, 2, 3)}
    for index, known in pictures.items():
        picture.write_ppm(vm.share / "known-{}-{}x{}.ppm".format(index, *size), known)
    tap = Tap(CHECKS[options.scenario])
    # Socket paths are short, build folders often aren't.
    runtime = Path(tempfile.mkdtemp(prefix="oriel-vm-"))
    socket = runtime / "qmp"

    def on_line(text):
        if text == "dump now":
            compare_dump(socket, vm.out / "display.ppm", pictures[DUMPED_INDEX], tap)
        else:
            tap.line(text)

    try:
        status = vm.run(f"python3 {PROGRAMS[options.scenario]} {options.scenario}", TIMEOUT[options.scenario],
                        on_line=on_line, memory=MEMORY.get(options.scenario, 2048), qmp=socket)
        tap.end(f"the VM did not report it (status {status})")
    except lab.LabFailure as failure:
        for line in str(failure).splitlines():
            print(f"# {line}")
        tap.end("the VM did not come to its end")
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
    print(f"# the VM took {time.monotonic() - start:.1f} s")


main()
