#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The lab VM: a Debian 13 with Weston and Mesa in QEMU (TCG), made from packages alone, in which a
command runs. It has /dev/udmabuf, which test machines mostly lack, and no DRM device unless asked.

    lab = LabVm(folder, programs=[build / "oriel"], files=[...])
    output = lab.run("sh command.sh", timeout=90)

Programs that were built here run there on their own libraries: each becomes a script that starts
its own ld.so.

    tests/vm/lab.py [--kind stable|new|gl] [--timeout S] COMMAND...     by hand
"""

import argparse
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VM = Path(__file__).resolve().parent
# Debian 13 as it is; with kernel and Mesa of its backports; with QEMU from there. Each has the suite of
# its kernel.
KINDS = {"stable": "trixie", "new": "trixie-backports", "gl": "trixie"}
WORDS = ("mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on "
         "cryptomgr.notests rcupdate.rcu_expedited=1 panic=-1 console=ttyS0 quiet loglevel=4")


class Unavailable(Exception):
    """The lab VM can't be had on this machine; the text says why, in one line."""


class LabFailure(Exception):
    """The VM or the command in it did not come to its end."""


def make(script, *arguments):
    """Runs a script of this folder that makes something once; returns the last line it prints."""
    try:
        result = subprocess.run([VM / script, *arguments], capture_output=True, text=True,
                                check=False, stdin=subprocess.DEVNULL, timeout=900)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"tests/vm/{script} was not done within 900 s") from None
    if result.returncode != 0:
        said = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(f"tests/vm/{' '.join([script, *arguments])}: {said}")
    return result.stdout.strip().splitlines()[-1]


def prepare(kind):
    """Makes all that a VM of this kind needs, and returns (root, boot folder)."""
    make("qemu", "--prepare")
    return Path(make("lab-root", kind)), Path(make("kernel", "--lab", KINDS[kind]))


def bundle(program, folder, with_vms_libraries=False):
    """Copies a program with its libraries into `folder`/NAME.d, and a script NAME that runs it: on
    these alone, or on those that the VM lacks. (A Mesa that it opens needs a C library as new as the VM's.)"""
    program = Path(program)
    libraries = folder / (program.name + ".d")
    libraries.mkdir(parents=True)
    # Debug information would only be read over 9p.
    subprocess.run(["strip", "-o", libraries / program.name, program], check=True)
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    loader = None
    for path in re.findall(r"(/\S+) \(0x", listed):
        shutil.copy2(path, libraries / Path(path).name)
        if Path(path).name.startswith("ld-linux"):
            loader = Path(path).name
    if loader is None:
        raise LabFailure(f"ldd {program} names no ld.so")
    script = folder / program.name
    inside = f"/share/{libraries.name}"
    path = inside
    if with_vms_libraries:
        loader, path = f"/lib64/{loader}", f"/usr/lib/x86_64-linux-gnu:{inside}"
    else:
        loader = f"{inside}/{loader}"
    script.write_text(f"#!/bin/sh\nexec {loader} --library-path {path} "
                      f"{inside}/{program.name} \"$@\"\n")
    script.chmod(0o755)


class LabVm:
    """What one VM is made of. `folder` gets what the VM finds in /share, what it leaves in /out, and
    its console's log. `files` are copied to /share. `display` is the size of its display, if it is
    to have one."""

    def __init__(self, folder, kind="stable", programs=(), files=(), display=None):
        self.root, self.boot = prepare(kind)
        self.folder = Path(folder)
        self.share, self.out = self.folder / "share", self.folder / "out"
        for made in (self.share, self.out):
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
        self.console_log = self.folder / "console.log"
        self.display = display
        for program in programs:
            bundle(program, self.share, with_vms_libraries=kind == "gl")
        for file in files:
            target = self.share / Path(file).name
            if Path(file).is_dir():
                shutil.copytree(file, target)
            else:
                shutil.copy2(file, target)

    def run(self, command, timeout, on_line=print, memory=2048, qmp=None):
        """Boots, runs a line of shell with /share as its folder, and gives each line of its output
        to on_line. Returns its exit status; LabFailure if it has not ended after `timeout` s."""
        (self.share / "command").write_text(f"cd /share\n{command}\n")
        self.console_log.unlink(missing_ok=True)
        image = self.boot / "vmlinux"
        words = WORDS + " lab.command=command" + (" lab.display=1" if self.display else "")
        share = "security_model=none,multidevs=remap"
        # No AVX: what llvmpipe makes with it is twice as slow when emulated.
        arguments = [
            "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none", "-nic", "none",
            "-machine", "q35,usb=off,vmport=off,smbus=off,sata=off,hpet=off", "-no-reboot",
            "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Nehalem", "-smp", "1",
            "-m", str(memory),
            "-kernel", image if image.exists() else self.boot / "vmlinuz",
            "-initrd", self.boot / "initramfs", "-append", words,
            "-fsdev", f"local,id=root,path={self.root},readonly=on,{share}",
            "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
            "-fsdev", f"local,id=share,path={self.share},readonly=on,{share}",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
            "-fsdev", f"local,id=out,path={self.out},{share}",
            "-device", "virtio-9p-pci,fsdev=out,mount_tag=out",
            "-serial", f"file:{self.console_log}",
            "-chardev", "stdio,id=output,signal=off", "-device", "virtio-serial-pci",
            "-device", "virtconsole,chardev=output",
        ]
        if self.display:
            arguments += ["-device", "bochs-display,xres=%d,yres=%d" % self.display]
        if qmp is not None:
            arguments += ["-qmp", f"unix:{qmp},server=on,wait=off"]
        process = subprocess.Popen([VM / "qemu", *(str(word) for word in arguments)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        try:
            return self._follow(process, time.monotonic() + timeout, timeout, on_line)
        finally:
            process.kill()
            process.wait()

    def _follow(self, process, deadline, timeout, on_line):
        data = b""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LabFailure(f"the lab VM was not done after {timeout} s{self.console()}")
            if not select.select([process.stdout], [], [], left)[0]:
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                raise LabFailure(f"the lab VM ended before its command did{self.console()}")
            data += chunk
            *lines, data = data.split(b"\n")
            for line in lines:
                text = line.decode(errors="replace").rstrip("\r")
                status = re.fullmatch(r"lab: rc=(\d+)", text)
                if status:
                    return int(status.group(1))
                on_line(text)

    def console(self):
        """The end of the kernel's log, to stand behind a reason."""
        try:
            lines = self.console_log.read_text(errors="replace").splitlines()[-15:]
        except OSError:
            lines = []
        return "; the end of its console:\n" + "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=KINDS, default="stable")
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--program", action="append", default=[])
    parser.add_argument("--display", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="oriel-lab-")
    try:
        vm = LabVm(folder, options.kind, programs=options.program,
                   display=(1024, 768) if options.display else None)
        return vm.run(" ".join(options.command), options.timeout)
    except (Unavailable, LabFailure) as reason:
        print(f"lab: {reason}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
