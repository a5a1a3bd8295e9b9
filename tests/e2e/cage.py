# SPDX-License-Identifier: MIT
"""A headless cage: the kiosk compositor, which shows one program over the whole screen. Debian 12's
(0.1.4) has no wp_viewporter. Its output has the size that wlroots gives headless ones. That of 0.1.4 is
turned by 180 degrees: upright, it hands a window of the output's size to the output itself, and wlroots'
headless output can't be captured then: it is black.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import sway
import wayland_client
from harness import Process, need_program, wait_for
from picture import Picture

SIZE = (1280, 720)


class Cage(Process):
    """`socket` is the Wayland socket's path. The program that it is started for draws nothing."""

    def __init__(self, lab):
        need_program("cage")
        need_program("Xwayland")  # cage doesn't start without
        # cage refuses to run as root; nobody can't enter the lab's runtime folder.
        self.runtime = Path(tempfile.mkdtemp(prefix="oriel-cage-"))
        help_text = subprocess.run(["cage", "-h"], capture_output=True, text=True, check=False)
        self._turned = "\n -r\t" in help_text.stdout + help_text.stderr
        # What cage has started must not outlive it.
        command = ["cage", *(["-r", "-r"] if self._turned else []), "--", need_program("setpriv"),
                   "--pdeathsig=KILL", "sleep", "600"]
        if os.geteuid() == 0:
            os.chown(self.runtime, sway.NOBODY, sway.NOBODY)
            # A change of user forgets the signal that the harness has asked for.
            command = [need_program("setpriv"), f"--reuid={sway.NOBODY}", f"--regid={sway.NOBODY}",
                       "--clear-groups", "--pdeathsig=KILL", *command]
        super().__init__(lab, "cage", command, lab.environment(
            XDG_RUNTIME_DIR=str(self.runtime), HOME=str(self.runtime), WLR_BACKENDS="headless",
            WLR_RENDERER="pixman", WLR_LIBINPUT_NO_DEVICES="1"))
        self.socket = None
        wait_for(self._ready, 30, "cage accepts clients")

    @staticmethod
    def version():
        said = subprocess.run(["cage", "-v"], capture_output=True, text=True, check=True)
        return re.search(r"[\d.]+", said.stdout + said.stderr).group(0)

    def _ready(self):
        self.check_running()
        sockets = [path for path in self.runtime.iterdir()
                   if re.fullmatch(r"wayland-\d+", path.name)]
        self.socket = sockets[0] if sockets else None
        return sockets and "xdg_wm_base" in wayland_client.offered_globals(self.socket)

    def globals(self):
        return wayland_client.offered_globals(self.socket)

    def capture(self):
        """What is on the output now, as a Picture."""
        self.check_running()
        with wayland_client.Connection(self.socket) as connection:
            shot = sway.capture(connection)
        if not self._turned:
            return shot
        rows = [b"".join(row[i:i + 3] for i in range(len(row) - 3, -1, -3)) for row in reversed(shot.rows)]
        return Picture(shot.width, shot.height, rows)

    def kill(self):
        super().kill()
        shutil.rmtree(self.runtime, ignore_errors=True)
