# SPDX-License-Identifier: MIT
"""A Linux guest on QEMU's own virtio-vga, over D-Bus: it reboots by itself and is reset from outside, and its
picture comes back in the same window each time. When it panics, the QR code that it draws last is whole."""

from dbus_display import DISPLAY, Viewer
from harness import check, main, make
from newest_qemu import every_qemu
from picture import known_picture
from qr_code import wait_whole_qr_code

SIZE = (1024, 768)


def reboots(lab, program, weston):
    vm = lab.vm(None, qemu=program, scenario="pattern", seconds="4", then="reboot", extra=DISPLAY)
    viewer = Viewer(lab, vm.qmp_path, options=["--size", "{}x{}".format(*SIZE)])
    viewer.wait_attached()
    want = known_picture(*SIZE)
    vm.wait_serial("pattern shown")
    lab.wait_picture(viewer.screenshot, want, f"{program}: the picture of the first boot")
    vm.wait_serial("guest: reboot")
    vm.wait_serial("pattern shown", count=2)
    lab.wait_picture(viewer.screenshot, want, f"{program}: the picture after the guest's reboot")
    vm.qmp("system_reset")
    vm.wait_serial("pattern shown", count=3)
    lab.wait_picture(viewer.screenshot, want, f"{program}: the picture after a reset from outside")
    lab.wait_shown(weston, want, f"{program}: the compositor shows it too")
    check(viewer.stats()["dbus"]["malformed"] == 0, f"{viewer.stats()['dbus']}")
    vm.kill()
    check(viewer.wait() == 0, "the viewer ends with its QEMU")


def panics(lab, program, weston):
    # panic=0: it stays as it is instead of rebooting.
    vm = lab.vm(None, qemu=program, kernel="new", scenario="panic", append="panic=0", extra=DISPLAY)
    viewer = Viewer(lab, vm.qmp_path, options=["--size", "{}x{}".format(*SIZE)])
    viewer.wait_attached()
    vm.wait_serial("guest: panics now")
    vm.wait_serial("end Kernel panic")
    shot = wait_whole_qr_code(viewer.screenshot, program)
    lab.wait_shown(weston, shot, f"{program}: the compositor shows the panic screen")
    vm.kill()
    check(viewer.wait() == 0, "the viewer ends with its QEMU")


def test(lab):
    make("kernel", "debian")
    make("kernel", "new")
    weston = lab.weston(size=(1280, 1024))
    programs = list(every_qemu(lab))
    for program in programs:
        reboots(lab, program, weston)
    # The oldest one sends pixels, the newest shares memory.
    for program in {programs[0], programs[-1]}:
        panics(lab, program, weston)


main(test)
