# SPDX-License-Identifier: MIT
"""Somebody has broken into the process that serves a real VM: with --sandbox on it opens nothing of
the user's, reaches no other VM, starts no program, and has no network. Without a sandbox each of
these attempts succeeds."""

import errno
import os
import signal
import socket
import struct
import tempfile
from pathlib import Path

import broken_into
import harness
from broken_into import DENIED, BrokenInto
from harness import check, wait_for

AF_UNIX = struct.pack("<H", socket.AF_UNIX)
# PTRACE_ATTACH
ATTACH = 16


class Target:
    """An oriel with a VM, and its neighbour's process."""

    def __init__(self, lab, sandbox, number, neighbour):
        self.neighbour = neighbour
        self.runtime = lab.runtime
        self.oriel = lab.oriel("headless", name=f"vm-{sandbox}-{number}",
                               options=("--sandbox", sandbox))
        self.vm = lab.vm(self.oriel)
        wait_for(lambda: self.oriel.stats()["attached"], harness.START_TIMEOUT,
                 "the VM is attached")

    def end(self):
        self.vm.kill()
        self.oriel.kill()


def connect(process, path):
    made = process.call("socket", socket.AF_UNIX, socket.SOCK_STREAM, 0)
    if made is None or made < 0:
        return made
    address = AF_UNIX + os.fsencode(path) + b"\0"
    return process.call("connect", made, address, len(address))


def read_memory(process, target):
    """A byte of another process, where its program begins."""
    place = int(Path(f"/proc/{target.neighbour.pid}/maps").read_text().split("-")[0], 16)
    local = struct.pack("<QQ", process.free_place, 1)
    remote = struct.pack("<QQ", place, 1)
    return process.call("process_vm_readv", target.neighbour.pid, local, 1, remote, 1, 0)


# What is tried: the call that is denied, and how it is made.
FATAL = {
    "it connects to the neighbour's control socket": (
        "socket", lambda process, target: connect(
            process, target.runtime / "oriel" / "neighbour.sock")),
    "it connects by a socket that it has": (
        "connect", lambda process, target: process.call("connect", 0, AF_UNIX + b"/x\0", 5)),
    "it has a network": (
        "socket", lambda process, _: process.call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)),
    "it starts a program": (
        "execve", lambda process, _: process.call("execve", b"/bin/true\0", 0, 0)),
    "it debugs its neighbour": (
        "ptrace", lambda process, target: process.call("ptrace", ATTACH, target.neighbour.pid, 0, 0)),
    "it signals its neighbour": (
        "kill", lambda process, target: process.call("kill", target.neighbour.pid, 0)),
    "it reads its neighbour's memory": ("process_vm_readv", read_memory),
    "it removes a file of the neighbour's": (
        "unlinkat", lambda process, target: process.call(
            "unlinkat", broken_into.AT_FDCWD, os.fsencode(target.removable) + b"\0", 0)),
}


def test_files(lab, target, home, denied):
    """Calls that fail: the process goes on, and so does its VM."""
    secret = home / "secret"
    outside = {
        "a file at home": lambda process: process.open(secret),
        "the folder of the user": lambda process: process.open(home, os.O_RDONLY | os.O_DIRECTORY),
        "a new file at home": lambda process: process.open(home / "new",
                                                           os.O_WRONLY | os.O_CREAT),
        "the memory of its neighbour": lambda process: process.open(
            f"/proc/{target.neighbour.pid}/mem", os.O_RDWR),
        "its own memory, to write there": lambda process: process.open("/proc/self/mem", os.O_RDWR),
        "the files of the system": lambda process: process.open("/etc/passwd"),
    }
    for what, attempt in outside.items():
        with BrokenInto(target.oriel.pid) as process:
            got = attempt(process)
        check(got == -errno.EACCES if denied else got >= 0, f"{what}: {got}")
    with BrokenInto(target.oriel.pid) as process:
        got = process.open("/proc/self/status")
    check(got >= 0, f"its own status: {got}")
    check(target.oriel.stats()["attached"], "the VM is still attached")


def test_fatal(lab, neighbour):
    for number, (what, (name, attempt)) in enumerate(FATAL.items()):
        for sandbox in ("off", "on"):
            target = Target(lab, sandbox, number, neighbour)
            target.removable = lab.runtime / "removable"
            target.removable.touch()
            with BrokenInto(target.oriel.pid) as process:
                got = attempt(process, target)
                raised = process.raised
            if sandbox == "off":
                # ENOTSOCK: the attempt was made.
                check(raised is None and (got >= 0 or got == -errno.ENOTSOCK), f"{what}: {got}")
            else:
                check(raised == signal.SIGSYS, f"{what}: {got}, signal {raised}")
                check(target.oriel.wait() == DENIED, f"{what}: {target.oriel.status}")
                check(f"sandbox: {name} is denied" in target.oriel.log(),
                      f"{what}: {target.oriel.log()}")
            target.end()
    check(neighbour.status is None, "the neighbour is still there")


def test(lab):
    broken_into.need()
    harness.prepare_vm()
    neighbour = lab.oriel("headless", name="neighbour", options=("--sandbox", "off"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "secret").write_text("nobody's business")
        for sandbox, denied in (("off", False), ("on", True)):
            target = Target(lab, sandbox, "files", neighbour)
            test_files(lab, target, home, denied)
            target.end()
    test_fatal(lab, neighbour)


if __name__ == "__main__":
    harness.main(test)
