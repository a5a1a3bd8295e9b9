# SPDX-License-Identifier: MIT
"""A VM's window on another machine: waypipe carries it, here between two processes of one machine. Every
pixel, the cursor and a new size come through, and a connection that breaks is a compositor that is lost:
the VM goes on, and the window is back once waypipe is."""

import os
import signal
from pathlib import Path

from harness import Process, check, main, need_program, prepare_vm, wait_for
from picture import known_picture, with_cursor
from sway import Pointer, Sway

SIZE = (1024, 768)
LARGER = (1280, 800)


class Waypipe:
    """`client` runs where the screen is, `server` where the VM is; applications connect to `socket`."""

    def __init__(self, lab, compositor):
        need_program("waypipe")
        self._lab = lab
        self._compositor = compositor
        self._between = lab.runtime / "waypipe"
        self.socket = lab.runtime / "waypipe-display"
        self.connect()

    def connect(self):
        self._client = Process(
            self._lab, "waypipe-client",
            ["waypipe", "--no-gpu", "--socket", self._between, "client"],
            self._lab.environment(WAYLAND_DISPLAY=str(self._compositor)))
        wait_for(self._between.exists, 20, "waypipe waits for its other side")
        self._server = Process(self._lab, "waypipe-server", [
            "waypipe", "--no-gpu", "--socket", self._between, "--display", self.socket, "server", "--",
            "setpriv", "--pdeathsig=KILL", "sleep", "600"])
        wait_for(self.socket.exists, 20, "waypipe's display is there")

    def cut(self):
        """As when the network is gone: nobody says goodbye. waypipe has a process for each window. A
        server to which a window comes while there is no other side serves nobody any more (0.8.4), so
        what starts waypipe starts both anew."""
        children = Path(f"/proc/{self._client.pid}/task/{self._client.pid}/children").read_text().split()
        self._client.kill()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        self._between.unlink()
        self._server.kill()
        self.socket.unlink(missing_ok=True)


def compositor(oriel):
    return oriel.stats()["compositor"]


def test(lab):
    need_program("waypipe")
    sway = Sway(lab, size=SIZE)
    prepare_vm("debian")
    waypipe = Waypipe(lab, sway.socket)
    oriel = lab.oriel(options=["--size", "{}x{}".format(*SIZE), "--keep"], compositor=waypipe.socket)
    screen = known_picture(*SIZE)
    vm = lab.vm(oriel, scenario="cursor", args="/dev/ttyS1", extra=["-serial", "null"])
    vm.wait_serial("cursor at")
    with Pointer(sway) as pointer:
        pointer.move(300, 200)
        lab.wait_picture(sway.capture, with_cursor(screen, 300, 200), "the picture with the cursor")
        for losses in (1, 2):
            waypipe.cut()
            wait_for(lambda: compositor(oriel)["state"] == "away", 10, "the connection is lost")
            check(compositor(oriel)["losses"] == losses, f"{compositor(oriel)}")
            lab.wait_picture(oriel.screenshot, screen, "the screenshot meanwhile")
            vm.check_running()
            waypipe.connect()
            lab.wait_picture(sway.capture, with_cursor(screen, 300, 200), "the picture is back")
    vm.kill()

    vm = lab.vm(oriel, scenario="follow")
    vm.wait_serial("pattern on screen 0 {}x{}".format(*SIZE))
    sway.message("output * mode --custom {}x{}".format(*LARGER))
    vm.wait_serial("pattern on screen 0 {}x{}".format(*LARGER))
    lab.wait_picture(sway.capture, known_picture(*LARGER), "the output at its new size")
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
