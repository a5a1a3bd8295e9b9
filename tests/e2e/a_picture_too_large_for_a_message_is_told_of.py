# SPDX-License-Identifier: MIT
"""QEMU's own card at 7680x4320 and 8192x8192, whose pixels QEMU puts into messages that D-Bus does not have:
the screen is dark, one line says so, nothing ends, memory is bounded, and a smaller mode shows exactly."""

import re
from pathlib import Path

from dbus_display import DISPLAY, Firmware, Viewer, qemus
from harness import check, main, tail, wait_for
from qtest_vm import STD_VGA, QtestVm

SMALL = (1024, 768)
# A message of 128 MiB, a picture of 4096x4096 in two buffers, and the program itself.
MOST_KIB = (128 + 2 * 64 + 32) << 10


def most_memory(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def size_of(oriel):
    picture = oriel.screenshot()
    return picture and (picture.width, picture.height)


def is_shown(lab, guest, oriel, vm, colour):
    """A picture that has room, exactly."""
    guest.fill(colour, SMALL)
    wait_for(lambda: size_of(oriel) == SMALL, 60, f"a mode of {SMALL} shows:\n{tail(oriel.log())}")
    lab.wait_picture(oriel.screenshot, vm.screendump(), "QEMU's own picture of it")


def test(lab):
    for program in qemus():
        qtest = lab.runtime / "qtest"
        vm = Firmware(lab, program, "bochs-display",
                      [*DISPLAY, "-global", "bochs-display.vgamem=256M", "-S",
                       "-qtest", f"unix:{qtest},server=on,wait=off", "-qtest-log", "/dev/null"])
        oriel = Viewer(lab, vm.qmp_path, command="headless")
        oriel.wait_attached()
        guest = QtestVm(qtest, card=STD_VGA)
        is_shown(lab, guest, oriel, vm, (10, 20, 30))
        guest.mode((4096, 4096))
        wait_for(lambda: size_of(oriel) == (4096, 4096), 60, "the largest picture for a message")
        for number, (size, what) in enumerate((((7680, 4320), "7680x4320 px"),
                                               ((8192, 8192), "more than 128 MiB"))):
            guest.mode(size)
            wait_for(lambda: size_of(oriel) is None, 60, f"{size} is dark:\n{tail(oriel.log())}")
            check(oriel.log().count(f"QEMU sends a picture of {what}, and a D-Bus message has no "
                                    "room for it") == 1, oriel.log())
            is_shown(lab, guest, oriel, vm, (40 + number, 50, 60))
        stats = oriel.stats()
        check(stats["dbus"]["connects"] == 1 and stats["dbus"]["malformed"] == 0, f"{stats}")
        check(most_memory(oriel.pid) < MOST_KIB, f"{most_memory(oriel.pid)} KiB were used")
        check(vm.status is None, "QEMU has ended")
        guest.close()
        check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait() == 0, oriel.log())
        vm.kill()


main(test)
