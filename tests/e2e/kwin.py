# SPDX-License-Identifier: MIT
"""KWin on a virtual output under its wrapper, which keeps the socket and starts a KWin that crashed
again, as Plasma has it; with a keyboard and a pointer that a test moves (org_kde_kwin_fake_input) and
its output captured (org.kde.KWin.ScreenShot2)."""

import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
from pathlib import Path

import picture
import wayland_client
from dbus_client import Bus, Client
from harness import Process, check, need_program, wait_for

SCREENSHOT = "org.kde.KWin.ScreenShot2"


def version():
    with tempfile.TemporaryDirectory(prefix="oriel-kwin-") as folder:
        said = subprocess.run([program(Path(folder)), "--version"], capture_output=True, text=True,
                              check=True, env={**os.environ, "XDG_RUNTIME_DIR": folder}).stdout
    return re.search(r"[\d.]+", said).group(0)


def program(folder):
    """KWin, in a copy without the file's capability (nice): a container may not have it to give, and
    then the kernel doesn't run the file at all."""
    copy = folder / "kwin_wayland"
    shutil.copyfile(need_program("kwin_wayland"), copy)
    copy.chmod(0o700)
    return copy


class Kwin(Process):
    def __init__(self, lab, size=(1280, 800)):
        wrapper = need_program("kwin_wayland_wrapper")
        self.size = size
        self.runtime = Path(tempfile.mkdtemp(prefix="oriel-kwin-"))
        self.bus = Bus(lab, self.runtime)
        # The wrapper takes the first name that is free, and the first KWin in PATH.
        self.socket = self.runtime / "wayland-0"
        program(self.runtime)
        super().__init__(lab, "kwin", [
            wrapper, "--virtual", "--width", str(size[0]), "--height", str(size[1]), "--no-lockscreen"],
            lab.environment(XDG_RUNTIME_DIR=str(self.runtime), HOME=str(self.runtime),
                            PATH=f"{self.runtime}:{os.environ['PATH']}",
                            DBUS_SESSION_BUS_ADDRESS=self.bus.address,
                            KWIN_WAYLAND_NO_PERMISSION_CHECKS="1",
                            KWIN_SCREENSHOT_NO_PERMISSION_CHECKS="1"))
        wait_for(self._ready, 30, "KWin accepts clients")

    def _ready(self):
        self.check_running()
        return "xdg_wm_base" in wayland_client.offered_globals(self.socket)

    def captures(self):
        """Whether it does: its screenshots are an effect of OpenGL's, for which KWin 6 wants a GPU."""
        client = Client(self.bus)
        wait_for(lambda: client.has("org.kde.KWin"), 20, "KWin's name on the bus")
        (tree,) = client.call("org.kde.KWin", "/org/kde/KWin", "org.freedesktop.DBus.Introspectable",
                              "Introspect")
        return "ScreenShot2" in tree

    def capture(self):
        """What is on the output now, without the pointer, as a Picture."""
        self.check_running()
        client = Client(self.bus)
        with tempfile.TemporaryFile() as file:
            (shot,) = client.call("org.kde.KWin", "/org/kde/KWin/ScreenShot2", SCREENSHOT,
                                  "CaptureActiveScreen", "a{sv}h",
                                  {"include-cursor": ("b", False), "native-resolution": ("b", True)}, 0,
                                  fds=[file.fileno()])
            width, height, stride = shot["width"], shot["height"], shot["stride"]
            # KWin writes from a thread of its own.
            wait_for(lambda: os.fstat(file.fileno()).st_size >= stride * height, 20, "the capture")
            file.seek(0)
            data = file.read()
        check(shot["format"] in (4, 5, 6), f"KWin captures in QImage format {shot['format']}")
        rows = []
        for y in range(height):
            line = data[stride * y:stride * y + 4 * width]
            row = bytearray(3 * width)
            row[0::3], row[1::3], row[2::3] = line[2::4], line[1::4], line[0::4]
            rows.append(bytes(row))
        return picture.Picture(width, height, rows)

    def input(self):
        return Input(self)

    def _children(self):
        return [int(word) for word in
                Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def crash(self):
        """KWin's process is gone; the wrapper starts the next one behind the same socket."""
        children = self._children()
        check(len(children) == 1, f"the wrapper has the children {children}")
        os.kill(children[0], signal.SIGKILL)
        wait_for(lambda: self._children() not in ([], children), 20, "the wrapper starts the next KWin")

    def restart(self):
        wait_for(self._ready, 30, "the next KWin accepts clients")

    def kill(self):
        children = self._children() if self.status is None else []
        super().kill()
        for child in children:
            os.kill(child, signal.SIGKILL)
        shutil.rmtree(self.runtime, ignore_errors=True)


class Input:
    """A keyboard and a pointer; codes are evdev's."""

    def __init__(self, kwin):
        self._connection = wayland_client.Connection(kwin.socket)
        self._fake = self._connection.bind("org_kde_kwin_fake_input", 4)
        text = struct.pack("=I", 6) + b"oriel\0\0\0"
        self._request(0, text + text)  # authenticate

    def _request(self, opcode, body):
        self._connection.request(self._fake, opcode, body)
        self._connection.roundtrip()

    def key(self, code, pressed):
        self._request(10, struct.pack("=II", code, int(pressed)))

    def move(self, x, y):
        self._request(9, struct.pack("=ii", 256 * x, 256 * y))

    def button(self, code, pressed):
        self._request(2, struct.pack("=II", code, int(pressed)))

    def wheel(self, notches):
        """Towards the user."""
        self._request(3, struct.pack("=Ii", 0, 256 * 15 * notches))
