# SPDX-License-Identifier: MIT
"""A headless mutter, GNOME's compositor without its shell, with a keyboard and a pointer that a test
moves (org.gnome.Mutter.RemoteDesktop). Its output can be had through PipeWire only."""

import re
import subprocess
import tempfile
import shutil
from pathlib import Path

import wayland_client
from dbus_client import Bus, Client
from harness import Process, check, need_program, wait_for

NAME = "org.gnome.Mutter.RemoteDesktop"
SESSION = NAME + ".Session"
KEY_LEFTSHIFT = 42


def version():
    said = subprocess.run([need_program("mutter"), "--version"], capture_output=True, text=True,
                          check=True).stdout
    return re.search(r"[\d.]+", said).group(0)


class Mutter(Process):
    def __init__(self, lab, size=(1280, 800)):
        need_program("mutter")
        self.size = size
        self.runtime = Path(tempfile.mkdtemp(prefix="oriel-mutter-"))
        self.bus = Bus(lab, self.runtime)
        self.socket = self.runtime / "oriel-test"
        self._start(lab)

    def _start(self, lab):
        super().__init__(lab, "mutter", [
            "mutter", "--headless", "--wayland", "--no-x11", f"--wayland-display={self.socket.name}",
            "--virtual-monitor", "{}x{}".format(*self.size)],
            lab.environment(XDG_RUNTIME_DIR=str(self.runtime), HOME=str(self.runtime),
                            GSETTINGS_BACKEND="memory", DBUS_SESSION_BUS_ADDRESS=self.bus.address))
        wait_for(self._ready, 30, "mutter accepts clients")

    def _ready(self):
        self.check_running()
        return "xdg_wm_base" in wayland_client.offered_globals(self.socket)

    def input(self):
        return Input(self)

    def crash(self):
        """Its socket's file stays, and nobody listens."""
        super().kill()

    def restart(self):
        self._start(self._lab)

    def kill(self):
        super().kill()
        shutil.rmtree(self.runtime, ignore_errors=True)


class Input:
    """A keyboard and a pointer; codes are evdev's."""

    def __init__(self, mutter):
        self._client = Client(mutter.bus)
        wait_for(lambda: self._client.has(NAME), 20, "mutter's remote desktop")
        (self._path,) = self._client.call(NAME, "/org/gnome/Mutter/RemoteDesktop", NAME, "CreateSession")
        self._call("Start")
        self._size = mutter.size
        check(self._path.startswith("/"), f"no session: {self._path}")
        # The seat gets a keyboard with the first key, and windows don't get that one.
        self.key(KEY_LEFTSHIFT, True)
        self.key(KEY_LEFTSHIFT, False)
        self.move(0, 0)

    def _call(self, member, signature="", *arguments):
        self._client.call(NAME, self._path, SESSION, member, signature, *arguments)

    def key(self, code, pressed):
        self._call("NotifyKeyboardKeycode", "ub", code, pressed)

    def move(self, x, y):
        """Absolute positions need a stream of PipeWire's: through the corner."""
        width, height = self._size
        self._call("NotifyPointerMotionRelative", "dd", -2.0 * width, -2.0 * height)
        self._call("NotifyPointerMotionRelative", "dd", float(x), float(y))

    def button(self, code, pressed):
        self._call("NotifyPointerButton", "ib", code, pressed)

    def wheel(self, notches):
        """Towards the user."""
        self._call("NotifyPointerAxisDiscrete", "ui", 0, notches)
