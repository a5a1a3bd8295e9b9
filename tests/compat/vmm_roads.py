#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What each VMM that can be had here does over each road on which Oriel is the card, as a table for
data/doc/vmms.md.

A Linux guest (TCG) draws a picture on screen 0 and again when its preferred mode changes. Each cell is what
a run did: whether oriel's screenshot is the guest's picture to the last bit, whether its pixels are the
guest's own pages (blobs), whether the guest follows a new size, shows its picture after a reset, whether a VM
that is started after QEMU was killed shows in the same window, and whether QEMU saves its state. Of the input
devices only the last is asked here: "what a user does reaches the guest" tests them. With --write each row goes
into the page when it is known.

usage: vmm_roads.py [--kernel debian|new] [--only QEMU-VERSION] [--device NAME] [--write yes]

The QEMUs are the machine's own one, Debian 13's and the backport that tests/vm/qemu fetches.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import harness  # noqa: E402
import oriel_run  # noqa: E402
import vmms  # noqa: E402
from evdev_log import input_devices  # noqa: E402
from picture import known_picture  # noqa: E402

SIZE, OTHER = (1024, 768), (800, 600)
ALL_FEATURES = "vhost-user-test-device-pci"
TEST_DEVICE = f"{ALL_FEATURES},virtio-id=16,num_vqs=2,config_size=24,vq_size=256"
INPUT = "vhost-user-input-pci"
DEVICES = {"vfio-user-pci": None, "vhost-user-gpu-pci": "vhost-user-gpu-pci",
           "vhost-user-vga": "vhost-user-vga", ALL_FEATURES: TEST_DEVICE, INPUT: INPUT}
HEAD = ("| VMM | device | guest | picture | blobs | new size | reset | killed, started anew | saved |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
CELLS = 7


def said(check, yes="yes", no="no"):
    """What a step came to."""
    try:
        return yes if check() is not False else no
    except harness.Failure as failure:
        print(f"# {failure}".splitlines()[0])
        return no


class Run:
    """One QEMU and one of its devices."""

    def __init__(self, lab, program, device, kernel):
        self._lab = lab
        self._program = program
        self._device = device
        self._kernel = kernel
        self._road = "vfio-user" if DEVICES[device] is None else "vhost-user"
        self._name = device
        self._sockets = lab.runtime / f"{device}.in"
        self._oriel = lab.oriel("headless", name=device, road=self._road, options=[
            "--size", "%dx%d" % SIZE, "--keep", "--input-socket", self._sockets])

    def _boot(self):
        more = {} if self._road == "vfio-user" else {"vhost_device": DEVICES[self._device]}
        return self._lab.vm(self._oriel, kernel=self._kernel, scenario="follow", qemu=self._program, **more)

    def _shows(self, size=SIZE, timeout=30):
        self._lab.wait_picture(self._oriel.screenshot, known_picture(*size), "the picture", timeout)

    def _follows(self):
        result = self._lab.ctl(self._name, "screen", "0", "%dx%d" % OTHER)
        harness.check(result.returncode == 0, result.stderr)
        self._shows(OTHER, 20)

    def _is_reset(self, vm, shown):
        vm.qmp("system_reset")
        vm.wait_serial("pattern on screen 0", count=shown + 1)
        self._shows(OTHER if "%dx%d" % OTHER in vm.serial().rsplit("pattern on screen 0", 1)[1] else SIZE)

    def _saved(self, vm):
        """Not whether the picture comes along: nothing of the card's does."""
        state = self._lab.runtime / f"{self._device}.state"
        try:
            vm.qmp("migrate", uri=f"exec:cat >{state}")
        except harness.Failure as failure:
            text = re.search(r"'desc': (?:\"(.*)\"|'(.*)')}", str(failure))
            return f"QEMU refuses: \"{re.sub('[0-9a-f:.]+/', '', text.group(1) or text.group(2))}\""
        harness.wait_for(lambda: vm.qmp("query-migrate")["status"] in ("completed", "failed"), 60, "saved")
        answer = vm.qmp("query-migrate")
        return "the VM, not the card" if answer["status"] == "completed" else f"failed: {answer.get('error-desc', '')}"

    def _restarts(self, vm):
        vm.kill()
        harness.wait_for(lambda: not self._oriel.stats()["attached"], 20, "the VM that was killed is gone")
        vm = self._boot()
        vm.wait_serial("pattern on screen 0")
        self._shows(OTHER if "%dx%d" % OTHER in vm.serial().rsplit("pattern on screen 0", 1)[1] else SIZE)

    def _refused(self, vm):
        """QEMU's words, where it has ended."""
        if vm.status is None:
            raise harness.Failure("a guest that is too slow is no refusal")
        lines = [line for line in vm.log().splitlines() if "vhost" in line or "vfio" in line]
        return f"QEMU refuses: \"{lines[-1].rsplit(': ', 1)[-1] if lines else 'no guest'}\""

    def cells(self):
        vm = self._boot()
        try:
            vm.wait_serial("pattern on screen 0")
        except harness.Failure:
            return ["-", self._refused(vm)] + ["-"] * (CELLS - 2)
        guest = "Linux " + re.search(r"guest: Linux (\d+\.\d+)", vm.serial()).group(1)
        picture = said(self._shows, f"exact, {SIZE[0]}x{SIZE[1]}", "not exact")
        blobs = "yes" if self._oriel.stats()["gpu"]["blobs"] > 0 else "no"
        found = [guest, picture, blobs, said(self._follows)]
        found.append(said(lambda: self._is_reset(vm, vm.serial().count("pattern on screen 0"))))
        saved = self._saved(vm)
        return [*found, said(lambda: self._restarts(vm)), saved]

    def input_cells(self):
        """Four of them beside a card of QEMU's own, in a machine that boots nothing."""
        vm = self._lab.vm(None, kernel="none", qemu=self._program,
                          extra=input_devices(self._sockets, "vhost-user"))

        def ended_or_answers():
            try:
                return vm.status is not None or bool(vm.qmp("query-status"))
            except (harness.Failure, OSError):
                return False
        harness.wait_for(ended_or_answers, 20, "QEMU's monitor answers")
        return ["-"] * (CELLS - 1) + [self._refused(vm) if vm.status is not None else self._saved(vm)]

    def row(self):
        try:
            cells = self.input_cells() if self._device == INPUT else self.cells()
            return f"| QEMU {vmms.version(self._program)} | {self._device} | {' | '.join(cells)} |"
        finally:
            self._oriel.quit()


def rows_of(lab, program, has, kernel, only):
    for device in DEVICES:
        if device in has and only in ("", device):
            row = Run(lab, program, device, kernel).row()
            print(row, flush=True)
            yield row
            for process in lab.processes:
                process.kill()


def programs(lab, only):
    """Each QEMU with its devices. An unpacked one can't say what it has where the machine's has modules."""
    own = shutil.which("qemu-system-x86_64")
    found = [(own, vmms.devices(own))] if own else []
    found += [(oriel_run.fetched_qemu(lab, "--stable"), ["vhost-user-gpu-pci", "vhost-user-vga", INPUT]),
              (oriel_run.fetched_qemu(lab), list(DEVICES))]
    return [(program, has) for program, has in found if only in ("", vmms.version(program))]


def written(row):
    """The page with this row in place of that of the same VMM, device and guest, and the others as they were."""
    text = vmms.PAGE.read_text(encoding="utf-8")
    start = text.index(HEAD[0])
    old = text[start:].split("\n\n", 1)[0].rstrip("\n").splitlines()
    kept = [other for other in old[2:] if other.split("|")[1:4] != row.split("|")[1:4]]

    def order(one):
        name, device, guest = (cell.strip() for cell in one.split("|")[1:4])
        return [int(part) for part in name.split()[1].split(".")], list(DEVICES).index(device), guest
    return text.replace("\n".join(old), "\n".join([*HEAD, *sorted([*kept, row], key=order)]), 1)


def main():
    options = harness.options(kernel="debian", only="", device="", write="")
    harness.prepare_vm(options.kernel)
    lab = harness.Lab("vmm-roads")
    try:
        for program, has in programs(lab, options.only):
            for row in rows_of(lab, program, has, options.kernel, options.device):
                if options.write:
                    vmms.PAGE.write_text(written(row), encoding="utf-8")
    finally:
        lab.close(keep=False)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.Skip as reason:
        print(f"SKIP {reason}")
        sys.exit(harness.SKIPPED)
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
