# SPDX-License-Identifier: MIT
"""`oriel run` with a QEMU and perhaps a Linux guest, whichever road it takes."""

from pathlib import Path

from harness import (START_TIMEOUT, VM, Oriel, Process, Weston, check, child_programs, make,
                     wait_for)

WORDS = ("mitigations=off tsc=reliable no_timer_check random.trust_cpu=on panic=-1 console=ttyS0 "
         "quiet oriel.scenario={scenario} oriel.then={then}")
BIOS = ["-machine", "q35,accel=tcg", "-nic", "none", "-monitor", "none", "-serial", "none"]


class Run(Oriel):
    """`oriel run -- PROGRAM …`, whichever road it takes."""

    def __init__(self, lab, program, qemu, options=(), command_ready=True):
        self.vm_name = "vm"
        self.serial_path = None
        Process.__init__(self, lab, "run", [
            lab.oriel_program, "run", "--name", "vm", "--size", "1024x768", "--decorations", "none",
            *options, "--", program, *qemu], lab.environment(WAYLAND_DISPLAY=Weston.SOCKET))
        if command_ready:
            wait_for(self.answers, START_TIMEOUT, "oriel run is ready")

    def serial(self):
        path = Path(self.serial_path)
        return path.read_text(errors="replace") if path.exists() else ""

    def attached(self):
        wait_for(lambda: self.stats()["attached"], 60, "QEMU's display is attached")
        return self

    def qemu(self):
        (pid,) = child_programs.started(self.pid)
        return pid


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def ends(oriel, qemu, what, status=0):
    check(oriel.wait(30) == status, f"{what}: status {oriel.status}\n{oriel.log()}")
    wait_for(lambda: gone(qemu), 10, f"{what}: QEMU is gone")


def linux_arguments(serial, scenario, then="stay", seconds=None):
    """QEMU's arguments as a user has them: nothing of a display is in it."""
    boot = make("kernel", "debian")
    image = boot / "vmlinux"
    words = WORDS.format(scenario=scenario, then=then)
    if seconds is not None:
        words += f" oriel.seconds={seconds}"
    return ["-machine", "q35,accel=tcg", "-m", "384", "-nic", "none", "-monitor", "none", "-serial",
            f"file:{serial}", "-kernel", image if image.exists() else boot / "vmlinuz",
            "-initrd", boot / "initramfs", "-append", words]


def linux(lab, program, scenario, more=(), then="stay", seconds=None, options=()):
    serial = lab.new_log("serial")
    run = Run(lab, program, [*linux_arguments(serial, scenario, then, seconds), *more], options)
    run.serial_path = serial
    return run


def says(oriel, *parts):
    for part in parts:
        check(part in oriel.log(), f"oriel doesn't say {part!r}:\n{oriel.log()}")


def fetched_qemu(lab, *which, devices=None):
    """tests/vm/qemu (with --stable: Debian 13's) by QEMU's own name, so that it is asked what it has. An
    unpacked one can't say it where the machine's own QEMU has modules: with `devices` it says these, and
    that it has no D-Bus display."""
    make("qemu", *which, "--prepare")
    folder = lab.folder / "-".join(["qemu", *which])
    folder.mkdir(exist_ok=True)
    path = folder / "qemu-system-x86_64"
    says = "" if devices is None else (
        "case \"$1 ${2:-}\" in\n"
        f"'-device help') printf 'name \"%s\", bus PCI\\n' {' '.join(devices)}; exit ;;\n"
        "'-display help') printf '%s\\n' none gtk; exit ;;\nesac\n")
    path.write_text(f'#!/bin/bash\n{says}exec "{VM}/qemu" {" ".join(which)} "$@"\n')
    path.chmod(0o755)
    return path
