# SPDX-License-Identifier: MIT
"""A second VMM on a taken socket is refused; the first one's guest doesn't notice."""

from harness import check, main, prepare_vm
from picture import known_picture


def test(lab):
    prepare_vm("debian")
    oriel = lab.oriel("headless", options=["--size", "640x480"])
    first = lab.vm(oriel, scenario="pattern")
    first.wait_serial("pattern shown")
    second = lab.vm(oriel, kernel="none")
    status = second.wait(timeout=60)
    check(status != 0, "the second QEMU runs")
    first.check_running()
    lab.wait_picture(oriel.screenshot, known_picture(640, 480), "the first guest's picture")
    first.qmp("system_reset")
    first.wait_serial("pattern shown", count=2)
    lab.wait_picture(oriel.screenshot, known_picture(640, 480), "the picture after a reset")


main(test)
