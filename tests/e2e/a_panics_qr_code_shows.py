# SPDX-License-Identifier: MIT
"""Linux 7 panics: the last picture that it draws, through its panic handler while nothing else runs
any more, is a QR code with its log. It is whole in the screenshot and on the compositor's output."""

from harness import BOOT_TIMEOUT, check, main, prepare_vm, wait_for
from qr_code import find_qr_code, wait_whole_qr_code

SIZE = (1024, 768)


def test(lab):
    prepare_vm("new")
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "{}x{}".format(*SIZE)])
    # panic=0: it stays as it is instead of rebooting.
    vm = lab.vm(oriel, kernel="new", scenario="panic", append="panic=0")
    # There is a console before, for a few seconds: the QR code is there at once when it panics.
    vm.wait_serial("guest: display driver loaded")
    before = wait_for(oriel.screenshot, BOOT_TIMEOUT, "the screenshot has a console", 0.1)
    check(find_qr_code(before) is None, "no console before the panic")
    vm.wait_serial("guest: panics now")
    vm.wait_serial("end Kernel panic")

    def screenshot():
        vm.check_running()
        return oriel.screenshot()

    shot = wait_whole_qr_code(screenshot, "the panic")
    check(shot.size == SIZE, f"the picture is {shot.size}")
    lab.wait_shown(weston, shot, "the compositor shows the panic screen")
    oriel.check_running()


main(test)
