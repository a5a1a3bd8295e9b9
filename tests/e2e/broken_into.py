# SPDX-License-Identifier: MIT
"""A process that somebody has broken into: it makes whatever system call the test says. And what none
of Oriel's processes lets them do.

The test is its debugger, and has it execute a system call instruction with registers of the test's
choice: what an attacker can do who has taken it over. x86-64 only.
"""

import ctypes
import errno
import os
import platform
import signal
import subprocess
from pathlib import Path

from harness import Skip, check, child_programs

ATTACH, DETACH, CONTINUE, STEP, GET_REGISTERS, SET_REGISTERS = 16, 17, 7, 9, 12, 13
CALLS = {"socket": 41, "connect": 42, "execve": 59, "kill": 62, "sendto": 44, "fchmod": 91, "ptrace": 101,
         "openat": 257, "unlinkat": 263, "process_vm_readv": 310, "seccomp": 317}
AT_FDCWD = -100
SYSCALL = b"\x0f\x05"
# Below the stack pointer: what a function may use there, and more.
RED_ZONE, SCRATCH = 128, 1024
# The exit status of a process whose system call was denied.
DENIED = 159
_libc = ctypes.CDLL(None, use_errno=True)


class Registers(ctypes.Structure):
    """struct user_regs_struct"""

    _fields_ = [(name, ctypes.c_ulonglong) for name in (
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
        "fs_base gs_base ds es fs gs").split()]


def need():
    if platform.machine() != "x86_64":
        raise Skip("the test sets registers of x86-64")
    # Whether a process has one is what these tests are about.
    os.environ.pop("ORIEL_TEST_SANDBOX", None)


def _ptrace(request, pid, data=0):
    if _libc.ptrace(request, pid, 0, data) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace {request}: {os.strerror(error)}")


class BrokenInto:
    """`with BrokenInto(pid) as process:`; it goes on as it was, unless a call has ended it."""

    def __init__(self, pid):
        self.pid = pid
        # The signal that a call has raised, as a denied one does; None: none.
        self.raised = None

    def __enter__(self):
        _ptrace(ATTACH, self.pid)
        os.waitpid(self.pid, 0)
        self._before = Registers()
        _ptrace(GET_REGISTERS, self.pid, ctypes.byref(self._before))
        self._instruction = self._find_instruction()
        return self

    def __exit__(self, *_):
        try:
            if self.raised is None:
                _ptrace(SET_REGISTERS, self.pid, ctypes.byref(self._before))
            _ptrace(DETACH, self.pid)
        except OSError:
            pass  # it has ended

    def _find_instruction(self):
        for line in Path(f"/proc/{self.pid}/maps").read_text().splitlines():
            place, mode = line.split()[:2]
            if "x" in mode and "libc" in line:
                begin, end = (int(number, 16) for number in place.split("-"))
                found = self._read(begin, end - begin).find(SYSCALL)
                if found >= 0:
                    return begin + found
        raise AssertionError("no system call in its C library")

    def _read(self, address, size):
        with open(f"/proc/{self.pid}/mem", "rb") as memory:
            memory.seek(address)
            return memory.read(size)

    @property
    def free_place(self):
        """An address that nothing of its own is at."""
        return self._before.rsp - RED_ZONE - 8

    def call(self, name, *arguments):
        """The call's result (negative: an errno), or None where it has raised a signal. bytes are
        put into the process' memory."""
        check(self.raised is None, "the call before was the last one")
        registers = Registers.from_buffer_copy(self._before)
        place = (self._before.rsp - RED_ZONE - SCRATCH) & ~15
        for register, argument in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
            if isinstance(argument, bytes):
                with open(f"/proc/{self.pid}/mem", "r+b", buffering=0) as memory:
                    memory.seek(place)
                    memory.write(argument)
                argument, place = place, place + (len(argument) + 15 & ~15)
            setattr(registers, register, argument & (1 << 64) - 1)
        registers.rax, registers.orig_rax = CALLS[name], (1 << 64) - 1
        registers.rip = self._instruction
        _ptrace(SET_REGISTERS, self.pid, ctypes.byref(registers))
        _ptrace(STEP, self.pid)
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) != signal.SIGTRAP:
            self.raised = os.WSTOPSIG(status) if os.WIFSTOPPED(status) else signal.SIGKILL
            # Its handler is entered; what stops it there is the end of the step.
            _ptrace(CONTINUE, self.pid, self.raised)
            os.waitpid(self.pid, 0)
            return None
        _ptrace(GET_REGISTERS, self.pid, ctypes.byref(registers))
        return ctypes.c_longlong(registers.rax).value

    def open(self, path, flags=os.O_RDONLY):
        return self.call("openat", AT_FDCWD, os.fsencode(path) + b"\0", flags)


class Neighbour:
    """A process that none of the VMs' has anything to do with."""

    def __init__(self, lab):
        self.secret = lab.folder / "secret"
        self.secret.write_text("nobody's business")
        self._process = subprocess.Popen(["sleep", "1000"],
                                         preexec_fn=child_programs.end_with_parent)
        self.pid = self._process.pid

    def check_unhurt(self, what):
        check(self._process.poll() is None, f"{what}: the neighbour was signalled")

    def end(self):
        self._process.kill()
        self._process.wait()


def check_confined(what, pid, neighbour):
    """Opens nothing, and goes on."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text()
                  .splitlines() if ":\t" in line)
    check(status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", f"{what}: {status}")
    check(int(status["CapEff"], 16) == 0, f"{what}: {status}")
    with BrokenInto(pid) as process:
        got = process.open(neighbour.secret)
    check(got == -errno.EACCES, f"{what} opens a file: {got}")


def end_by_attack(what, pid, neighbour):
    """The call that is its last one."""
    with BrokenInto(pid) as process:
        got = process.call("kill", neighbour.pid, signal.SIGTERM)
        raised = process.raised
    check(raised == signal.SIGSYS, f"{what} signals its neighbour: {got}, signal {raised}")
    neighbour.check_unhurt(what)
