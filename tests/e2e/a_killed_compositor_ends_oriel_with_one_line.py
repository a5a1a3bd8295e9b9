# SPDX-License-Identifier: MIT
"""The compositor goes away in the middle of a moving picture: with --on-compositor-loss end oriel says
so in one line and ends, without a crash. QEMU and its guest go on."""

import time

from harness import check, main, prepare_vm


def test(lab):
    prepare_vm("debian")
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "1024x768", "--on-compositor-loss", "end"])
    vm = lab.vm(oriel, scenario="anim")
    vm.wait_serial("animation shown")
    time.sleep(1)
    before = oriel.log().splitlines()
    weston.kill()
    status = oriel.wait()
    said = oriel.log().splitlines()[len(before):]
    check(status >= 0, f"oriel was ended by signal {-status}")
    about = [line for line in said if "compositor" in line.lower()]
    check(len(about) == 1, f"expected one line about the compositor, got: {said}")
    check(not oriel.socket.exists(), "oriel left its socket behind")
    vm.check_running()


main(test)
