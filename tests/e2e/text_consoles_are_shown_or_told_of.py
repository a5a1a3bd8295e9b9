# SPDX-License-Identifier: MIT
"""A QEMU with a monitor and a serial line as text consoles (`vc`), and --text-consoles: each of its consoles
is a screen, or one line says that none of text has a picture."""

from dbus_display import DISPLAY, Firmware
from harness import START_TIMEOUT, Process, check, main, wait_for
from newest_qemu import every_qemu

NONE = "this QEMU has no text console with a picture"


# What may be one: a monitor, a serial line, a printer, a device of its own.
CONSOLES = ["-monitor", "vc", "-serial", "vc", "-parallel", "vc", "-chardev", "vc,id=c",
            "-serial", "chardev:c"]


def test(lab):
    for program in every_qemu(lab):
        vm = Firmware(lab, program, "VGA", [*DISPLAY, *CONSOLES])
        oriel = Process(lab, "headless", [lab.oriel_program, "headless", "--name", "vm", "--dbus",
                                          f"qmp:{vm.qmp_path}", "--text-consoles"])
        wait_for(lambda: "QEMU's display is attached" in oriel.log(), START_TIMEOUT,
                 "the display is attached")
        (line,) = [text for text in oriel.log().splitlines() if "display is attached" in text]
        screens = int(line.rsplit(",", 1)[1].split()[0])
        check((oriel.log().count(NONE) == 1) == (screens == 1) and screens in (1, 5),
              f"{screens} screens:\n{oriel.log()}")
        wait_for(lambda: lab.ctl("vm", "screenshot", lab.folder / "vga.png").returncode == 0,
                 START_TIMEOUT, "the graphics card's picture is the first screen's")
        check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait() == 0, oriel.log())
        check(vm.status is None, "the VM ended with its viewer")
        print(f"{vm.qmp('query-version')['qemu']}: {screens} screens")
        vm.kill()


main(test)
