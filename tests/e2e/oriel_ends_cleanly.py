# SPDX-License-Identifier: MIT
"""SIGTERM, SIGINT and ctl quit end oriel with status 0, with and without a VMM, and leave no socket
behind; so does a VMM that goes away."""

import signal

from harness import check, main, prepare_vm, wait_for


def ends(oriel, how, what):
    how(oriel)
    status = oriel.wait()
    check(status == 0, f"{what}: status {status}")
    check(not oriel.socket.exists(), f"{what}: the vfio-user socket is left behind")


WAYS = {
    "SIGTERM": lambda oriel: oriel.signal(signal.SIGTERM),
    "SIGINT": lambda oriel: oriel.signal(signal.SIGINT),
    "quit": lambda oriel: oriel.quit(),
}


def test(lab):
    prepare_vm()
    lab.weston()
    for command in ("show", "headless"):
        for name, way in WAYS.items():
            ends(lab.oriel(command), way, f"{command}, {name}, no VMM")
    ways = dict(WAYS, VMM=None)
    for name, way in ways.items():
        oriel = lab.oriel()
        vm = lab.vm(oriel, kernel="none")
        vm_attached(oriel, vm)
        ends(oriel, way or (lambda _: vm.kill()), f"show, {name}, with a VMM")
        vm.kill()


def vm_attached(oriel, vm):
    def running():
        vm.check_running()
        return vm.qmp_path.exists() and vm.qmp("query-status")["running"]
    wait_for(running, 60, "QEMU runs with oriel as its device")
    oriel.check_running()


main(test)
