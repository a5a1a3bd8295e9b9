# SPDX-License-Identifier: MIT
"""Over D-Bus a VM's state goes its own way: one that is saved and loaded shows what it showed then, and one that is
migrated to another QEMU shows on in the same window."""

import subprocess

from dbus_display import DISPLAY, Viewer, qemus
from harness import check, main, make, wait_for
from picture import known_picture

SIZE, OTHER = (1024, 768), (801, 600)


def monitor(vm, line):
    said = vm.qmp("human-monitor-command", **{"command-line": line})
    check(said == "", f"{line}: {said}")


def shows(lab, weston, viewer, size, what):
    want = known_picture(*size)
    lab.wait_picture(viewer.screenshot, want, f"the screenshot {what}")
    lab.wait_shown(weston, want, f"the compositor {what}")


def starts(lab, program, road, *more):
    return lab.vm(None, qemu=program, scenario="follow",
                  extra=[*DISPLAY, "-qmp", f"unix:{road},server=on,wait=off", *more])


def is_saved_and_loaded(lab, weston, vm, viewer):
    monitor(vm, "savevm before")
    check(lab.ctl("vm", "screen", "0", "%dx%d" % OTHER).returncode == 0, "ctl screen")
    shows(lab, weston, viewer, OTHER, "after the VM was saved")
    monitor(vm, "loadvm before")
    lab.wait_picture(viewer.screenshot, known_picture(*SIZE), "the screenshot after the VM was loaded")
    # The window has the size that the guest does not know of any more, until somebody tells it.
    check(lab.ctl("vm", "screen", "0", "%dx%d" % SIZE).returncode == 0, "ctl screen")
    shows(lab, weston, viewer, SIZE, "after the VM was loaded")


def is_migrated(lab, weston, program, road, vm, viewer):
    way = lab.runtime / "migration"
    # Takes the monitor's name over; the viewer stays with the first QEMU as long as that one lives.
    other = starts(lab, program, road, "-incoming", f"unix:{way}")
    wait_for(way.exists, 30, "the other QEMU waits")
    vm.qmp("migrate", uri=f"unix:{way}")
    wait_for(lambda: vm.qmp("query-migrate").get("status") == "completed", 60, "the VM is migrated")
    wait_for(lambda: other.qmp("query-status")["running"], 20, "the other QEMU runs it")
    vm.kill()
    wait_for(lambda: viewer.stats()["attached"], 20, "the viewer has the other QEMU's display")
    shows(lab, weston, viewer, SIZE, "after the migration")
    # It is the guest that goes on, and not a picture that was left.
    check(lab.ctl("vm", "screen", "0", "%dx%d" % OTHER).returncode == 0, "ctl screen")
    other.wait_serial("pattern on screen 0 %dx%d" % OTHER)
    shows(lab, weston, viewer, OTHER, "of the other QEMU")
    other.kill()
    viewer.check_running()


def test(lab):
    make("kernel", "debian")
    program = qemus()[-1]
    disk, road = lab.runtime / "state.qcow2", lab.runtime / "road.qmp"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "16M"], check=True)
    weston = lab.weston(size=(1280, 1024))
    vm = starts(lab, program, road, "-drive", f"if=none,id=state,format=qcow2,file={disk}")
    viewer = Viewer(lab, road, options=["--size", "%dx%d" % SIZE, "--keep"])
    viewer.wait_attached()
    vm.wait_serial("pattern on screen 0 %dx%d" % SIZE)
    shows(lab, weston, viewer, SIZE, "at first")
    window = viewer.pid
    is_saved_and_loaded(lab, weston, vm, viewer)
    is_migrated(lab, weston, program, road, vm, viewer)
    check(viewer.pid == window, "another process shows it")


main(test)
