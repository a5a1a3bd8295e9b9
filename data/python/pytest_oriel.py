# SPDX-License-Identifier: MIT
"""A plugin for pytest: virtual machines whose screens are looked at, by `oriel run --headless` and `oriel ctl`.

    pytest_plugins = ["pytest_oriel"]          # in conftest.py; or: pytest -p pytest_oriel

    @pytest.fixture
    def vm_command():
        return ["qemu-system-x86_64", "-m", "512M", "-cdrom", "live.iso"]

    def test_login(vm):
        vm.assert_screen(text="login:", timeout=60)
        vm.type("root\\n")
        vm.assert_screen(image="shell.png")

The fixture `vm` starts the command of the fixture `vm_command` without a window, and ends it with the test. `vm_options`
are more options of `oriel run`. ORIEL is the program, else it is looked for in PATH. A test that fails leaves in its
tmp_path: seen.png, the picture that was expected, serial.log and oriel.log.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, Sequence

import pytest

NAME = "vm"
START_SECONDS = 60.0
END_SECONDS = 10.0
# What is said of an answer that is late: this much longer than what oriel itself was told to wait.
SLACK_SECONDS = 20.0
INTERVAL = 0.1
CONDITIONS = ("image", "anywhere", "needle", "text", "pattern", "colour", "stable", "mode", "frames")
PICTURES = ("image", "anywhere", "needle")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class OrielError(Exception):
    """`oriel` refused something, or the VM has ended; the text is its own."""


def _end_with_parent() -> None:
    """In the child: a pytest that is killed takes its VM along."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Vm:
    """A VM without a window. Times are in seconds."""

    def __init__(self, command: Sequence[str], options: Sequence[str], folder: Path) -> None:
        self.folder = folder
        self.log_path = folder / "oriel.log"
        self.serial_path = folder / "serial.log"
        self._serial_read = 0
        self._program = os.environ.get("ORIEL") or shutil.which("oriel")
        if not self._program:
            raise OrielError("there is no oriel in PATH, and ORIEL names none")
        # The sockets' folder: their paths must be short.
        self._runtime = tempfile.mkdtemp(prefix="oriel-pytest-")
        self._environment = dict(os.environ, XDG_RUNTIME_DIR=self._runtime)
        self._environment.pop("WAYLAND_DISPLAY", None)
        serial = [] if {"-serial", "-nographic"} & set(command) else ["-serial", f"file:{self.serial_path}"]
        try:
            with open(self.log_path, "wb") as log:
                # A group of its own: Ctrl+C is for pytest, which then ends the VM.
                self._process = subprocess.Popen(
                    [self._program, "run", "--headless", "--freeze-blink", f"--name={NAME}", *options, "--", *command,
                     *serial], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._environment,
                    start_new_session=True, preexec_fn=_end_with_parent)
        except BaseException:
            shutil.rmtree(self._runtime, ignore_errors=True)
            raise

    def ctl(self, *words: str, timeout: float = 10.0) -> str:
        """Runs `oriel ctl NAME WORDS...` and returns what it prints; OrielError if it fails."""
        try:
            done = subprocess.run([str(self._program), "ctl", NAME, *words], env=self._environment, text=True,
                                  capture_output=True, check=False, timeout=timeout + SLACK_SECONDS)
        except subprocess.TimeoutExpired:
            raise OrielError(f"oriel ctl {' '.join(words)}: no answer") from None
        if done.returncode != 0:
            raise OrielError(done.stderr.strip() or f"oriel ctl ended with status {done.returncode}")
        return done.stdout

    def _until(self, action: Callable[[], str], timeout: float) -> str:
        """Tries it until it succeeds: a driver or a picture that isn't there yet may come."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return action()
            except OrielError:
                if time.monotonic() > deadline or self.ended:
                    raise
                time.sleep(INTERVAL)

    def wait_ready(self) -> None:
        """Waits until the display is there. The fixture has done it."""
        try:
            self._until(lambda: self.ctl("stats"), START_SECONDS)
        except OrielError as error:
            log = self.log_path.read_text(errors="replace")
            raise OrielError(f"the VM does not start: {error}\n{log}") from None

    # What is on the screen.

    def wait(self, kind: str, what: object, timeout: float = 30.0, screen: int = 0) -> str:
        """Waits for one of CONDITIONS, and returns what oriel says of it, for example where it is."""
        if kind not in CONDITIONS:
            raise ValueError(f"{kind!r} is nothing to wait for: {', '.join(CONDITIONS)}")
        return self.ctl("wait", kind, str(what), "--timeout", f"{timeout:g}", "--scanout", str(screen), timeout=timeout)

    def wait_text(self, text: str, timeout: float = 30.0, screen: int = 0) -> str:
        """Waits until a text can be read on the screen, in one row."""
        return self.wait("text", text, timeout, screen)

    def assert_screen(self, timeout: float = 30.0, screen: int = 0, **condition: object) -> None:
        """The screen is so within the time: image=PATH, anywhere=PATH, needle=PATH, text=..., pattern=..., colour=...,
        stable=MILLISECONDS, mode=... or frames=N. Fails the test with oriel's own words, and with pictures."""
        __tracebackhide__ = True
        if len(condition) != 1:
            raise ValueError("assert_screen wants one condition")
        (kind, what), = condition.items()
        why = ""
        try:
            self.wait(kind, what, timeout, screen)
        except OrielError as error:
            why = f"{error}{self._keep_pictures(screen, Path(str(what)) if kind in PICTURES else None)}"
        if why:
            pytest.fail(why)

    def _keep_pictures(self, screen: int, expected: Path | None) -> str:
        lines = ""
        try:
            lines += f"\nseen: {self.screenshot('seen', screen)}"
        except OrielError as error:
            lines += f"\nseen: {error}"
        if expected is not None:
            picture = expected.with_suffix(".png")  # a needle has one of its name
            if picture.is_file():
                lines += f"\nexpected: {shutil.copy(picture, self.folder / 'expected.png')}"
        return lines

    def screenshot(self, name: str = "screenshot", screen: int = 0) -> Path:
        """Saves what the guest shows as NAME.png in the test's folder, and returns its path."""
        path = self.folder / f"{name}.png"
        self.ctl("screenshot", str(path), "--scanout", str(screen))
        return path

    # What a user does. Each waits for a driver in the guest that hears it.

    def type(self, text: str, timeout: float = 30.0) -> None:
        """Types a text as a US keyboard does; \\n is Enter."""
        self._until(lambda: self.ctl("type", text), timeout)

    def key(self, *chords: str, timeout: float = 30.0) -> None:
        """Presses keys: "ret", "ctrl+alt+f2"."""
        self._until(lambda: self.ctl("key", *chords), timeout)

    def move(self, x: int, y: int, screen: int = 0, timeout: float = 30.0) -> None:
        """Moves the pointer to a pixel of the guest."""
        self._until(lambda: self.ctl("pointer", str(x), str(y), "--scanout", str(screen)), timeout)

    def click(self, x: int, y: int, button: str = "left", screen: int = 0, timeout: float = 30.0) -> None:
        """Clicks at a pixel of the guest."""
        self.move(x, y, screen, timeout)
        self._until(lambda: self.ctl("button", button), timeout)

    def wheel(self, notches: float) -> None:
        """Turns the wheel, towards the user."""
        self.ctl("wheel", f"{notches:g}")

    # The serial port and the end.

    @property
    def serial(self) -> str:
        """All that the guest has said on its first serial port."""
        try:
            return self.serial_path.read_text(errors="replace").replace("\r", "")
        except FileNotFoundError:
            return ""

    def wait_serial(self, pattern: str, timeout: float = 30.0) -> re.Match[str]:
        """Waits for a regular expression (^ and $ are a line's ends) on the serial port, behind the last one."""
        __tracebackhide__ = True
        wanted, deadline = re.compile(pattern, re.MULTILINE), time.monotonic() + timeout
        while True:
            ended = self.ended
            text = self.serial
            found = wanted.search(text, self._serial_read)
            if found:
                self._serial_read = found.end()
                return found
            if ended or time.monotonic() > deadline:
                lines = text.splitlines() or ["nothing"]
                why = "the VM has ended" if ended else f"not within {timeout:g} s"
                pytest.fail(f"{pattern!r} on the serial port: {why}; its last line is {lines[-1]!r}")
            time.sleep(INTERVAL)

    @property
    def ended(self) -> bool:
        """Whether the VM has ended, by itself or not."""
        return self._process.poll() is not None

    def wait_end(self, timeout: float = 30.0) -> int:
        """Waits until the VM ends by itself, and returns the status of `oriel run`."""
        __tracebackhide__ = True
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the VM still runs after {timeout:g} s")

    def close(self) -> None:
        """Ends the VM, if it still runs. The fixture does it."""
        if not self.ended:
            self._process.terminate()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                # All of its group: QEMU too.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        shutil.rmtree(self._runtime, ignore_errors=True)


@pytest.fixture
def vm_command() -> list[str]:
    """QEMU's command line. Each project has one of its own."""
    pytest.fail("which VM? Write a fixture vm_command that returns QEMU's command line")


@pytest.fixture
def vm_options() -> list[str]:
    """More options of `oriel run`, such as --size=1024x768."""
    return []


@pytest.fixture
def vm(vm_command: Sequence[str], vm_options: Sequence[str], tmp_path: Path) -> Iterator[Vm]:
    """A VM that runs as long as the test does."""
    machine = Vm([str(word) for word in vm_command], list(vm_options), tmp_path)
    try:
        machine.wait_ready()
        yield machine
    finally:
        machine.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that failed shows what its VM said, and keeps a picture of it."""
    report = (yield).get_result()  # type: ignore[misc]
    machine = getattr(item, "funcargs", {}).get("vm")
    if report.when != "call" or not report.failed or not isinstance(machine, Vm):
        return
    if not (machine.folder / "seen.png").exists():
        try:
            report.sections.append(("seen", str(machine.screenshot("seen"))))
        except OrielError as error:
            report.sections.append(("seen", str(error)))
    for title, text in (("serial port", machine.serial), ("oriel", machine.log_path.read_text(errors="replace"))):
        report.sections.append((title, "\n".join(text.splitlines()[-20:])))
