# SPDX-License-Identifier: MIT
"""vdpy_device_model.c as a process of a lab: a device model that is linked with liboriel-vdpy."""

import os
import re
import select
import shutil
import subprocess

from harness import Failure, Skip, check, child_programs

# pixman_format_code_t: how it is called, its number, and where red, green and blue are in a pixel.
FORMATS = {
    "x8r8g8b8": (0x20020888, (2, 1, 0)),
    "a8r8g8b8": (0x20028888, (2, 1, 0)),
    "x8b8g8r8": (0x20030888, (0, 1, 2)),
    "a8b8g8r8": (0x20038888, (0, 1, 2)),
    "b8g8r8x8": (0x20080888, (1, 2, 3)),
    "b8g8r8a8": (0x20088888, (1, 2, 3)),
    "r8g8b8x8": (0x20090888, (3, 2, 1)),
    "r8g8b8a8": (0x20098888, (3, 2, 1)),
}
# What a format without alpha has there means nothing.
FOURTH_BYTE = 0x5A


def program(name):
    if name not in os.environ:
        raise Skip(f"{name} names no program: run it with meson test")
    return os.environ[name]


class DeviceModel:
    """Answers come on a pipe; what is on standard output and error is in `stdout` and `log()`."""

    def __init__(self, lab, **environment):
        self._lab = lab
        self._files = 0
        self.log_path = lab.new_log("device-model")
        self.stdout = lab.new_log("device-model-stdout")
        answers, theirs = os.pipe()
        with open(self.log_path, "wb") as errors, open(self.stdout, "wb") as output:
            self._popen = subprocess.Popen(
                # A descriptor of two digits is more than Debian's sh can pass on.
                [shutil.which("bash") or "sh", "-c", f'exec 3>&{theirs} "$0"', program("ORIEL_VDPY_DEVICE_MODEL")],
                stdin=subprocess.PIPE, stdout=output, stderr=errors, text=True, pass_fds=[theirs],
                cwd=lab.folder, preexec_fn=child_programs.end_with_parent,
                env=lab.environment(**environment))
        os.close(theirs)
        self._answers = os.fdopen(answers, "r")
        lab.processes.append(self)

    @property
    def pid(self):
        return self._popen.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def ask(self, *words, timeout=20):
        self._popen.stdin.write(" ".join(map(str, words)) + "\n")
        self._popen.stdin.flush()
        if not select.select([self._answers], [], [], timeout)[0]:
            raise Failure(f"{words}: no answer after {timeout} s")
        line = self._answers.readline().strip()
        if not line:
            raise Failure(f"{words}: the device model ended with status {self._popen.wait(20)}")
        return line

    def start(self, options=""):
        said = self.ask("start", *([options] if options else []))
        started = re.fullmatch(r"handle (\d+), screens (\d+)", said)
        check(started, f"start {options}: {said}")
        return int(started[2])

    def do(self, *words):
        """Something on the display thread; how long it took, ms."""
        said = self.ask(*words)
        took = re.fullmatch(r"done in ([0-9.]+) ms", said)
        check(took, f"{words}: {said}")
        return float(took[1])

    def _file(self, picture, places, pad):
        """A picture's bytes in a file, each row followed by `pad` bytes."""
        rows = []
        for row in picture.rows:
            line = bytearray([FOURTH_BYTE]) * (4 * picture.width)
            for channel, place in enumerate(places):
                line[place::4] = row[channel::3]
            rows.append(bytes(line) + b"\xee" * pad)
        self._files += 1
        path = self._lab.folder / f"pixels-{self._files}"
        path.write_bytes(b"".join(rows))
        return path

    def show(self, screen, picture, form="x8r8g8b8", pad=0):
        number, places = FORMATS[form]
        return self.do("memory", screen, self._file(picture, places, pad), *picture.size,
                       4 * picture.width + pad, number)

    def draw(self, screen, picture, form="x8r8g8b8", pad=0):
        return self.do("draw", screen, self._file(picture, FORMATS[form][1], pad))

    def blob(self, screen, picture, pad=0, kind=""):
        """`kind`: "udmabuf" for a real dma-buf."""
        return self.do("blob", screen, self._file(picture, FORMATS["x8r8g8b8"][1], pad),
                       *picture.size, 4 * picture.width + pad, kind)

    def edid(self, screen):
        path = self._lab.folder / f"edid-{screen}"
        check(self.ask("edid", screen, path) == "written", "no EDID")
        return path.read_bytes()

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        """As ACRN's device model ends; it must have written nothing but its log."""
        check(self.ask("end") == "ended 0", "vdpy_deinit() failed")
        self._popen.stdin.close()
        status = self._popen.wait(20)
        check(status == 0, f"the device model ended with status {status}")
        check(self.stdout.read_bytes() == b"", "something was written to standard output")

    def kill(self):
        self._popen.kill()
        self._popen.wait()
