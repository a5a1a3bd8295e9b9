# SPDX-License-Identifier: MIT
"""A Linux guest on QEMU's own virtio-vga, over D-Bus: its picture is exact in screenshot and window,
it follows a new size, has two heads, hears keys, pointer, buttons and wheel, and lives on without its viewer."""

import signal
import time

from dbus_display import DISPLAY, Viewer, qemus
from evdev_log import BTN_LEFT, EV_ABS, EV_REL, KEY_A, KEY_LEFTALT, KEY_LEFTCTRL, SYN, EventLog, chord
from harness import check, main, make, wait_for
from picture import known_picture

TABLET = "QEMU QEMU USB Tablet"
PS2 = "AT Translated Set 2 keyboard"


def tablet(pixel, extent):
    """What QEMU makes of a position."""
    return pixel * 0x7fff // extent


def draws(lab, program):
    weston = lab.weston(size=(1280, 1024))
    vm = lab.vm(None, qemu=program, scenario="follow", extra=DISPLAY)
    viewer = Viewer(lab, vm.qmp_path, options=["--size", "1024x768"])
    viewer.wait_attached()
    vm.wait_serial("pattern on screen 0 1024x768")
    want = known_picture(1024, 768)
    lab.wait_picture(viewer.screenshot, want, "the screenshot is the guest's picture")
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")

    check(lab.ctl("vm", "screen", "0", "801x600").returncode == 0, "ctl screen")
    vm.wait_serial("pattern on screen 0 801x600")
    want = known_picture(801, 600)
    lab.wait_picture(viewer.screenshot, want, "the screenshot, another size")
    lab.wait_shown(weston, want, "the compositor, another size")
    check(lab.ctl("vm", "screen", "1", "on").returncode == 1, "there is no console 1")

    # The viewer is killed in the middle of everything: the VM does not notice, and the next one
    # shows it at once.
    viewer.kill()
    check(vm.qmp("query-status")["running"], "the VM stopped with its viewer")
    viewer = Viewer(lab, vm.qmp_path, options=["--resize", "scale"])
    viewer.wait_attached()
    lab.wait_picture(viewer.screenshot, want, "the screenshot of the next viewer")
    lab.wait_shown(weston, want, "the compositor, in the next viewer's window")
    # A third one takes the display, and the second ends.
    third = Viewer(lab, vm.qmp_path, command="headless", name="third")
    third.wait_attached()
    lab.wait_picture(third.screenshot, want, "the screenshot of a third viewer")
    check(viewer.wait() == 0, "the viewer whose display was taken ends")
    check(vm.qmp("query-status")["running"], "the VM stopped")
    vm.kill()
    check(third.wait() == 0, "the viewer ends with its QEMU")


def two_heads(lab, program):
    vm = lab.vm(None, qemu=program, scenario="pattern", outputs=2, extra=DISPLAY)
    viewer = Viewer(lab, vm.qmp_path, options=["--size", "640x480"], name="two")
    viewer.wait_attached()
    vm.wait_serial("pattern shown")
    check("pattern on screen 1" in vm.serial(), "the guest sees one screen only")
    for index in (0, 1):
        lab.wait_picture(lambda index=index: viewer.screenshot(index),
                         known_picture(640, 480, index), f"screen {index}")
    check(len(viewer.stats()["scanouts"]) == 2, "two screens")
    check(lab.ctl("two", "screen", "1", "off").returncode == 0, "ctl screen 1 off")
    check(not viewer.stats()["scanouts"][1]["connected"], "the second screen is off")
    vm.kill()
    check(viewer.wait() == 0, "the viewer ends with its QEMU")


def hears(lab, program):
    vm = lab.vm(None, qemu=program, scenario="input",
                extra=[*DISPLAY, "-device", "qemu-xhci", "-device", "usb-tablet"])
    viewer = Viewer(lab, vm.qmp_path, command="headless", options=["--size", "1024x768"])
    viewer.wait_attached()

    def ctl(*words):
        result = lab.ctl("vm", *words)
        check(result.returncode == 0, f"ctl {words}: {result.stderr}")

    vm.wait_serial("guest: watching")
    wait_for(lambda: viewer.stats()["input"]["pointer"] == "absolute", 20, "the guest uses the tablet")
    log = EventLog(vm)
    log.skip()
    ctl("key", "ctrl+alt+a")
    log.expect(PS2, *chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_A))
    width, height = (viewer.stats()["scanouts"][0][side] for side in ("width", "height"))
    for x, y in ((width // 2, height // 2), (width - 1, height - 1)):
        ctl("pointer", x, y)
        log.expect(TABLET, (EV_ABS, 0, tablet(x, width)),
                   (EV_ABS, 1, tablet(y, height)), SYN)
    ctl("button", "left")
    log.expect(TABLET, *chord(BTN_LEFT))
    ctl("wheel", "-1")
    log.expect(TABLET, (EV_REL, 8, 1), (EV_REL, 11, 120), SYN)
    ctl("key", "caps_lock")
    wait_for(lambda: viewer.stats()["input"]["leds"] == ["caps"], 20, "the caps LED")
    # The kernel tells of the LED too, with the next key.
    ctl("key", "b")
    time.sleep(1)
    log.skip()

    # A QEMU that is stopped in the middle holds up nobody.
    vm.signal(signal.SIGSTOP)
    ctl("key", "a")
    check(viewer.stats()["attached"], "still there")
    vm.signal(signal.SIGCONT)
    log.expect(PS2, *chord(KEY_A))
    check(viewer.stats()["input"]["dropped"] == 0, "nothing was dropped")
    vm.kill()
    check(viewer.wait() == 0, "the viewer ends with its QEMU")


def test(lab):
    make("kernel", "debian")
    program = qemus()[-1]
    draws(lab, program)
    two_heads(lab, program)
    hears(lab, program)


main(test)
