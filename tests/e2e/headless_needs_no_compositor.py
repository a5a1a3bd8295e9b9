# SPDX-License-Identifier: MIT
"""oriel headless serves the same guest, with the same pixels, where there is no compositor."""

from harness import check, main, prepare_vm
from picture import known_picture


def test(lab):
    prepare_vm("debian")
    oriel = lab.oriel("headless", options=["--size", "800x600"])
    vm = lab.vm(oriel, scenario="pattern")
    vm.wait_serial("pattern shown")
    lab.wait_picture(oriel.screenshot, known_picture(800, 600), "the guest's picture")
    listed = lab.ctl("list")
    check(listed.returncode == 0 and "vm" in listed.stdout.split(), f"list: {listed}")
    vm.kill()
    check(oriel.wait() == 0, "oriel did not end with status 0 when the VMM went away")


main(test)
