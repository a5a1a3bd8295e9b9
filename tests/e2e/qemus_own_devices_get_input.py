# SPDX-License-Identifier: MIT
"""With --qmp the devices that QEMU emulates get what users do: a PS/2 keyboard at once, and an
absolute USB tablet as soon as the guest drives it; after the VMM's restart, too. Where the guest has
a virtio keyboard, that one gets the keys instead."""

from harness import check, main, prepare_vm, wait_for
from evdev_log import (BTN_LEFT, EV_ABS, EV_REL, KEY_A, KEY_LEFTALT, KEY_LEFTCTRL, SYN, EventLog, axis,
                       chord, input_devices)

PS2 = "AT Translated Set 2 keyboard"
TABLET = "QEMU QEMU USB Tablet"


def qemu_arguments(monitor):
    return ["-qmp", f"unix:{monitor},server=on,wait=off", "-device", "qemu-xhci", "-device",
            "usb-tablet"]


def test(lab):
    prepare_vm("debian")
    monitor = lab.runtime / "monitor"
    sockets = lab.runtime / "in"
    oriel = lab.oriel("headless", options=["--size", "1024x768", "--keep", "--qmp", monitor,
                                           "--input-socket", sockets])

    def ctl(*words):
        result = lab.ctl("vm", *words)
        check(result.returncode == 0, f"ctl {words}: {result.stderr}")

    def qmp():
        return oriel.stats()["input"]["qmp"]

    check(not qmp()["connected"], "connected to nobody")
    for _ in range(2):
        vm = lab.vm(oriel, scenario="input", extra=qemu_arguments(monitor))
        vm.wait_serial("guest: watching")
        wait_for(lambda: qmp()["connected"], 20, "oriel is connected to QEMU's monitor")
        log = EventLog(vm)
        ctl("key", "ctrl+alt+a")
        log.expect(PS2, *chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_A))
        wait_for(lambda: qmp()["absolute"], 20, "the guest uses the tablet")
        ctl("pointer", 512, 384)
        log.expect(TABLET, (EV_ABS, 0, 16384), (EV_ABS, 1, 16384), SYN)
        ctl("button", "left")
        log.expect(TABLET, *chord(BTN_LEFT))
        ctl("wheel", "-1")
        log.expect(TABLET, (EV_REL, 8, 1), (EV_REL, 11, 120), SYN)
        check(qmp()["errors"] == 0, f"{qmp()}")
        vm.kill()
        wait_for(lambda: not qmp()["connected"], 20, "oriel notices that QEMU is gone")

    vm = lab.vm(oriel, scenario="input", extra=qemu_arguments(monitor) + input_devices(sockets))
    vm.wait_serial("guest: watching")
    wait_for(lambda: qmp()["connected"], 20, "oriel is connected to QEMU's monitor")
    log = EventLog(vm)
    ctl("key", "a")
    log.expect("Oriel Keyboard", *chord(KEY_A))
    ctl("pointer", 1, 1)
    log.expect("Oriel Pointer", (EV_ABS, 0, axis(1, 1024)), (EV_ABS, 1, axis(1, 768)), SYN)
    check(oriel.log().count("oriel: qmp:") <= 8, f"too many lines: {oriel.log()}")


main(test)
