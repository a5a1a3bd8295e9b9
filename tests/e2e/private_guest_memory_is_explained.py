# SPDX-License-Identifier: MIT
"""QEMU says nothing when its memory isn't shared (share=off): oriel says it, in one line, and lives."""

from harness import check, main, prepare_vm, wait_for, BOOT_TIMEOUT


def test(lab):
    prepare_vm("debian")
    oriel = lab.oriel("headless")
    vm = lab.vm(oriel, scenario="pattern", private_memory=True)

    def lines():
        vm.check_running()
        oriel.check_running()
        return [line for line in oriel.log().splitlines() if "share=on" in line]

    said = wait_for(lines, BOOT_TIMEOUT, "oriel names share=on")
    check(len(said) == 1, f"more than one line: {said}")
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
