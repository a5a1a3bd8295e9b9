# SPDX-License-Identifier: MIT
"""systemd runs Oriel's units, unchanged but for the program's place: a VMM that comes to the socket unit
starts the service; the service is ready once there are windows, and says how it stands; one that hangs is
ended and started anew, goes on with the VM that it had, and shows the one that comes after that."""

import json
import os
import signal
from pathlib import Path

from harness import VM, Process, check, main, make, prepare_vm, wait_for
from the_user_unit_serves_a_vm import NAME, key, unit
from user_manager import UserManager

SERVICE = f"oriel@{NAME}.service"
SOCKET = f"oriel@{NAME}.socket"
WATCHDOG_S = 3
GREY = (170, 170, 170)


def units(lab):
    path = unit(lab)
    text = path.read_text()
    start = key(text, "ExecStart").split()[0]
    sockets = Path(__file__).parents[2] / "data" / "systemd" / "oriel@.socket"
    return {
        "oriel@.service": text.replace(start, str(lab.oriel_program)),
        "oriel@.socket": sockets.read_text(),
        # A test can't wait for half a minute, and there is no journal.
        "oriel@.service.d/test.conf":
            f"[Service]\nWatchdogSec={WATCHDOG_S}\nStandardError=append:{lab.new_log('oriel')}\n",
    }


def qemu(lab):
    devices = []
    for socket in ("vfio-user", "in.kbd", "in.ptr"):
        devices += ["-device", json.dumps({"driver": "vfio-user-pci", "socket": {
            "type": "unix", "path": f"{lab.runtime}/oriel-{NAME}.{socket}"}})]
    return Process(lab, "qemu", [
        VM / "qemu", "-machine", "q35,accel=tcg,memory-backend=ram", "-m", "256", "-object",
        "memory-backend-memfd,id=ram,size=256M,share=on", "-nodefaults", "-display", "none", *devices])


def text_shows(weston, manager):
    """The firmware's text: light grey on black, over the whole output."""
    check(manager.status is None, "the service manager has ended")
    colours = weston.capture().colours()
    return set(colours) == {(0, 0, 0), GREY} and 500 < colours[GREY] < 50000


def test(lab):
    prepare_vm()
    weston = lab.weston(size=(1024, 768))
    (lab.folder / "config" / "oriel").mkdir(parents=True)
    (lab.folder / "config" / "oriel" / f"{NAME}.conf").write_text(
        f"ORIEL_OPTIONS=--option-rom {make('qemu', '--vga-rom')} --fullscreen --scaling integer\n")
    manager = UserManager(lab, units(lab), WAYLAND_DISPLAY="oriel-test")
    manager.without_refused("oriel@.service", [lab.folder, lab.runtime])

    def pid():
        return int(manager.shown(SERVICE, "MainPID"))

    def status(line):
        return lambda: manager.shown(SERVICE, "StatusText") == line

    manager.do("start", SOCKET)
    check(manager.ask("is-active", SERVICE) == "inactive", "the service runs without a VMM")
    first_vmm = qemu(lab)
    wait_for(lambda: manager.ask("is-active", SERVICE) == "active", 20, "the VMM has started the service")
    wait_for(status("a VM is attached"), 20, "its status")
    wait_for(lambda: text_shows(weston, manager), 30, "the VM's text is on the output")
    # Longer than the watchdog waits: it hears that the process is alive.
    first = pid()
    lab.processes[-1].check_running()
    wait_for(lambda: int(manager.shown(SERVICE, "WatchdogTimestampMonotonic")) >
             int(manager.shown(SERVICE, "ActiveEnterTimestampMonotonic")) + 2 * WATCHDOG_S * 10**6,
             4 * WATCHDOG_S, "signs of life")
    check(pid() == first, "the service was started anew without a reason")
    # The unit takes a lot away, but not what the process makes its sandbox with.
    check("sandbox" not in (lab.folder / "oriel.log").read_text(), "its sandbox lacks something")

    os.kill(first, signal.SIGSTOP)
    wait_for(lambda: pid() not in (0, first), 10 * WATCHDOG_S, "the service that hangs is started anew")
    wait_for(status("a VM is attached"), 20, "the new one's status: it goes on with the VM")
    check(int(manager.shown(SERVICE, "NRestarts")) == 1, "more than one restart")
    devices = json.loads(lab.ctl(NAME, "stats", "--json").stdout)["input"]["devices"]
    check(sum(device["attached"] for device in devices) == 2, f"not with its input devices: {devices}")
    first_vmm.check_running()
    first_vmm.kill()
    gone = "no VM is attached; the last one closed the connection, its last picture stays"
    wait_for(status(gone), 20, "the status after that VM")
    vmm = qemu(lab)
    wait_for(status("a VM is attached"), 20, "the next VMM is attached")
    wait_for(lambda: text_shows(weston, manager), 30, "the next VM's text is on the output")

    weston.kill()
    wait_for(status("a VM is attached, the compositor is away"), 20, "the status without a compositor")
    lab.weston(size=(1024, 768))
    wait_for(status("a VM is attached"), 20, "the status with a compositor")
    vmm.check_running()
    vmm.kill()
    wait_for(status(gone), 20, "the status after a VM")
    manager.do("stop", SERVICE)
    check(manager.shown(SERVICE, "Result") == "success", "the service did not end well")
    manager.do("stop", SOCKET)
    check(not list(lab.runtime.glob(f"oriel-{NAME}.*")), "the socket unit leaves something behind")


if __name__ == "__main__":
    main(test)
