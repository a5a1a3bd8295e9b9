# SPDX-License-Identifier: MIT
"""A Weston with several outputs: one that runs in a headless Weston, which has a window for each of
them."""

import re
import subprocess

import wayland_client
from harness import START_TIMEOUT, Process, Weston, need_program, wait_for

HEAD = """[core]
idle-time=0

[shell]
panel-position=none
locking=false
background-color=0xff{colour}
animation=none
close-animation=none
startup-animation=none
"""
BACKGROUND = (0x10, 0x20, 0x30)


class ManyOutputs(Process):
    """Outputs with these names, which begin with WL, side by side."""

    def __init__(self, lab, names, size=(640, 480), socket="oriel-many"):
        need_program("weston")
        version = subprocess.run(["weston", "--version"], capture_output=True, text=True,
                                 check=True).stdout
        self.names = list(names)
        self._path = lab.runtime / socket
        old = int(re.search(r"(\d+)\.", version).group(1)) < 12
        self._outer = lab.weston(size=(4 * size[0], 4 * size[1]))
        config = lab.folder / f"{socket}.ini"
        text = HEAD.format(colour="%02x%02x%02x" % BACKGROUND)
        for name in names:
            text += f"\n[output]\nname={name}\nmode={size[0]}x{size[1]}\n"
        config.write_text(text)
        arguments = ["weston", f"--config={config}", f"--socket={socket}", "--debug",
                     f"--output-count={len(self.names)}"]
        arguments += (["--backend=wayland-backend.so", "--use-pixman"] if old else
                      ["--backend=wayland", "--renderer=pixman"])
        super().__init__(lab, socket, arguments, lab.environment(WAYLAND_DISPLAY=Weston.SOCKET))
        wait_for(self._ready, START_TIMEOUT, "the inner Weston accepts clients")

    def _ready(self):
        self.check_running()
        if not self._path.exists():
            return False
        with wayland_client.Connection(self._path) as connection:
            return len(connection.globals.get("wl_output", [])) == len(self.names)

    def kill(self):
        super().kill()
        self._outer.kill()

    def capture(self, name):
        self.check_running()
        return wayland_client.capture_output(self._path, self.names.index(name))

    def colour(self, name):
        """The colour of a whole output, or None where it has several."""
        colours = self.capture(name).colours()
        return next(iter(colours)) if len(colours) == 1 else None
