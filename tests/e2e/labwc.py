# SPDX-License-Identifier: MIT
"""A headless labwc (0.8, Debian 13), with its outputs side by side."""

import re
import tempfile
from pathlib import Path

import wayland_client
from harness import Process, need_program, wait_for
from sway import output_colour


class Labwc(Process):
    """Outputs HEADLESS-1 and so on, 1280x720. `socket` is the Wayland socket's path."""

    SIZE = (1280, 720)

    def __init__(self, lab, outputs=1, runtime=None):
        """`runtime`: of one that was killed; this one has the same socket."""
        self.runtime = runtime or Path(tempfile.mkdtemp(prefix="oriel-labwc-", dir=lab.runtime))
        self.runtime.chmod(0o700)
        # Without files of its own: those of the system may start other programs.
        config = self.runtime / "config"
        config.mkdir(exist_ok=True)
        super().__init__(lab, "labwc", [need_program("labwc"), "--config-dir", config], lab.environment(
            XDG_RUNTIME_DIR=str(self.runtime), HOME=str(self.runtime), WLR_BACKENDS="headless",
            WLR_RENDERER="pixman", WLR_LIBINPUT_NO_DEVICES="1", WLR_HEADLESS_OUTPUTS=str(outputs)))
        self.socket = None
        wait_for(self._ready, 30, "labwc accepts clients")

    def _ready(self):
        self.check_running()
        sockets = [path for path in self.runtime.iterdir() if re.fullmatch(r"wayland-\d+", path.name)]
        self.socket = sockets[0] if sockets else None
        return sockets and "xdg_wm_base" in wayland_client.offered_globals(self.socket)

    def colour(self, name):
        """The colour of a whole output, or None where it has several."""
        self.check_running()
        return output_colour(self.socket, name)
