# SPDX-License-Identifier: MIT
"""A QEMU with a monitor and a serial line as text consoles (`vc`), and --text-consoles: each of its consoles
is a screen, or one line says that none of text has a picture."""

from dbus_display import DISPLAY, Firmware, qemus
from harness import START_TIMEOUT, Process, check, main, wait_for

NONE = "this QEMU has no text console with a picture"


def test(lab):
    for program in qemus():
        vm = Firmware(lab, program, "VGA", [*DISPLAY, "-monitor", "vc", "-serial", "vc"])
        oriel = Process(lab, "headless", [lab.oriel_program, "headless", "--name", "vm", "--dbus",
                                          f"qmp:{vm.qmp_path}", "--text-consoles"])
        wait_for(lambda: "QEMU's display is attached" in oriel.log(), START_TIMEOUT,
                 "the display is attached")
        (line,) = [text for text in oriel.log().splitlines() if "display is attached" in text]
        screens = int(line.rsplit(",", 1)[1].split()[0])
        check((oriel.log().count(NONE) == 1) == (screens == 1) and screens in (1, 3),
              f"{screens} screens:\n{oriel.log()}")
        wait_for(lambda: lab.ctl("vm", "screenshot", lab.folder / "vga.png").returncode == 0,
                 START_TIMEOUT, "the graphics card's picture is the first screen's")
        check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait() == 0, oriel.log())
        check(vm.status is None, "the VM ended with its viewer")
        vm.kill()


main(test)
