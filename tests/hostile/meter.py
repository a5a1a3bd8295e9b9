# SPDX-License-Identifier: MIT
"""Looks at one oriel from outside, as a process of its own (Python's threads would wait for each
other): how long a turn of its loop takes, and what it holds.

usage: meter.py PID CONTROL_SOCKET GUEST_INODE...

It asks the control socket for `info` again and again. A client that asks waits for the turn that
runs, and for what comes before it in the next. The clock on the wall says nothing on a machine with
neighbours, so two times are taken of each answer:

- the CPU time that the process used meanwhile (its CPU clock, exact while it runs). Where it works
  in a long turn, this is that turn, however often others get the CPU in between. Less what this
  process waited for a CPU itself: the answer may be there, and other turns be under way meanwhile;
- the time that it slept: the wall's, less its CPU time, less what it waited for a CPU, less what
  this process waited for one (both from schedstat). Where something on the loop blocks, this is it.
  It is rougher, so it counts from MIN_SLEPT on only. No answer at all for PATIENCE counts as that,
  unless the process would run if it got a CPU.

Lines on standard input: `mark` forgets what was until now, `stop` (or its end) prints the result as
one line of JSON.
"""

import json
import os
import select
import socket
import sys
import time

from held import held_bytes
from program import cpu_clock

PATIENCE = 3.0
# For a process that gets no CPU.
LAST_PATIENCE = 20.0
MIN_SLEPT = 0.25
INTERVAL = 0.01
LOOK_INTERVAL = 0.1


def waited_for_cpu(path):
    try:
        with open(f"/proc/{path}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def would_run(pid):
    """It has work to do (state R), and perhaps no CPU to do it on."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] == "R"
    except (OSError, IndexError):
        return False


class Meter:
    def __init__(self, pid, control, guest_inodes):
        self._pid, self._control, self._guest = pid, control, guest_inodes
        self._clock = cpu_clock(pid)
        self._connection = None
        self._looked = 0.0
        self.forget()

    def forget(self):
        self.turn, self.answers, self.bytes, self.files = 0.0, 0, 0, 0

    def look(self):
        if time.monotonic() - self._looked > LOOK_INTERVAL:
            self._looked = time.monotonic()
            held, files = held_bytes(self._pid, self._guest)
            self.bytes, self.files = max(self.bytes, held), max(self.files, files)

    def ask(self):
        """One question; how long it was under way, as the turn's length. False if nobody answers."""
        if self._connection is None:
            self._connection = socket.socket(socket.AF_UNIX)
            self._connection.settimeout(PATIENCE)
            self._connection.connect(self._control)
        before = self._times()
        try:
            self._connection.sendall(b'{"command":"info"}\n')
            self._receive()
        except TimeoutError:
            self.turn = max(self.turn, PATIENCE)
            self._connection.close()
            self._connection = None
            return
        wall, used, queued, waited = (now - then for now, then in zip(self._times(), before))
        slept = wall - used - queued - waited
        used = max(0.0, used - waited)
        self.turn = max(self.turn, used, used + slept if slept > MIN_SLEPT else 0.0)
        self.answers += 1

    def _receive(self):
        answer, asked = b"", time.monotonic()
        while not answer.endswith(b"\n"):
            try:
                part = self._connection.recv(65536)
            except TimeoutError:
                if not would_run(self._pid) or time.monotonic() > asked + LAST_PATIENCE:
                    raise
                continue
            if not part:
                raise EOFError
            answer += part

    def _times(self):
        return (time.monotonic(), time.clock_gettime(self._clock), waited_for_cpu(self._pid),
                waited_for_cpu("self"))

    def result(self):
        return {"turn": self.turn, "answers": self.answers, "bytes": self.bytes,
                "files": self.files}


def hurry():
    """Whoever measures should wait for a CPU as little as possible. Where that is allowed."""
    try:
        os.nice(-10)
    except OSError:
        pass


def main():
    hurry()
    pid, control = int(sys.argv[1]), sys.argv[2]
    meter = Meter(pid, control, {int(inode) for inode in sys.argv[3:]})
    os.set_blocking(0, False)
    orders = b""
    while True:
        ready, _, _ = select.select([0], [], [], INTERVAL)
        if ready:
            got = os.read(0, 4096)
            orders += got
            if not got or b"stop\n" in orders:
                break
            if b"mark\n" in orders:
                meter.forget()
                orders = b""
        try:
            meter.look()
            meter.ask()
            if meter.answers == 1:
                print("measuring", flush=True)
        except (OSError, EOFError):
            # It ended, or turns clients away: whoever started this sees which.
            meter._connection = None
            time.sleep(INTERVAL)
    print(json.dumps(meter.result()), flush=True)


main()
