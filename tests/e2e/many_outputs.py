# SPDX-License-Identifier: MIT
"""A Weston with several outputs: one that runs in a headless Weston, which has a window for each of
them."""

import wayland_client
from harness import START_TIMEOUT, Process, Weston, wait_for, weston_major

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

    def __init__(self, lab, names, size=(640, 480), socket="oriel-many", outer=None, shell="desktop",
                 app_ids=None):
        """`outer`: the compositor that it runs in, instead of one of its own. `app_ids`: by output,
        the windows that the kiosk shell shows there."""
        old = weston_major() < 12
        self.names = list(names)
        self._path = lab.runtime / socket
        self._outer = outer or lab.weston(size=(4 * size[0], 4 * size[1]))
        around = outer.socket if outer else Weston.SOCKET
        config = lab.folder / f"{socket}.ini"
        text = HEAD.format(colour="%02x%02x%02x" % BACKGROUND)
        for name in names:
            text += f"\n[output]\nname={name}\nmode={size[0]}x{size[1]}\n"
            if app_ids:
                text += f"app-ids={app_ids[name]}\n"
        config.write_text(text)
        arguments = ["weston", f"--config={config}", f"--socket={socket}", "--debug",
                     f"--output-count={len(self.names)}"]
        arguments += (["--backend=wayland-backend.so", "--use-pixman", f"--shell={shell}-shell.so"] if old else
                      ["--backend=wayland", "--renderer=pixman", f"--shell={shell}"])
        super().__init__(lab, socket, arguments, lab.environment(WAYLAND_DISPLAY=str(around)))
        wait_for(self._ready, START_TIMEOUT, "the inner Weston accepts clients")

    def _ready(self):
        self.check_running()
        try:
            with wayland_client.Connection(self._path) as connection:
                return len(connection.globals.get("wl_output", [])) == len(self.names)
        except (FileNotFoundError, ConnectionRefusedError):
            return False  # the socket of one that was killed may be there

    def kill_inner(self):
        """What it runs in goes on."""
        super().kill()

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
