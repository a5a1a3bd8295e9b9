# SPDX-License-Identifier: MIT
"""`oriel kiosk` and its VMs: QEMUs without a guest, which a test draws on (qtest_vm.py)."""

import json
import os
import signal

from harness import START_TIMEOUT, VM, Process, check, wait_for
from qtest_vm import QtestVm

QEMU = [str(VM / "qemu"), "-machine", "q35,accel=qtest", "-m", "64", "-nic", "none", "-monitor",
        "none", "-serial", "none", "-parallel", "none", "-nodefaults", "-display", "none", "-vga", "none"]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Kiosk(Process):
    """A supervisor. What it leaves running is ended with the lab."""

    def __init__(self, lab, file, compositor):
        self._lab_of = lab
        super().__init__(lab, "kiosk", [lab.oriel_program, "kiosk", file],
                         lab.environment(WAYLAND_DISPLAY=str(compositor)))
        lab.processes.remove(self)
        lab.processes.append(EverythingStarted(self))
        wait_for(self._answers, START_TIMEOUT, "the supervisor answers")

    def _answers(self):
        self.check_running()
        return self.ctl("status").returncode == 0

    def ctl(self, *arguments):
        return self._lab_of.ctl("kiosk", *arguments)

    def vms(self):
        result = self.ctl("status", "--json")
        check(result.returncode == 0, f"ctl kiosk status: {result.stderr}")
        return {vm["name"]: vm for vm in json.loads(result.stdout)["vms"]}

    def wait_state(self, name, state, timeout=40):
        """The VM's status, once it has that state."""
        last = {}

        def there():
            last.update(self.vms()[name])
            return last["state"] == state

        wait_for(there, timeout, f"{name} is {state}", 0.1)
        return dict(last)

    def pids(self):
        return {name: (vm["display_pid"], vm["vmm_pid"]) for name, vm in self.vms().items()}


class EverythingStarted:
    """Ends a supervisor and all that it has started."""

    def __init__(self, kiosk):
        self._kiosk = kiosk

    def kill(self):
        self._kiosk.kill()
        folder = self._kiosk._lab_of.runtime / "oriel"  # pylint: disable=protected-access
        for record in folder.glob("*.kiosk"):
            content = json.loads(record.read_text())
            for key in ("command", "holder", "display"):
                if content.get(key):
                    kill_all(content[key]["pid"])


def kill_all(pid):
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def qemu(lab, name):
    """A QEMU's command line, for a file's `qemu`."""
    return json.dumps([*QEMU, "-qtest", f"unix:{lab.runtime / name}.qtest,server=on,wait=off", "-qtest-log", "/dev/null"])


def draw(lab, name, colour, size=(640, 480)):
    """Fills the VM's screen, which gets that size."""
    vm = QtestVm(lab.runtime / f"{name}.qtest")
    vm.fill(colour, size)
    vm.close()


def wait_colours(compositor, wanted, what, timeout=20):
    """Until these outputs have these colours, and no other pixel."""
    last = {}

    def shown():
        last.update({name: compositor.colour(name) for name in wanted})
        return last == wanted

    try:
        wait_for(shown, timeout, what, 0.2)
    except Exception as error:
        raise type(error)(f"{error}: {last}, expected {wanted}") from None
