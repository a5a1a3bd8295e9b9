# SPDX-License-Identifier: MIT
"""QEMU lets a guest be saved and restored, but its vfio-user card's state doesn't come along: one line
says why the screen stays dark."""

from harness import check, main, prepare_vm, wait_for

LINE = "has not looked for its display"


def test(lab):
    prepare_vm("debian")
    oriel = lab.oriel("headless", options=["--keep"])
    saved = lab.runtime / "saved"
    vm = lab.vm(oriel, scenario="idle")
    vm.wait_serial("guest: idle")
    vm.qmp("migrate", uri=f"file:{saved}")
    wait_for(lambda: vm.qmp("query-migrate").get("status") == "completed", 60, "the guest is saved")
    vm.kill()
    check(LINE not in oriel.log(), f"too early: {oriel.log()}")
    vm = lab.vm(oriel, scenario="idle", extra=["-incoming", f"file:{saved}"])
    wait_for(lambda: vm.qmp_path.exists() and vm.qmp("query-status")["status"] in ("running", "paused"),
             60, "the guest is restored")
    wait_for(lambda: LINE in oriel.log(), 60, "a line about the display")
    check(oriel.log().count(LINE) == 1, f"too many lines: {oriel.log()}")


main(test)
