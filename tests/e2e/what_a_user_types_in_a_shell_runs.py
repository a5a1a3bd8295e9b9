# SPDX-License-Identifier: MIT
"""A user sits before the window and types a command into the guest's console: the guest's shell runs
it, and what it prints is in the window."""

from evdev_log import KEY_LEFTSHIFT, input_devices
from harness import check, main, options, prepare_vm, wait_for
from sway import Keyboard, Sway

ENTER = 28
ROWS = (("1234567890-=", 2), ("qwertyuiop[]", 16), ("asdfghjkl;'`", 30), ("\\zxcvbnm,./", 43), (" ", 57))
KEYS = {letter: first + i for letters, first in ROWS for i, letter in enumerate(letters)}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./"))
SIZE = (1024, 768)


def type_line(keyboard, text):
    for letter in text:
        if letter in KEYS:
            keyboard.chord(KEYS[letter])
        else:
            keyboard.chord(KEY_LEFTSHIFT, KEYS[SHIFTED.get(letter, letter.lower())])
    keyboard.chord(ENTER)


def test(lab):
    chosen = options(kernel="debian")
    sway = Sway(lab)
    prepare_vm(chosen.kernel)
    sockets = lab.runtime / "in"
    with Keyboard(sway) as keyboard:
        oriel = lab.oriel(options=["--size", "%dx%d" % SIZE, "--input-socket", sockets],
                          compositor=sway.socket)
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="typing", extra=input_devices(sockets))
        vm.wait_serial("guest: a shell on tty1")
        wait_for(lambda: oriel.stats()["scanouts"][0]["presented"] > 0, 30, "the console")
        before = oriel.screenshot()

        # The shell's own arithmetic: no echo of what was typed has this.
        type_line(keyboard, "echo Typed_$((6*7)) | tee /dev/ttyS0")
        vm.wait_serial("Typed_42")
        # What the console has on its screen: the line that was typed, and the answer below it.
        type_line(keyboard, "echo 0 >/sys/class/graphics/fbcon/cursor_blink; cat /dev/vcs1 >/dev/ttyS0")
        vm.wait_serial("echo Typed_$((6*7)) | tee /dev/ttyS0")

        # The prompt may come a little later than the answer.
        wait_for(lambda: sway.capture().rows == oriel.screenshot().rows, 10, "the console in the window")
        shown = oriel.screenshot()
        check(shown.size == SIZE, f"{shown.size}")
        changed = [y for y, (a, b) in enumerate(zip(before.rows, shown.rows)) if a != b]
        check(len(changed) > 20, f"what was typed changed {len(changed)} lines of the picture")
        oriel.check_running()


main(test)
