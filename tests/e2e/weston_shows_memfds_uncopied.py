# SPDX-License-Identifier: MIT
"""A memfd test, for a machine without /dev/udmabuf: Weston's gl renderer on llvmpipe takes memfds in
place of dma-bufs and shows the guest's own pages, exactly, with no byte copied by us. (The real ones
are in tests/vm.)"""

import os
import re
import subprocess

import wayland_client
from harness import Failure, Skip, check, main
from picture import known_picture

SIZE = (640, 480)


class MemfdGuest:
    """tests/e2e/memfd_guest.cpp."""

    def __init__(self, lab, weston):
        self._log = open(lab.new_log("memfd-guest"), "wb")
        self._process = subprocess.Popen(
            [os.environ["ORIEL_MEMFD_GUEST"], *map(str, SIZE)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self._log, text=True,
            env=lab.environment(WAYLAND_DISPLAY=weston.SOCKET))

    def line(self):
        line = self._process.stdout.readline().strip()
        if not line:
            raise Failure(f"memfd-guest ended with status {self._process.wait(20)}")
        return line

    def flip(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.line()

    def end(self):
        self._process.stdin.close()
        line = self.line()
        check(self._process.wait(20) == 0, "memfd-guest failed")
        return line

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._log.close()


def test(lab):
    if "ORIEL_MEMFD_GUEST" not in os.environ:
        raise Skip("ORIEL_MEMFD_GUEST names no program: run it with meson test")
    weston = lab.weston(renderer="gl", size=(1024, 768))
    offered = wayland_client.offered_globals(lab.runtime / weston.SOCKET)
    if "zwp_linux_dmabuf_v1" not in offered:
        raise Skip("this Weston offers no zwp_linux_dmabuf_v1: its EGL has no dma-buf import")
    guest = MemfdGuest(lab, weston)
    lab.processes.append(guest)
    check(guest.line() == "shown 0", "nothing shown")
    lab.wait_shown(weston, known_picture(*SIZE), "the first picture")
    for index in range(1, 5):
        check(guest.flip() == f"shown {index}", f"flip {index}")
        lab.wait_shown(weston, known_picture(*SIZE, index), f"picture {index}")
    said = guest.end()
    print(said)
    wanted = re.fullmatch(r"path direct, copied 0, committed (\d+), by timer (\d+), exported 2", said)
    check(wanted, f"not direct: {said}")
    check(int(wanted[1]) == 5, f"flips and commits differ: {said}")


main(test)
