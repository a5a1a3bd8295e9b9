# SPDX-License-Identifier: MIT
"""OVMF takes every virtio-input device for a keyboard: its keyboard gets keys, and who asks for a pointer or
a touch hears that nobody is there, instead of a 0 that means nothing."""

from evdev_log import input_devices
from harness import BOOT_TIMEOUT, check, main, prepare_vm, wait_for


def test(lab):
    prepare_vm()
    sockets = lab.runtime / "in"
    oriel = lab.oriel("headless", options=["--input-socket", sockets])
    lab.vm(oriel, kernel="none", firmware="ovmf", extra=input_devices(sockets))

    def ready():
        return [device["name"] for device in oriel.stats()["input"]["devices"] if device["ready"]]

    wait_for(lambda: ready() == ["keyboard"], BOOT_TIMEOUT, "the firmware drives the keyboard")
    check(lab.ctl("vm", "key", "ret").returncode == 0, "ctl key")
    for words in (("pointer", 10, 10), ("move", 1, 1), ("button", "left"), ("touch", 10, 10)):
        result = lab.ctl("vm", *words)
        check(result.returncode != 0 and "no device that hears" in result.stderr,
              f"{words}: {result}")
    check(ready() == ["keyboard"], f"{ready()}")


main(test)
