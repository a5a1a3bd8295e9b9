# SPDX-License-Identifier: MIT
"""In a window on a compositor with a seat: the guest's own event log has what the user's keyboard and
pointer did, to the pixel; Ctrl+Alt gives the keyboard back; nothing stays pressed when the focus
goes."""

from evdev_log import (BTN_LEFT, EV_ABS, EV_REL, KEY_A, KEY_LEFTALT, KEY_LEFTCTRL, KEY_LEFTSHIFT, SYN,
                       EventLog, axis, chord, input_devices, key)
from harness import check, main, options, prepare_vm, wait_for
from sway import Keyboard, Pointer, Sway

KEY_F = 33
HINT = "Ctrl+Alt releases the keyboard"


def test(lab):
    chosen = options(kernel="debian")
    sway = Sway(lab)
    prepare_vm(chosen.kernel)
    sockets = lab.runtime / "in"
    with Pointer(sway) as pointer, Keyboard(sway) as keyboard:
        pointer.move(1023, 767)
        oriel = lab.oriel(options=["--size", "1024x768", "--input-socket", sockets],
                          compositor=sway.socket)
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="input", extra=input_devices(sockets))
        vm.wait_serial("guest: watching")
        log = EventLog(vm)

        keyboard.chord(KEY_A)
        keyboard.chord(KEY_LEFTSHIFT, KEY_A)
        log.expect("Oriel Keyboard", *chord(KEY_A), *chord(KEY_LEFTSHIFT, KEY_A))

        # Where the pointer was when the guest came, it may have been told or not.
        pointer.move(700, 100)
        wait_for(lambda: ("Oriel Pointer", (EV_ABS, 1, axis(100, 768))) in log.rest(), 20, "a move")
        log.skip()
        pointer.move(512, 384)
        log.expect("Oriel Pointer", (EV_ABS, 0, axis(512, 1024)), (EV_ABS, 1, axis(384, 768)), SYN)
        check(not any(HINT in title for title in sway.titles()), f"grabbed: {sway.titles()}")
        pointer.button(BTN_LEFT, True)
        pointer.move(0, 384)
        pointer.button(BTN_LEFT, False)
        log.expect("Oriel Pointer", key(BTN_LEFT, 1), SYN, (EV_ABS, 0, 0), SYN, key(BTN_LEFT, 0), SYN)
        pointer.wheel(-2)
        log.expect("Oriel Pointer", (EV_REL, 11, 240), (EV_REL, 8, 2), SYN)

        # The click has grabbed the keyboard, the title says so, and the chord ends it.
        wait_for(lambda: any(HINT in title for title in sway.titles()), 20, "the title's hint")
        keyboard.chord(KEY_LEFTCTRL, KEY_LEFTALT)
        wait_for(lambda: not any(HINT in title for title in sway.titles()), 20, "no hint any more")
        log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL, KEY_LEFTALT))
        # What a chord means to the window, the guest gets no letter of.
        keyboard.chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)
        log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL, KEY_LEFTALT))
        keyboard.chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)
        log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL, KEY_LEFTALT))

        # The focus goes while a key is down.
        keyboard.key(KEY_A, True)
        log.expect("Oriel Keyboard", key(KEY_A, 1), SYN)
        sway.message("workspace 2")
        wait_for(lambda: ("Oriel Keyboard", key(KEY_A, 0)) in log.rest(), 20, "the release")
        keyboard.key(KEY_A, False)
        log.skip()
        sway.message("workspace 1")
        keyboard.chord(KEY_A)
        wait_for(lambda: ("Oriel Keyboard", key(KEY_A, 0)) in log.rest(), 20, "a key after that")
        check(log.rest()[:3:2] == [("Oriel Keyboard", key(KEY_A, 1)),
                                   ("Oriel Keyboard", key(KEY_A, 0))], f"{log.rest()}")
        stats = oriel.stats()["input"]
        check(stats["dropped"] == 0, f"{stats}")


main(test)
