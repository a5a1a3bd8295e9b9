# SPDX-License-Identifier: MIT
"""The guest reboots by itself, and is reset from outside in the middle of its work: each time its
picture comes back, in the same window."""

from harness import main, prepare_vm
from picture import known_picture


def test(lab):
    prepare_vm("debian")
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "1024x768"])
    vm = lab.vm(oriel, scenario="pattern", seconds="8", then="reboot")
    want = known_picture(1024, 768)
    vm.wait_serial("pattern shown")
    lab.wait_picture(oriel.screenshot, want, "the picture of the first boot")
    vm.wait_serial("guest: reboot")
    vm.wait_serial("pattern shown", count=2)
    lab.wait_picture(oriel.screenshot, want, "the picture after the guest's reboot")
    vm.qmp("system_reset")
    vm.wait_serial("pattern shown", count=3)
    lab.wait_picture(oriel.screenshot, want, "the picture after a reset from outside")
    lab.wait_shown(weston, want, "the compositor shows it too")
    oriel.check_running()


main(test)
