# SPDX-License-Identifier: MIT
"""With --keep a QEMU that is killed in the middle of a moving picture leaves the window; the next one
on the same socket shows in it, exactly, and so does one after that."""

import time

from harness import check, main, prepare_vm
from picture import known_picture


def test(lab):
    prepare_vm("debian")
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "1024x768", "--keep"])
    moving = lab.vm(oriel, scenario="anim")
    moving.wait_serial("animation shown")
    time.sleep(1)
    moving.kill()
    want = known_picture(1024, 768)
    for machine in ("q35", "pc"):
        vm = lab.vm(oriel, scenario="pattern", machine=machine)
        vm.wait_serial("pattern shown")
        lab.wait_picture(oriel.screenshot, want, f"the picture of the {machine} machine")
        lab.wait_shown(weston, want, "the compositor shows it")
        vm.kill()
        oriel.check_running()
    # Still there for one more.
    check(lab.ctl("vm", "stats").returncode == 0, "oriel does not answer without a VMM")
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
