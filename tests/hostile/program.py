# SPDX-License-Identifier: MIT
"""The program under test as a process: started, asked by its control socket, looked at, ended."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from child_programs import end_with_parent, find_oriel, in_sandbox  # noqa: E402

START_TIMEOUT = 30
END_TIMEOUT = 10
CPUCLOCK_SCHED = 2


class Ended(Exception):
    """The program is gone where it should have gone on."""


def oriel_program():
    found = find_oriel()
    if found is None:
        raise SystemExit("no oriel: build it (meson compile -C build), or set ORIEL")
    return found


def cpu_clock(pid):
    """The clock of another process, as clock_getcpuclockid() gives it."""
    return (~pid << 3) | CPUCLOCK_SCHED


class Program:
    """One oriel in a folder of its own. Its log goes to a file, or where `stderr` says."""

    def __init__(self, mode, options=(), *, wayland=None, stderr=None, environment=None,
                 limits=(), pass_fds=(), road="vfio-user"):
        self.folder = Path(tempfile.mkdtemp(prefix="oriel-hostile-"))
        self.card = self.vfio_user = self.folder / "card"
        self.control = self.folder / "oriel" / "vm.sock"
        self._log = self.folder / "log"
        # What a sanitizer is told decides whether it ends the program at a fault.
        kept = ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
        variables = {name: os.environ[name] for name in kept if name in os.environ}
        variables["XDG_RUNTIME_DIR"] = str(self.folder)
        if wayland is not None:
            variables["WAYLAND_DISPLAY"] = str(wayland)
        variables.update(environment or {})
        arguments = [oriel_program(), mode, "--name", "vm", "--" + road, self.card, *options]

        def prepare():
            end_with_parent()
            for limit, value in limits:
                resource.setrlimit(limit, (value, value))

        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(
                in_sandbox(arguments), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log if stderr is None else stderr, env=variables,
                preexec_fn=prepare, pass_fds=pass_fds)
        self.pid = self.process.pid

    def wait_until_ready(self):
        deadline = time.monotonic() + START_TIMEOUT
        while not self.vfio_user.exists():
            if not self.lives():
                raise Ended(self.epitaph())
            if time.monotonic() > deadline:
                raise Ended(f"no socket after {START_TIMEOUT} s")
            time.sleep(0.01)

    def lives(self):
        return self.process.poll() is None

    def wait(self, timeout=END_TIMEOUT):
        """The exit status, or None if it goes on."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def log(self):
        return self._log.read_text(errors="replace")

    def log_lines(self):
        """Those of the watchdog over turns are left out: a slow machine makes them, and how long a
        turn took is measured."""
        with open(self._log, "rb") as log:
            return sum(not line.startswith(b"oriel: loop: ") for line in log)

    def epitaph(self):
        """How it ended and the last that it said."""
        lines = self.log().splitlines()
        return f"ended with status {self.wait()}: {lines[-1][-160:] if lines else 'without a word'}"

    def ask(self, timeout=10, **request):
        """One request on the control socket; the answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.control))
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = connection.recv(65536)
                if not part:
                    raise Ended("the control socket was closed instead of an answer")
                answer += part
        return json.loads(answer)

    def stats(self):
        return self.ask(command="stats")["stats"]

    def cpu_time(self):
        """Seconds, of all its threads."""
        return time.clock_gettime(cpu_clock(self.pid))

    def end(self):
        if self.lives():
            self.process.terminate()
            if self.wait() is None:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
