# SPDX-License-Identifier: MIT
"""A QEMU with its own card and D-Bus display, and an oriel that shows it."""

import os
import shutil
import subprocess
from pathlib import Path

import harness
from harness import START_TIMEOUT, Oriel, Process, Skip, Weston, qmp, wait_for
from picture import Picture

# The newest that a machine has; $ORIEL_DBUS_QEMU may name others, separated by colons.
DISPLAY = ["-display", "dbus,p2p=yes"]


def qemus():
    """The QEMUs that can be had here, each a program that has a D-Bus display."""
    named = os.environ.get("ORIEL_DBUS_QEMU")
    programs = named.split(":") if named else [shutil.which("qemu-system-x86_64")]
    able = [program for program in programs if program and _has_display(program)]
    if not able:
        raise Skip("no QEMU with a D-Bus display (qemu-system-x86, qemu-system-modules-opengl)")
    return able


def _has_display(program):
    listed = subprocess.run([program, "-display", "help"], capture_output=True, text=True,
                            check=False)
    return "dbus" in listed.stdout.split()


class Firmware(Process):
    """A QEMU with a card of its own that stays in its firmware."""

    def __init__(self, lab, program, card, display=()):
        self.qmp_path = lab.runtime / f"{Path(program).name}-{card}.qmp"
        super().__init__(lab, f"qemu-{card}", [
            program, "-nodefaults", "-no-user-config", "-vga", "none", "-machine", "q35", "-accel",
            "tcg", "-m", "128", "-device", card, *(display or DISPLAY), "-qmp",
            f"unix:{self.qmp_path},server=on,wait=off"])

    def qmp(self, command, **arguments):
        return qmp(self.qmp_path, command, **arguments)

    def screendump(self):
        """What QEMU itself says that its card shows."""
        path = self._lab.folder / f"{self.name}.ppm"
        self.qmp("screendump", filename=str(path))
        return read_ppm(path)


def read_ppm(path):
    """QEMU's form of a portable pixmap: three lines, then bytes."""
    kind, size, depth, pixels = path.read_bytes().split(b"\n", 3)
    harness.check(kind == b"P6" and depth == b"255", f"{path}: not QEMU's form")
    width, height = (int(number) for number in size.split())
    rows = [pixels[3 * width * y:3 * width * (y + 1)] for y in range(height)]
    return Picture(width, height, rows)


class Viewer(Oriel):
    """`oriel show --dbus` (or headless), after it said that it is ready. `where`: QEMU's monitor, or
    a bus."""

    def __init__(self, lab, where, command="show", name="vm", options=(),
                 compositor=Weston.SOCKET):
        self.vm_name = name
        arguments = [lab.oriel_program, command, "--name", name, "--dbus",
                     where if str(where).startswith("unix:") else f"qmp:{where}",
                     *options]
        environment = lab.environment()
        if command != "headless":
            arguments += ["--decorations", "none"]
            environment["WAYLAND_DISPLAY"] = compositor
        Process.__init__(self, lab, "viewer", arguments, environment)
        wait_for(self.answers, START_TIMEOUT, "the viewer is ready")

    def wait_attached(self):
        wait_for(lambda: self.stats()["attached"], 30, "the viewer has QEMU's display")
