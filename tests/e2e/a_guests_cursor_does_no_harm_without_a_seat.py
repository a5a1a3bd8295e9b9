# SPDX-License-Identifier: MIT
"""The guest sets and moves its cursor, also off the screen, where the compositor has no pointer: no
command fails and the picture stays whole."""

from harness import main, options, prepare_vm
from picture import known_picture


def test(lab):
    chosen = options(kernel="debian")
    prepare_vm(chosen.kernel)
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "1024x768"])
    vm = lab.vm(oriel, kernel=chosen.kernel, scenario="cursor")
    vm.wait_serial("cursor at")
    want = known_picture(1024, 768)
    lab.wait_picture(oriel.screenshot, want, "the screenshot")
    lab.wait_shown(weston, want, "the compositor's output")


main(test)
