# SPDX-License-Identifier: MIT
"""A Linux guest's own event log has exactly what users did: keys, repeat, LEDs, an absolute pointer,
buttons, wheels, relative motion and touches, injected with oriel ctl; a reboot releases all."""

import time

from evdev_log import (BTN_LEFT, BTN_TOUCH, EV_ABS, EV_REL, KEY_A, KEY_LEFTALT, KEY_LEFTCTRL,
                       KEY_LEFTSHIFT, SYN, EventLog, axis, chord, input_devices, key)
from harness import check, main, options, prepare_vm, wait_for

NAMES = ("Oriel Keyboard", "Oriel Pointer", "Oriel Mouse", "Oriel Touchscreen")


def test(lab):
    chosen = options(kernel="debian", machine="q35", road="vfio-user")
    prepare_vm(chosen.kernel)
    sockets = lab.runtime / "in"
    oriel = lab.oriel("headless", road=chosen.road,
                      options=["--size", "1024x768", "--input-socket", sockets])

    def ctl(*words):
        result = lab.ctl("vm", *words)
        check(result.returncode == 0, f"ctl {words}: {result.stderr}")

    result = lab.ctl("vm", "key", "a")
    check(result.returncode == 1 and "driver" in result.stderr, f"no driver: {result}")

    vm = lab.vm(oriel, kernel=chosen.kernel, machine=chosen.machine, scenario="input",
                extra=input_devices(sockets, chosen.road))
    vm.wait_serial("guest: watching")
    for name in NAMES:
        check(f'"{name}"' in vm.serial(), f"the guest has no {name}")
        check(f"guest: uevent of {name}" in vm.serial(), f"no complete uevent of {name}")
    check('properties 0x2 "Oriel Touchscreen"' in vm.serial(), "the touch screen is no direct one")
    devices = {device["name"]: device for device in oriel.stats()["input"]["devices"]}
    check(all(device["attached"] and device["ready"] for device in devices.values()), f"{devices}")

    log = EventLog(vm)
    ctl("key", "ctrl+alt+a")
    log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_A))
    ctl("type", "aA")
    log.expect("Oriel Keyboard", *chord(KEY_A), *chord(KEY_LEFTSHIFT, KEY_A))

    # The guest's kernel switches the LED, and the device hears of it. The LED's event is in the
    # guest's log too.
    ctl("key", "caps_lock")
    wait_for(lambda: oriel.stats()["input"]["devices"][0]["leds"] == ["caps"], 20, "the caps LED")
    ctl("key", "caps_lock")
    wait_for(lambda: oriel.stats()["input"]["devices"][0]["leds"] == [], 20, "the caps LED is off")
    log.skip()

    # Held down: the guest makes the repeat.
    ctl("key", "a", "--down")
    wait_for(lambda: log.rest().count(("Oriel Keyboard", key(KEY_A, 2))) >= 3, 20, "the repeat")
    ctl("key", "a", "--up")
    wait_for(lambda: ("Oriel Keyboard", key(KEY_A, 0)) in log.rest(), 20, "the release")
    log.skip()
    time.sleep(1)
    check(log.rest() == [], f"the key repeats after its release: {log.rest()}")

    for x, y in ((0, 0), (1, 1), (512, 384), (1023, 767)):
        ctl("pointer", x, y)
    # The guest's kernel says only what differs, and 0 is where axes are at first.
    log.expect("Oriel Pointer",
               (EV_ABS, 0, axis(1, 1024)), (EV_ABS, 1, axis(1, 768)), SYN,
               (EV_ABS, 0, 16384), (EV_ABS, 1, 16384), SYN,
               (EV_ABS, 0, axis(1023, 1024)), (EV_ABS, 1, axis(767, 768)), SYN)
    ctl("button", "left")
    log.expect("Oriel Pointer", *chord(BTN_LEFT))
    ctl("wheel", "-1")
    ctl("wheel", "0.5")
    ctl("wheel", "0", "1")
    log.expect("Oriel Pointer", (EV_REL, 11, 120), (EV_REL, 8, 1), SYN, (EV_REL, 11, -60), SYN,
               (EV_REL, 12, 120), (EV_REL, 6, 1), SYN)

    ctl("move", "-5", "7")
    log.expect("Oriel Mouse", (EV_REL, 0, -5), (EV_REL, 1, 7), SYN)
    ctl("button", "right")
    log.expect("Oriel Mouse", *chord(0x111))

    ctl("touch", "512", "384")
    log.expect("Oriel Touchscreen", (EV_ABS, 0x39, 0), (EV_ABS, 0x35, 16384), (EV_ABS, 0x36, 16384),
               (EV_ABS, 0, 16384), (EV_ABS, 1, 16384), key(BTN_TOUCH, 1), SYN,
               (EV_ABS, 0x39, -1), key(BTN_TOUCH, 0), SYN)
    check(log.rest() == [], f"more than was done: {log.rest()}")

    stats = oriel.stats()["input"]
    check(stats["dropped"] == 0 and stats["undelivered"] == 0, f"{stats}")
    check(stats["latency_us"]["p50"] <= 50, f"{stats}")
    print(f"latency: {stats['latency_us']}")

    # A reboot releases what is held: the guest's next kernel knows of no key.
    ctl("key", "a", "--down")
    log.expect("Oriel Keyboard", key(KEY_A, 1), SYN)
    vm.qmp("system_reset")
    vm.wait_serial("guest: watching", count=2)
    log.skip()
    ctl("key", "a", "--up")
    ctl("key", "ctrl")
    log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL))
    vm.kill()
    check(oriel.wait() == 0, "oriel did not end with status 0 when the VMM went away")


main(test)
