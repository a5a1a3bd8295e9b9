# SPDX-License-Identifier: MIT
"""A supervisor whose log's reader has gone, or reads nothing, that may open no more files, or whose disk
is full (it may write no file): its VMs go on, one that has to start waits and then starts, and nobody
else is touched. Without a runtime folder it ends with one line."""

import fcntl
import os
import resource
import signal
import subprocess
import time

from harness import check, main, prepare_vm, wait_for
from kiosk import EverythingStarted, Kiosk, alive, qemu

F_SETPIPE_SZ = 1031


class Supervisor(Kiosk):
    """One whose log is a pipe. What it runs has the same one."""

    def __init__(self, lab, file, compositor, read):  # pylint: disable=super-init-not-called
        self._lab_of = self._lab = lab
        self.name = "kiosk"
        self.log_path = os.devnull
        reading, writing = os.pipe()
        if read:
            os.set_blocking(writing, False)
            fcntl.fcntl(writing, F_SETPIPE_SZ, 4096)
            os.write(writing, b"-" * 4096)
            os.set_blocking(writing, True)
        self._popen = subprocess.Popen([lab.oriel_program, "kiosk", file], stdin=subprocess.DEVNULL,
                                       stdout=writing, stderr=writing, cwd=lab.folder,
                                       env=lab.environment(WAYLAND_DISPLAY=compositor))
        os.close(writing)
        self._reading = reading if read else os.close(reading)
        lab.processes.append(EverythingStarted(self))
        wait_for(self._answers, 30, "the supervisor answers")

    def limit(self, what, value):
        """RLIMIT_…: None is what it was at the start."""
        _, hard = resource.prlimit(self.pid, what)
        resource.prlimit(self.pid, what, (hard if value is None else value, hard))

    def limit_that_leaves(self, spare):
        """A limit of descriptors (the kernel's is of their numbers) that lets it have so many more. At rest: a
        connection that it is about to close (our last `ctl`, its question to a VM that starts) is not counted.
        With too many, the limit made from this number lets the start pass."""
        used = None
        for _ in range(50):
            now = {int(name) for name in os.listdir(f"/proc/{self.pid}/fd")}
            used = now if used is None else used & now
            time.sleep(0.02)
        return [number for number in range(len(used) + spare + 1) if number not in used][spare]


def check_start_waits(kiosk, what, value, complaint):
    """While the limit holds the VM can't start, and says why; afterwards it does."""
    neighbour = kiosk.pids()["right"]
    kiosk.limit(what, value)
    check(kiosk.ctl("restart", "left").returncode == 0, "restart")

    def complains():
        status = kiosk.vms()["left"]
        return status["state"] == "backing-off" and complaint in status["reason"]
    wait_for(complains, 20, f"left waits: {complaint}", 0.05)
    kiosk.limit(what, None)
    kiosk.wait_state("left", "running")
    check(kiosk.pids()["right"] == neighbour, f"the neighbour was touched: {complaint}")


def run(lab, path, read):
    kiosk = Supervisor(lab, path, "oriel-test", read)
    for name in ("left", "right"):
        kiosk.wait_state(name, "running")
    # Lines of all three programs go to that pipe.
    for _ in range(2):
        before = kiosk.vms()["left"]["restarts"]
        os.kill(kiosk.vms()["left"]["command_pid"], signal.SIGKILL)
        wait_for(lambda: kiosk.vms()["left"]["restarts"] > before, 20, "left starts again")
        kiosk.wait_state("left", "running")
    # One for a `ctl`; a start takes three. What it keeps of the VM's display goes before.
    check(kiosk.ctl("stop", "left").returncode == 0, "stop")
    kiosk.wait_state("left", "stopped")
    check_start_waits(kiosk, resource.RLIMIT_NOFILE, kiosk.limit_that_leaves(1), "Too many open files")
    check_start_waits(kiosk, resource.RLIMIT_FSIZE, 0, "File too large")
    pids = [pid for pair in kiosk.pids().values() for pid in pair]
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")
    check(not any(alive(pid) for pid in pids), "a VM is left")


def test(lab):
    prepare_vm()
    lab.weston()
    path = lab.folder / "panel.toml"
    path.write_text("".join(f"""
[vm.{name}]
size = "640x480"
fullscreen = false
restart-delay = 0.3
restart-delay-max = 0.3
qemu = {qemu(lab, name)}
""" for name in ("left", "right")))
    for folder in ("/nonexistent", "/proc/self"):
        result = lab.run_oriel("kiosk", path, XDG_RUNTIME_DIR=folder, WAYLAND_DISPLAY="/nonexistent/w")
        check(result.returncode == 1 and result.stderr.count("\n") == 1,
              f"runtime folder '{folder}': {result.returncode} {result.stderr!r}")
    run(lab, path, read=False)
    run(lab, path, read=True)


main(test)
