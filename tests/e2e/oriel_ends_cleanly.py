# SPDX-License-Identifier: MIT
"""SIGTERM, SIGINT and ctl quit end oriel with status 0, with and without a VMM, and leave no socket
behind; so does a VMM that goes away. A compositor that never answers holds nobody up who wants to
stop."""

import signal
import socket
import subprocess
import time

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


def ends_while_the_compositor_is_mute(lab):
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(lab.runtime / "mute"))
        mute.listen()
        oriel = subprocess.Popen(
            [lab.oriel_program, "show", "--name", "waits", "--vfio-user", lab.runtime / "waits"],
            env=lab.environment(WAYLAND_DISPLAY="mute"), stderr=subprocess.PIPE, text=True)
        connection, _ = mute.accept()
        check(connection.recv(1) != b"", "oriel asks the compositor nothing")
        begin = time.monotonic()
        oriel.terminate()
        said = oriel.communicate(timeout=30)[1]
        check(time.monotonic() - begin < 5, "SIGTERM waits for the compositor")
        check(oriel.returncode == 0, f"SIGTERM before the compositor answers: {oriel.returncode}")
        check(len(said.splitlines()) == 1, f"not one line: {said!r}")
        connection.close()


def test(lab):
    prepare_vm()
    ends_while_the_compositor_is_mute(lab)
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
