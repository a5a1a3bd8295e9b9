# SPDX-License-Identifier: MIT
"""Real parts for the end-to-end tests: Weston, oriel and a virtual machine, each a process.

A test is a file with a function that takes a Lab, and `harness.main(that_function)` at its end.
It passes when the function returns, fails with any exception (Failure for what it asserts), and is
skipped (exit status 77) with Skip. Everything that a Lab started is gone afterwards; after a failure
logs and pictures stay in tests/artifacts/TEST (or in $ORIEL_ARTIFACTS/TEST).

Environment: ORIEL is the program under test (default: build/…/oriel of this checkout).
"""

import argparse
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import picture
import wayland_client

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import child_programs  # noqa: E402

SOURCE_ROOT = child_programs.SOURCE_ROOT
VM = SOURCE_ROOT / "tests" / "vm"
# A guest boots in 8 to 20 s on a machine with nothing else to do, and slower beside other tests.
BOOT_TIMEOUT = 150
# How long a compositor and oriel may take until they are ready.
START_TIMEOUT = 30
SKIPPED = 77
# How long a key is held down.
KEY_MS = 30
KEY_NAMES = {" ": "spc", "\n": "ret", "-": "minus", ".": "dot"}


class Skip(Exception):
    """This test can't run here; the text says why."""


class Failure(Exception):
    """The program under test did something else than it should."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def need_program(name):
    path = shutil.which(name)
    if path is None:
        raise Skip(f"{name} is not installed")
    return path


def wait_for(condition, timeout, what, interval=0.05):
    """Polls until condition() is true and returns its value; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {timeout} s")
        time.sleep(interval)


def qmp(path, command, **arguments):
    """Runs one QMP command on the QEMU behind a socket and returns its answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        stream = connection.makefile("rw")
        stream.readline()
        for name, values in (("qmp_capabilities", {}), (command, arguments)):
            stream.write(json.dumps({"execute": name, "arguments": values}) + "\n")
            stream.flush()
            answer = {}
            while "return" not in answer and "error" not in answer:
                answer = json.loads(stream.readline())
        check("return" in answer, f"QMP {command}: {answer}")
        return answer["return"]


class Process:
    """A child process whose standard output and error go to one log file."""

    def __init__(self, lab, name, arguments, environment=None, stdin=subprocess.DEVNULL):
        self.name = name
        self._lab = lab
        self.log_path = lab.new_log(name)
        with open(self.log_path, "wb") as file:
            self._popen = subprocess.Popen(
                child_programs.in_sandbox(arguments), stdin=stdin, stdout=file,
                stderr=subprocess.STDOUT, env=environment or lab.environment(), cwd=lab.folder,
                preexec_fn=child_programs.end_with_parent)
        lab.processes.append(self)

    @property
    def pid(self):
        return self._popen.pid

    @property
    def status(self):
        """None while it runs, else the exit status (negative: the signal that ended it)."""
        return self._popen.poll()

    def log(self):
        return Path(self.log_path).read_text(errors="replace")

    def signal(self, number):
        self._popen.send_signal(number)

    def wait(self, timeout=15):
        """Waits for the end and returns the exit status."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {timeout} s") from None

    def check_running(self):
        if self.status is not None:
            raise Failure(f"{self.name} ended with status {self.status}:\n{tail(self.log())}")

    def kill(self):
        if self.status is None:
            self._popen.kill()
        self._popen.wait()


def tail(text, lines=15):
    return "\n".join(text.splitlines()[-lines:])


def weston_major():
    """12, for example; Weston must be there."""
    need_program("weston")
    said = subprocess.run(["weston", "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"(\d+)\.", said).group(1))


class Weston(Process):
    """A headless Weston. Its socket is in the lab's runtime folder.

    Not the kiosk shell: without a seat Weston 10 never brings a window to its front.
    """

    SOCKET = "oriel-test"

    def __init__(self, lab, renderer="pixman", size=(1024, 768), shell="desktop", scale=1,
                 log_protocol=False):
        """`size` in logical px: the output has `scale` times as many."""
        major = weston_major()
        config = lab.folder / "weston.ini"
        config.write_text("[core]\nidle-time=0\n\n[shell]\npanel-position=none\nlocking=false\n"
                          "background-color=0xff102030\nanimation=none\nclose-animation=none\n"
                          "startup-animation=none\n")
        arguments = ["weston", f"--config={config}", f"--socket={self.SOCKET}", "--debug",
                     f"--width={size[0]}", f"--height={size[1]}", f"--scale={scale}"]
        if major < 12:
            arguments += ["--backend=headless-backend.so", f"--use-{renderer}",
                          f"--shell={shell}-shell.so"]
        else:
            arguments += ["--backend=headless", f"--renderer={renderer}", f"--shell={shell}"]
        if log_protocol:
            arguments += ["--logger-scopes=log,proto"]
        super().__init__(lab, "weston", arguments)
        self.last_capture = None
        wait_for(lambda: self._ready(), START_TIMEOUT, "weston accepts clients")

    def _ready(self):
        self.check_running()
        return "xdg_wm_base" in wayland_client.offered_globals(self._lab.runtime / self.SOCKET)

    def capture(self):
        """What is on the compositor's output now, as a Picture."""
        self.check_running()
        shot = wayland_client.capture_output(self._lab.runtime / self.SOCKET)
        self.last_capture = shot
        return shot


class Oriel(Process):
    """`oriel show`, `headless` or `run`, after it said that it is ready. `then` comes last."""

    def __init__(self, lab, command="show", name="vm", socket_path=None, options=(), ready=True,
                 compositor=Weston.SOCKET, then=(), road="vfio-user", program=None):
        self.road = road
        self.socket = Path(socket_path or lab.runtime / f"{name}.{road}")
        self.vm_name = name
        arguments = [program or lab.oriel_program, command, "--name", name, "--" + road, self.socket,
                     "--log-level", "info"]
        if command != "headless" and "--decorations" not in options:
            # The guest's picture is as large as Weston's output: a frame would push it out.
            arguments += ["--decorations", "none"]
        arguments += [*options, *then]
        environment = lab.environment()
        if command != "headless":
            environment["WAYLAND_DISPLAY"] = str(compositor)
        super().__init__(lab, "oriel", arguments, environment)
        if ready:
            wait_for(self._ready, START_TIMEOUT, "oriel is ready")

    def _ready(self):
        self.check_running()
        return self.socket.exists() and self.answers()

    def answers(self):
        """Whether it can be asked by `oriel ctl`."""
        self.check_running()
        return self._lab.ctl(self.vm_name, "stats").returncode == 0

    def stats(self):
        self.check_running()
        result = self._lab.ctl(self.vm_name, "stats", "--json")
        check(result.returncode == 0, f"oriel ctl stats failed: {result.stderr}")
        return json.loads(result.stdout)

    def screenshot(self, scanout=None, *options):
        """The guest's own pixels as a Picture, or None while there are none."""
        self.check_running()
        path = self._lab.folder / f"screenshot-{scanout or 0}.png"
        extra = [] if scanout is None else ["--scanout", str(scanout)]
        result = self._lab.ctl(self.vm_name, "screenshot", path, *extra, *options)
        return picture.read_png(path) if result.returncode == 0 else None

    def quit(self):
        return self._lab.ctl(self.vm_name, "quit")


class Vm(Process):
    """The test VM, see tests/vm/run. Its serial output is in serial(); `extra` goes to QEMU."""

    def __init__(self, lab, oriel=None, extra=(), **options):
        self.serial_path = lab.new_log("serial")
        self.qmp_path = lab.runtime / f"{self.serial_path.stem}.qmp"
        arguments = [VM / "run", "--serial", self.serial_path, "--qmp", self.qmp_path]
        if oriel is not None:
            arguments += ["--" + oriel.road, oriel.socket]
        for key, value in options.items():
            if value is False:
                continue
            arguments.append("--" + key.replace("_", "-"))
            if value is not True:
                arguments.append(value)
        super().__init__(lab, "qemu", [*arguments, "--", *extra])

    def serial(self):
        try:
            return Path(self.serial_path).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_serial(self, text, count=1, timeout=BOOT_TIMEOUT):
        """Waits until the guest has printed `text` `count` times."""
        def printed():
            serial = self.serial()
            for line in serial.splitlines():
                if line.startswith("guest: error:"):
                    raise Failure(f"the guest says: {line}")
            if serial.count(text) >= count:
                return True
            self.check_running()
            return False
        wait_for(printed, timeout, f"the guest prints {text!r} {count} times", 0.1)

    def qmp(self, command, **arguments):
        return qmp(self.qmp_path, command, **arguments)

    def press(self, *keys):
        """Presses these keys together, by QEMU's names (QKeyCode), on the guest's PS/2 keyboard."""
        self.qmp("send-key", keys=[{"type": "qcode", "data": key} for key in keys],
                 **{"hold-time": KEY_MS})
        # QEMU queues what comes while keys are held, and what it queues it may send too closely.
        time.sleep(2 * KEY_MS / 1000)

    def type(self, text):
        """Types a text of lower-case letters, digits and what KEY_NAMES has; \n is Enter."""
        for character in text:
            self.press(KEY_NAMES.get(character, character))


class Lab:
    """What one test runs in: folders, an environment, and processes that end with it."""

    def __init__(self, name):
        artifacts = Path(os.environ.get("ORIEL_ARTIFACTS") or SOURCE_ROOT / "tests" / "artifacts")
        self.folder = artifacts / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        # Unix socket paths are short (108 bytes), build folders often aren't.
        self.runtime = Path(tempfile.mkdtemp(prefix="oriel-e2e-"))
        self.processes = []
        self._logs = {}

    @functools.cached_property
    def oriel_program(self):
        return find_oriel()

    def environment(self, **more):
        """The environment of every process: nothing of the session that started the test."""
        kept = ("PATH", "HOME", "LANG", "ORIEL_CACHE", "XDG_CACHE_HOME", "ORIEL_MIRROR",
                "ORIEL_QEMU", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
        environment = {key: os.environ[key] for key in kept if key in os.environ}
        environment["XDG_RUNTIME_DIR"] = str(self.runtime)
        environment.update(more)
        return environment

    def new_log(self, name):
        """A path for one more log of this name: name.log, name-2.log and so on."""
        self._logs[name] = self._logs.get(name, 0) + 1
        number = self._logs[name]
        return self.folder / (f"{name}.log" if number == 1 else f"{name}-{number}.log")

    def weston(self, **options):
        return Weston(self, **options)

    def oriel(self, command="show", **options):
        return Oriel(self, command, **options)

    def vm(self, oriel=None, **options):
        return Vm(self, oriel, **options)

    def run_oriel(self, *arguments, timeout=15, **environment):
        """Runs oriel to its end and returns the CompletedProcess."""
        try:
            return subprocess.run(
                child_programs.in_sandbox([self.oriel_program, *arguments]),
                env=self.environment(**environment), cwd=self.folder, capture_output=True,
                text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"oriel {arguments} still runs after {timeout} s") from None

    def ctl(self, *arguments):
        return self.run_oriel("ctl", *arguments)

    def wait_picture(self, take, want, what, timeout=30):
        """Polls take() until it returns exactly the picture `want`."""
        last = "no picture"
        got = None

        def same():
            nonlocal last, got
            got = take()
            if got is not None:
                last = picture.difference(got, want)
            return got is not None and last is None
        try:
            wait_for(same, timeout, what, 0.25)
        except Failure as failure:
            picture.write_png(self.folder / "expected.png", want)
            if got is not None:
                picture.write_png(self.folder / "got.png", got)
            raise Failure(f"{failure}: {last}") from None

    def wait_shown(self, weston, want, what, timeout=30):
        """Polls the compositor's output until it has the picture `want` somewhere, unscaled."""
        try:
            wait_for(lambda: weston.capture().find(want), timeout, what, 0.25)
        except Failure as failure:
            picture.write_png(self.folder / "expected.png", want)
            picture.write_png(self.folder / "compositor.png", weston.last_capture)
            raise Failure(f"{failure}; compare compositor.png with expected.png") from None

    def close(self, keep):
        for process in reversed(self.processes):
            process.kill()
        shutil.rmtree(self.runtime, ignore_errors=True)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def find_oriel():
    found = child_programs.find_oriel()
    if found is None:
        raise Skip("no program to test: build it, or set ORIEL")
    return found


def make(script, *arguments):
    """Runs a script of tests/vm that makes something and returns the path it prints; skips where
    that can't work."""
    result = subprocess.run([VM / script, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Skip(f"tests/vm/{' '.join([script, *arguments])}: {tail(result.stderr, 1)}")
    return Path(tail(result.stdout, 1))


def prepare_vm(*kernels):
    """Makes QEMU and the kernels before the first time-out runs; skips where that can't work."""
    make("qemu", "--prepare")
    for kernel in kernels:
        make("kernel", kernel)


def options(**defaults):
    """Command line options of a test, --name for each given name, as a namespace."""
    parser = argparse.ArgumentParser()
    for name, default in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), default=default)
    return parser.parse_args()


def _stop(_number, _frame):
    raise SystemExit("stopped by a signal")


def main(test):
    """Runs a test function and ends the process with meson's exit status."""
    signal.signal(signal.SIGTERM, _stop)
    words = [Path(sys.argv[0]).stem] + [word.lstrip("-") for word in sys.argv[1:]]
    lab = None
    status = 1
    try:
        lab = Lab("-".join(words))
        start = time.monotonic()
        test(lab)
        print(f"PASS in {time.monotonic() - start:.1f} s")
        status = 0
    except Skip as reason:
        print(f"SKIP {reason}")
        status = SKIPPED
    except Failure as failure:
        print(f"FAIL {failure}")
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
    finally:
        if lab is not None:
            failed = status == 1
            if failed:
                print(f"logs and pictures: {lab.folder}")
                for log in sorted(lab.folder.glob("*.log")):
                    print(f"--- {log.name}\n{tail(log.read_text(errors='replace'))}")
            lab.close(keep=failed)
    sys.exit(status)
