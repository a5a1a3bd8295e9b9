# SPDX-License-Identifier: MIT
"""What a user does in the window of a device model that is linked with liboriel-vdpy reaches a Linux
guest, whose VMM has attached to the sockets of input=PATH: its own event log says so."""

from device_model import DeviceModel
from evdev_log import (BTN_LEFT, EV_ABS, KEY_A, KEY_LEFTSHIFT, SYN, EventLog, axis, chord,
                       input_devices, key)
from harness import check, main, options, prepare_vm, wait_for
from picture import known_picture
from sway import Keyboard, Pointer, Sway

SIZE = (1024, 768)


def test(lab):
    chosen = options(kernel="debian")
    sway = Sway(lab, size=SIZE)
    prepare_vm(chosen.kernel)
    sockets = lab.runtime / "in"
    with Pointer(sway) as pointer, Keyboard(sway) as keyboard:
        pointer.move(1023, 767)
        model = DeviceModel(lab, WAYLAND_DISPLAY=str(sway.socket))
        model.start(f"geometry=1024x768+0+0,input={sockets}")
        model.show(0, known_picture(*SIZE))
        # Its own display is nobody's.
        vm = lab.vm(kernel=chosen.kernel, scenario="input", extra=input_devices(sockets, "vhost-user"))
        vm.wait_serial("guest: watching")
        log = EventLog(vm)
        log.skip()
        keyboard.chord(KEY_A)
        keyboard.chord(KEY_LEFTSHIFT, KEY_A)
        log.expect("Oriel Keyboard", *chord(KEY_A), *chord(KEY_LEFTSHIFT, KEY_A))
        # Where the pointer was when the guest came, it may have been told or not.
        pointer.move(700, 100)
        wait_for(lambda: ("Oriel Pointer", (EV_ABS, 1, axis(100, 768))) in log.rest(), 20, "a move")
        log.skip()
        pointer.move(512, 384)
        pointer.button(BTN_LEFT, True)
        pointer.button(BTN_LEFT, False)
        log.expect("Oriel Pointer", (EV_ABS, 0, axis(512, 1024)), (EV_ABS, 1, axis(384, 768)), SYN,
                   key(BTN_LEFT, 1), SYN, key(BTN_LEFT, 0), SYN)
        model.end()
        check(not list(lab.runtime.glob("in.*")), "sockets are left")


main(test)
