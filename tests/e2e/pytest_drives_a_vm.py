# SPDX-License-Identifier: MIT
"""The plugin for pytest: the example passes; a screen that is another one fails the test with oriel's
own words, the guest's picture and the expected one; whatever ends pytest ends the VM, too."""

import os
import signal
import subprocess
import time
from pathlib import Path

from example_tests import EXAMPLES, environment, python_with
from harness import SOURCE_ROOT, check, main, make, wait_for
from picture import Picture, read_png, write_png

# SeaBIOS finds nothing to boot, and says so on the screen.
FIRMWARE_ONLY = """
import os, time
import pytest
pytest_plugins = ["pytest_oriel"]

@pytest.fixture
def vm_command():
    return ["qemu-system-x86_64", "-nodefaults", "-machine", "q35", "-m", "64M", "-accel", "tcg",
            "-boot", "reboot-timeout=-1"]

@pytest.fixture
def vm_options():
    return ["--size=640x480", "--option-rom=" + os.environ["VGA_ROM"]]
"""
FAILS = FIRMWARE_ONLY + """
def test_image(vm, tmp_path):
    vm.assert_screen(mode="bochs")
    vm.assert_screen(image=os.environ["OTHER_PICTURE"], timeout=0.5)

def test_python(vm):
    vm.assert_screen(mode="bochs")
    assert vm.serial == "something"

def test_serial(vm):
    vm.wait_serial("never", timeout=0.2)

def test_wrong_words(vm):
    with pytest.raises(ValueError):
        vm.assert_screen(imgae="a.png")
    with pytest.raises(ValueError):
        vm.assert_screen(image="a.png", text="b")

def test_end(vm):
    vm.close()
    with pytest.raises(Exception, match="oriel: "):
        vm.wait_text("never", timeout=0.2)
"""
WAITS = FIRMWARE_ONLY + """
def test_waits(vm):
    print("waits")
    time.sleep(1000)
"""


class Pytest:
    def __init__(self, lab):
        self.lab = lab
        self.python = python_with("pytest", "python3-pytest")
        rom = str(make("qemu", "--vga-rom"))
        other = lab.folder / "other.png"
        write_png(other, Picture(64, 48, [bytes((1, 2, 3) * 64)] * 48))
        self.environment = dict(environment(lab), PYTHONPATH=str(SOURCE_ROOT / "data" / "python"), VGA_ROM=rom,
                                OTHER_PICTURE=str(other), PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1",
                                ORIEL_E2E=str(lab.folder))
        self.pictures = lab.folder / "pytest"

    def command(self, file):
        return [self.python, "-m", "pytest", "-p", "no:cacheprovider", "-s", "--basetemp", self.pictures, file]

    def run(self, file):
        return subprocess.run(self.command(file), env=self.environment, capture_output=True, text=True,
                              cwd=self.lab.folder, timeout=300, check=False)

    def write(self, name, text):
        path = self.lab.folder / name
        path.write_text(text)
        return path

    def left(self):
        """The processes of VMs that this test has started."""
        lines = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "environ").read_bytes().decode(errors="replace").split("\0")
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"ORIEL_E2E={self.lab.folder}" in words and "XDG_RUNTIME_DIR=/tmp/oriel-pytest-" in " ".join(words):
                lines.append(line)
        return lines


def check_failures(pytest):
    done = pytest.run(pytest.write("test_fails.py", FAILS))
    said = done.stdout + done.stderr
    check(done.returncode == 1 and "3 failed, 2 passed" in said, said)
    check(f"Failed: oriel: not within 0.5 s: {pytest.environment['OTHER_PICTURE']}: 64x48 was expected, 640x480 is seen"
          in said, said)
    check("During handling" not in said, said)
    check("'never' on the serial port: not within 0.2 s" in said, said)
    for test in ("test_image0", "test_python0"):
        seen = read_png(pytest.pictures / test / "seen.png")
        check((seen.width, seen.height) == (640, 480), f"{test}: {seen.size}")
    check((pytest.pictures / "test_image0" / "expected.png").read_bytes() ==
          Path(pytest.environment["OTHER_PICTURE"]).read_bytes(), "another picture was expected")
    check(f"seen: {pytest.pictures}/test_image0/seen.png" in said, said)


def check_nothing_is_left(pytest):
    file = pytest.write("test_waits.py", WAITS)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen([str(word) for word in pytest.command(file)], env=pytest.environment,
                              cwd=pytest.lab.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as run:
            said = ""
            while "waits" not in said.replace("test_waits", ""):
                line = run.stdout.readline()
                check(line, f"pytest has ended: {said}")
                said += line
            check(any("qemu-system" in line or "ld-linux" in line for line in pytest.left()), str(pytest.left()))
            run.send_signal(number)
            run.communicate(timeout=60)
        wait_for(lambda: not pytest.left(), 20, f"no process is left after signal {number}", 0.1)


def test(lab):
    pytest = Pytest(lab)
    done = pytest.run(EXAMPLES / "test_linux_shell.py")
    check(done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr)
    shot = read_png(pytest.pictures / "test_a_shell_answers0" / "shell.png")
    check((shot.width, shot.height) == (1024, 768), f"{shot.size}")
    check_failures(pytest)
    before = set(Path("/tmp").glob("oriel-pytest-*"))
    check_nothing_is_left(pytest)
    # Who is killed so can't take its folder along.
    left = set(Path("/tmp").glob("oriel-pytest-*")) - before
    check(len(left) <= 2, str(left))
    for folder in left:
        for name in sorted(folder.rglob("*"), reverse=True):
            name.rmdir() if name.is_dir() else name.unlink()
        folder.rmdir()
    check(not pytest.left(), str(pytest.left()))


main(test)
