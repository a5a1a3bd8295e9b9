# SPDX-License-Identifier: MIT
"""What a scenario is, what it is given, and when it holds.

A scenario is a function with a sentence as its name and the number of its fault (issue 12):

    @scenario("H2")
    def kicks_during_long_requests_do_not_pile_up(attack):
        oriel = attack.oriel("headless")
        ...
        attack.begins()
        while attack.goes_on():
            ...

It sets its peers up, says when the attack begins, and attacks while the attack goes on. Afterwards
the program must live and answer, and nothing that was measured since `begins()` may be over the
scenario's bounds.
"""

import dataclasses
import json
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import compositor as compositors
from held import held_bytes
from program import END_TIMEOUT, Ended, Program

HERE = Path(__file__).resolve().parent
MIB = 1 << 20
ANSWERS_WITHIN = 10
# However little CPU time there is.
LONGEST = 15
SCENARIOS = []


class Skip(Exception):
    """This scenario can't be played here; the text says why."""


class Wrong(Exception):
    """The program did something else than it should."""


class Late(Wrong):
    """Something did not happen in time: the program's fault, or that of a busy machine."""


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a peer may cost: see limits.md. Bytes and files are more than when the attack began;
    lines are those of the log since the program was started."""

    turn_ms: int = 50
    mib: float = 24
    files: int = 24
    # Ten lines about a kind of mistake at once, then one a second: what LogLimiter admits.
    lines: int = 30
    lines_a_second: int = 3


@dataclasses.dataclass(frozen=True)
class Scenario:
    fault: str
    sentence: str
    bounds: Bounds
    play: object
    seconds: float = 0.0  # at least so long
    # And until the program has worked so long, for what grows with its turns: a busy machine gives
    # it few of them in a second.
    cpu_seconds: float = 0.0


def scenario(fault, seconds=0.0, cpu_seconds=0.0, **bounds):
    def add(function):
        SCENARIOS.append(Scenario(fault, function.__name__.replace("_", " "), Bounds(**bounds),
                                  function, seconds, cpu_seconds))
        return function
    return add


@dataclasses.dataclass
class Measured:
    turn_ms: float = 0.0
    mib: float = 0.0
    files: int = 0
    lines: int = 0
    seconds: float = 0.0
    wrong: str = ""
    late: bool = False  # that is all that is wrong, and another try may show otherwise

    def lines_a_second(self):
        return self.lines / max(self.seconds, 1.0)

    def text(self):
        return (f"longest turn {self.turn_ms:.0f} ms, {self.mib:+.1f} MiB, {self.files:+d} fds, "
                f"{self.lines} lines in {self.seconds:.1f} s")

    def over(self, bounds, floor_ms):
        """What is wrong, as text; empty if nothing is."""
        found = [self.wrong] if self.wrong else []
        if self.turn_ms > bounds.turn_ms + floor_ms:
            found.append(f"a turn of the loop took {self.turn_ms:.0f} ms "
                         f"(bound {bounds.turn_ms} ms, idle {floor_ms:.0f} ms)")
        if self.mib > bounds.mib:
            found.append(f"{self.mib:.1f} MiB were held (bound {bounds.mib:g} MiB)")
        if self.files > bounds.files:
            found.append(f"{self.files} descriptors were held (bound {bounds.files})")
        allowed = bounds.lines + bounds.lines_a_second * self.seconds
        if self.lines > allowed:
            found.append(f"{self.lines} log lines (bound {allowed:.0f})")
        return "; ".join(found)


class Attack:
    """One play of a scenario: its peers, its time, its random numbers, its measurements."""

    def __init__(self, seconds, random, cpu_seconds=0.0):
        self.seconds, self.random, self.cpu_seconds = seconds, random, cpu_seconds
        self.program = None
        self.measured = Measured()
        self._guest_inodes = []
        self._close = []
        self._meter = None
        self._started = self._began = None
        self._may_end = self._ended_well = False

    # Peers ---------------------------------------------------------------------------------------

    def oriel(self, mode="headless", options=(), may_not_start=False, **how):
        """Starts the program; it is there when this returns, or gone if it may be."""
        self.program = Program(mode, options, **how)
        self._started = time.monotonic()
        self._close.append(self.program.end)
        try:
            self.program.wait_until_ready()
        except Ended:
            if not may_not_start:
                raise
        return self.program

    def shown(self, options=(), path="shm", more=None, **compositor):
        """The program in a window of a compositor; (program, compositor)."""
        folder = self.folder()
        made = compositors.Compositor(folder / "wayland", **compositor)
        self._close.append(made.close)
        program = self.oriel("show", ["--path", path, *options], wayland=folder / "wayland",
                             **(more or {}))
        return program, made

    def folder(self):
        made = Path(tempfile.mkdtemp(prefix="oriel-hostile-peer-"))
        self._close.append(lambda: shutil.rmtree(made, ignore_errors=True))
        return made

    def guest(self, kind, path=None, **how):
        made = kind(path or self.program.vfio_user, **how)
        self._guest_inodes.append(made.ram.inode)
        self._close += [made.ram.close, made.close]
        return made

    def closes(self, what):
        """Remembers to call `what` at the end."""
        self._close.append(what)

    # Time ----------------------------------------------------------------------------------------

    def begins(self, measured=True):
        """From here on things are measured."""
        if measured:
            self._meter = subprocess.Popen(
                [sys.executable, HERE / "meter.py", str(self.program.pid), self.program.control,
                 *map(str, self._guest_inodes)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            if not select.select([self._meter.stdout], [], [], 20)[0]:
                raise Late("the control socket gave no answer before the attack")
            self._meter.stdout.readline()
            self._bytes, self._files = held_bytes(self.program.pid,
                                                  set(self._guest_inodes))
            self._meter.stdin.write(b"mark\n")
        self._began = time.monotonic()

    def goes_on(self):
        if not self.program.lives():
            return False
        gone = time.monotonic() - self._began
        return gone < self.seconds or (gone < LONGEST and self.cpu_seconds > 0
                                       and self.program.cpu_time() < self.cpu_seconds)

    def extends(self, seconds):
        """The attack goes on for so long from now on."""
        self.seconds = time.monotonic() - self._began + seconds

    def ended_well(self):
        """The program has ended, as it should."""
        self._ended_well = True

    def may_end(self):
        """The program may end, with status 1 and a line: what is behind the peer is gone."""
        self._may_end = True

    # Verdict -------------------------------------------------------------------------------------

    def check(self, condition, text):
        if not condition:
            raise Wrong(text)

    def finish(self):
        """Takes the measurements, looks whether the program lives, and ends everything."""
        try:
            self._finish()
        finally:
            for close in reversed(self._close):
                close()
            if self._meter and self._meter.poll() is None:
                self._meter.kill()
                self._meter.wait()

    def _finish(self):
        result = self.measured
        if self.program is None:
            return
        result.seconds = time.monotonic() - self._started
        if self._meter:
            self._read_meter()
        result.lines = self.program.log_lines()
        if self._ended_well:
            result.wrong = "it goes on" if self.program.lives() else result.wrong
        elif self.program.lives() and not result.wrong:
            try:
                self.program.ask(timeout=ANSWERS_WITHIN, command="info")
            except (OSError, Ended) as error:
                if self.program.lives():
                    result.wrong = f"no answer within {ANSWERS_WITHIN} s afterwards: {error}"
                    result.late = True
        if not self.program.lives() and not self._ended_well:
            status = self.program.wait()
            if not (self._may_end and status == 1 and self.program.log_lines() > 0):
                result.wrong, result.late = self.program.epitaph(), False

    def _read_meter(self):
        try:
            read, _ = self._meter.communicate(b"stop\n", timeout=END_TIMEOUT)
            result = json.loads(read.splitlines()[-1])
        except (subprocess.TimeoutExpired, OSError, IndexError, ValueError):
            self.measured.wrong, self.measured.late = "nothing could be measured", True
            return
        self.measured.turn_ms = result["turn"] * 1000
        if result["bytes"]:
            self.measured.mib = (result["bytes"] - self._bytes) / MIB
            self.measured.files = result["files"] - self._files


def play(what, seconds, random):
    """Plays a scenario once; what was measured. Skip goes through."""
    attack = Attack(max(seconds, what.seconds), random, what.cpu_seconds)
    wrong, late = "", False
    try:
        what.play(attack)
    except (Wrong, Ended) as error:
        wrong, late = str(error), isinstance(error, Late)
    except (OSError, EOFError) as error:
        # A peer that was cut off or not answered: finish() sees whether the program ended.
        wrong = f"a peer was cut off: {error or type(error).__name__}"
        late = isinstance(error, TimeoutError)
    except Skip:
        raise
    except Exception as error:  # pylint: disable=broad-except
        # What a peer counts on is not there (yet): no reason to end the whole round.
        wrong, late = f"a peer was surprised: {error!r}", True
    finally:
        attack.measured.wrong, attack.measured.late = wrong, late
        attack.finish()
    return attack.measured
