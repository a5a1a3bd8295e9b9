# SPDX-License-Identifier: MIT
"""Scripts for oriel test, and runs over them."""

import json
import os
import subprocess
from pathlib import Path

from harness import VM, check, make

# SeaBIOS finds nothing to boot, and says so on the screen.
HEAD = """
step-timeout = 30
fonts = ["${VGA_ROM}"]
[vm]
accel = "tcg"
memory = "64M"
option-rom = "${VGA_ROM}"
arguments = ["-boot", "reboot-timeout=-1"]
"""
SHOWN = '[[step]]\nwait = { text = "No bootable device" }\n'


class TestScripts:
    """A folder of scripts, and oriel test over it."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "scripts"
        self.output = lab.folder / "output"
        self.folder.mkdir()
        programs = lab.folder / "programs"
        programs.mkdir()
        # An example for users has QEMU's name in it, and so have these. It isn't to find itself.
        qemu = programs / "qemu-system-x86_64"
        qemu.write_text(f'#!/bin/sh\nPATH={os.environ["PATH"]} exec {VM / "qemu"} "$@"\n')
        qemu.chmod(0o755)
        self.environment = lab.environment(PATH=f"{programs}:{os.environ['PATH']}",
                                           ORIEL_E2E=str(self.folder),
                                           VGA_ROM=str(make("qemu", "--vga-rom")))

    def script(self, name, text):
        (self.folder / f"{name}.toml").write_text(text)

    def command(self, *arguments):
        mode = os.environ.get("ORIEL_TEST_SANDBOX")
        sandbox = ["--sandbox", mode] if mode and "--sandbox" not in arguments else []
        return [self.lab.oriel_program, "test", "--output", self.output, *sandbox, *arguments]

    def run(self, *arguments, prefix=(), timeout=150):
        return subprocess.run([*prefix, *self.command(*arguments)], env=self.environment,
                              cwd=self.folder, capture_output=True, text=True, timeout=timeout,
                              check=False)

    def expect(self, status, *arguments, **options):
        done = self.run(*arguments, **options)
        check(done.returncode == status,
              f"status {done.returncode}, not {status}:\n{done.stdout}{done.stderr}")
        return done

    def verdicts(self):
        return json.loads((self.output / "last-run.json").read_text())["tests"]


def test_processes(tests):
    """The processes of this run's tests: their command lines, and their temporary folders."""
    lines, folders = [], set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = dict(word.split("=", 1) for word in (process / "environ").read_bytes()
                               .decode(errors="replace").split("\0") if "=" in word)
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        folder = environment.get("XDG_RUNTIME_DIR", "")
        if environment.get("ORIEL_E2E") == str(tests.folder) and "/oriel-test-" in folder:
            lines.append(line)
            folders.add(folder)
    return lines, folders
