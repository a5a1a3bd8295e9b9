# SPDX-License-Identifier: MIT
"""A Weston is killed under a VM, and on the same socket comes a sway, and then a Weston again: the VM
does not notice, and its picture is exact on each, whose abilities and sizes differ."""

import os
import tempfile
from pathlib import Path

import wayland_client
from harness import Process, check, main, need_program, prepare_vm, wait_for, weston_major
from picture import known_picture
from sway import NOBODY, Sway

SIZE = (1024, 768)
SOCKET = "wayland-1"


class PlainWeston(Process):
    """In a folder and as a user that sway can have, too: sway does not run as root."""

    def __init__(self, lab, runtime):
        config = runtime / "weston.ini"
        config.write_text("[core]\nidle-time=0\n[shell]\npanel-position=none\nlocking=false\nanimation=none\n"
                          "close-animation=none\nstartup-animation=none\n")
        command = ["weston", f"--config={config}", f"--socket={SOCKET}", "--debug",
                   f"--width={SIZE[0]}", f"--height={SIZE[1]}"]
        command += (["--backend=headless-backend.so", "--use-pixman", "--shell=desktop-shell.so"]
                    if weston_major() < 12 else
                    ["--backend=headless", "--renderer=pixman", "--shell=desktop"])
        if os.geteuid() == 0:
            os.chown(config, NOBODY, NOBODY)
            command = [need_program("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}",
                       "--clear-groups", "--pdeathsig=KILL", *command]
        super().__init__(lab, "weston", command,
                         lab.environment(XDG_RUNTIME_DIR=str(runtime), HOME=str(runtime)))
        self.last_capture = None
        self._path = runtime / SOCKET
        wait_for(lambda: "xdg_wm_base" in wayland_client.offered_globals(self._path), 30, "weston accepts")

    def capture(self):
        self.check_running()
        self.last_capture = wayland_client.capture_output(self._path)
        return self.last_capture


def away(oriel, losses):
    compositor = oriel.stats()["compositor"]
    return compositor["state"] == "away" and compositor["losses"] == losses


def test(lab):
    prepare_vm("debian")
    need_program("sway")
    runtime = Path(tempfile.mkdtemp(prefix="oriel-products-"))
    if os.geteuid() == 0:
        os.chown(runtime, NOBODY, NOBODY)
    weston = PlainWeston(lab, runtime)
    oriel = lab.oriel(options=["--size", "{}x{}".format(*SIZE), "--fullscreen", "--keep"],
                      compositor=runtime / SOCKET)
    vm = lab.vm(oriel, scenario="pattern")
    vm.wait_serial("pattern shown")
    want = known_picture(*SIZE)
    lab.wait_shown(weston, want, "weston shows the picture")

    weston.kill()
    wait_for(lambda: away(oriel, 1), 10, "oriel is without a compositor")
    sway = Sway(lab, SIZE, runtime)
    check(sway.socket == runtime / SOCKET, f"sway listens at {sway.socket}")
    lab.wait_shown(sway, want, "sway shows the picture")
    sway.crash()
    wait_for(lambda: away(oriel, 2), 10, "oriel is without a compositor again")
    weston = PlainWeston(lab, runtime)
    lab.wait_shown(weston, want, "the next weston shows the picture")
    check(oriel.stats()["attached"], "the VM has gone")
    vm.check_running()
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
