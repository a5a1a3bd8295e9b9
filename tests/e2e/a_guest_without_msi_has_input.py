# SPDX-License-Identifier: MIT
"""With pci=nomsi the guest's input devices work by INTx, key after key; the card can't, and one line says
why."""

from evdev_log import KEY_A, KEY_LEFTSHIFT, EventLog, chord, input_devices
from harness import check, main, options, prepare_vm


def test(lab):
    chosen = options(machine="q35")
    prepare_vm("debian")
    sockets = lab.runtime / "in"
    oriel = lab.oriel("headless", options=["--input-socket", sockets])
    vm = lab.vm(oriel, scenario="input", append="pci=nomsi", machine=chosen.machine,
                extra=input_devices(sockets))
    vm.wait_serial("guest: watching")
    log = EventLog(vm)
    for _ in range(5):
        check(lab.ctl("vm", "key", "a").returncode == 0, "ctl key")
        log.expect("Oriel Keyboard", *chord(KEY_A))
    check(lab.ctl("vm", "key", "shift+a").returncode == 0, "ctl key")
    log.expect("Oriel Keyboard", *chord(KEY_LEFTSHIFT, KEY_A))
    lines = [line for line in oriel.log().splitlines() if "pci=nomsi" in line]
    check(len(lines) == 1, f"one line about the card: {oriel.log()}")


main(test)
