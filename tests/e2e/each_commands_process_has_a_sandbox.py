# SPDX-License-Identifier: MIT
"""The process that serves the VM of `oriel run`, of a test and of a kiosk is in its sandbox: somebody
who breaks in reads no file of the user's, and ends with the first signal to another process. What
stays outside signals the VM of `run`, and nobody else, whatever it is asked."""

import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import broken_into
import harness
import older_kernel
from broken_into import DENIED, BrokenInto, Neighbour, check_confined, end_by_attack
from harness import VM, Oriel, check, child_programs, wait_for
from kiosk import Kiosk, alive, qemu
from oriel_run import ends, gone
from test_scripts import HEAD, TestScripts

BIOS = ["-machine", "q35,accel=tcg", "-nic", "none", "-monitor", "none", "-serial", "none"]
# OutsideWork (backend/net/include/net/outside_wire.h)
BEGIN, SIGNAL = 0, 7
SEQPACKET = "0005"


def outside_socket(pid):
    """The number that the process' socket to the one outside has there."""
    packets = {words[6] for words in (line.split() for line in Path("/proc/net/unix").read_text()
                                      .splitlines()[1:]) if words[4] == SEQPACKET}
    found = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(fd)
        except FileNotFoundError:
            continue  # closed since
        if target.removeprefix("socket:[").removesuffix("]") in packets:
            found.append(int(fd.name))
    check(len(found) == 1, f"sockets to the process outside: {found}")
    return found[0]


def ask_outside(pid, work, place, argument):
    request = struct.pack("<4I", 1, work, place, argument)
    number = outside_socket(pid)
    with BrokenInto(pid) as process:
        got = process.call("sendto", number, request, len(request), 0, 0, 0)
    check(got == len(request), f"the request is sent: {got}")


def test_run(lab, neighbour):
    def start():
        oriel = lab.oriel("run", options=["--headless"],
                          then=["--", VM / "qemu", *BIOS])
        wait_for(lambda: oriel.stats()["attached"], 60, "QEMU is attached")
        return oriel, child_programs.started(oriel.pid)[0]

    oriel, vm = start()
    check_confined("run", oriel.pid, neighbour)
    for number in (signal.SIGTERM, signal.SIGKILL):
        ask_outside(oriel.pid, BEGIN, neighbour.pid, 0)
        ask_outside(oriel.pid, SIGNAL, neighbour.pid, number)
    ask_outside(oriel.pid, SIGNAL, vm, signal.SIGSTOP)
    check(oriel.stats()["attached"], "the VM is still attached")
    neighbour.check_unhurt("the process outside")
    # What it is there for: the request is one that it understands.
    ask_outside(oriel.pid, SIGNAL, vm, signal.SIGKILL)
    ends(oriel, vm, "QEMU is killed by the process outside", 1)
    neighbour.check_unhurt("the process outside")

    oriel, vm = start()
    end_by_attack("run", oriel.pid, neighbour)
    check(oriel.wait() == DENIED, f"run: {oriel.status}")
    check("sandbox: kill is denied" in oriel.log(), oriel.log())
    wait_for(lambda: gone(vm), 20, "its VM ends with it")

    oriel, vm = start()
    oriel.signal(signal.SIGKILL)
    # Landlock holds back what the kernel would send to it.
    ends(oriel, vm, "oriel is killed", -signal.SIGKILL)


def serving(pid):
    """The `oriel run` that is below this process."""
    for child in child_programs.helpers(pid):
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if b"run" in words[1:2]:
            return child
        if found := serving(child):
            return found
    return None


def test_test(lab, neighbour):
    tests = TestScripts(lab)
    tests.script("waits", HEAD + """
[[step]]
wait = { text = "No bootable device" }
[[step]]
wait = { text = "never" }
timeout = 200
""")
    with subprocess.Popen(tests.command("waits.toml"), env=tests.environment,
                          cwd=tests.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, preexec_fn=child_programs.end_with_parent) as process:
        pid = wait_for(lambda: serving(process.pid), 60, "the test's VM has its process")
        wait_for(lambda: "\nSeccomp:\t2\n" in Path(f"/proc/{pid}/status").read_text(), 30,
                 "it is in its sandbox")
        check_confined("test", pid, neighbour)
        end_by_attack("test", pid, neighbour)
        said, _ = process.communicate(timeout=60)
        check(process.returncode == 3 or process.returncode == 1, f"{process.returncode}: {said}")
        check(tests.verdicts()["waits"] != "passed", said)


def test_kiosk(lab, neighbour):
    weston = lab.weston()
    file = lab.folder / "kiosk.toml"
    file.write_text(f"""
[vm.panel]
fullscreen = false
path = "shm"
qemu = {qemu(lab, "panel")}
""")
    kiosk = Kiosk(lab, file, weston.SOCKET)

    def answered(ready):
        said = lab.ctl("panel", "stats", "--json")
        stats = json.loads(said.stdout) if said.returncode == 0 else None
        return stats if stats and ready(stats) else None

    stats = wait_for(lambda: answered(lambda now: now["attached"]), 60, "the VM shows")
    check_confined("kiosk", stats["pid"], neighbour)
    end_by_attack("kiosk", stats["pid"], neighbour)
    wait_for(lambda: not alive(stats["pid"]), 20, "the process has ended")
    again = wait_for(lambda: answered(lambda now: now["pid"] != stats["pid"]), 60,
                     "the kiosk shows its VM again")
    check_confined("kiosk, again", again["pid"], neighbour)
    check(kiosk.status is None, "the supervisor is still there")


def test_old_kernel(lab):
    """One without Landlock and seccomp serves its VM, and one line says what is missing."""
    program = lab.folder / "old" / "oriel"
    program.parent.mkdir()
    # seccomp(), which has another number on other machines.
    missing = f"{older_kernel.LANDLOCK_CREATE_RULESET},{broken_into.CALLS['seccomp']}"
    program.write_text(f"""#!/bin/sh
exec "{sys.executable}" "{older_kernel.__file__}" {missing} "{lab.oriel_program}" "$@"
""")
    program.chmod(0o755)
    oriel = Oriel(lab, "run", options=["--headless"], then=["--", VM / "qemu", *BIOS],
                  program=program)
    wait_for(lambda: oriel.stats()["attached"], 60, "QEMU is attached")
    lines = [line for line in oriel.log().splitlines() if "sandbox" in line]
    check(len(lines) == 1 and lines[0].endswith(
        "files are not restricted (Landlock: Function not implemented); system calls are not "
        "filtered (seccomp: Function not implemented); what holds: no new privileges, no "
        "capabilities"), f"{lines}")
    oriel.quit()
    check(oriel.wait() == 0, f"its status: {oriel.status}")


def test(lab):
    broken_into.need()
    harness.prepare_vm()
    neighbour = Neighbour(lab)
    try:
        test_run(lab, neighbour)
        test_test(lab, neighbour)
        test_kiosk(lab, neighbour)
        test_old_kernel(lab)
    finally:
        neighbour.end()


if __name__ == "__main__":
    harness.main(test)
