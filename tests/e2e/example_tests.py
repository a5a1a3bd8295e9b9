# SPDX-License-Identifier: MIT
"""What the tests in data/examples need: programs by the names that users have, and the variables."""

import os
import subprocess
import sys

from harness import SOURCE_ROOT, VM, Skip, check, make

EXAMPLES = SOURCE_ROOT / "data" / "examples"
GUEST_KERNEL = "debian"


def python_with(module, package):
    """A Python that has a module of Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
            return python
    raise Skip(f"no Python has {module} (package {package})")


def make_programs(lab, **links):
    """A folder for PATH: QEMU, and links to others. QEMU isn't to find itself there."""
    folder = lab.folder / "programs"
    folder.mkdir()
    program = folder / "qemu-system-x86_64"
    # "accel" is "auto" there: where /dev/kvm opens and no kernel gets anywhere, TCG it is.
    works = subprocess.run([VM / "kvm-works"], capture_output=True, check=False).returncode == 0
    no_kvm = "" if works else 'for word; do shift; [ "$word" != kvm ] || word=tcg; set -- "$@" "$word"; done\n'
    program.write_text(f'#!/bin/sh\n{no_kvm}PATH={os.environ["PATH"]} exec {VM / "qemu"} "$@"\n')
    program.chmod(0o755)
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return folder


def grub_disk(lab):
    """The disk of grub-to-panic.toml, as its comment says."""
    programs, kernel = make("efi"), make("kernel", GUEST_KERNEL)
    disk = lab.folder / "grub-disk"
    for place, file in (("EFI/BOOT/BOOTX64.EFI", programs / "grubx64.efi"), ("vmlinuz", kernel / "vmlinuz"),
                        ("boot/grub/font.pf2", programs / "font.pf2"), ("boot/grub/grub.cfg", EXAMPLES / "grub.cfg")):
        (disk / place).parent.mkdir(parents=True, exist_ok=True)
        (disk / place).symlink_to(file)
    return {"GRUB_DISK": str(disk)}


def installer(_lab):
    return {"INSTALLER": str(make("installer"))}


def desktop(_lab):
    """What weston.toml has of the lab VM."""
    kernel = make("kernel", "--lab", "trixie")
    image = kernel / "vmlinux"
    return {"LAB_KERNEL": str(image if image.exists() else kernel / "vmlinuz"),
            "LAB_INITRAMFS": str(kernel / "initramfs"), "LAB_ROOT": str(make("lab-root", "stable"))}


def environment(lab, **links):
    """The environment in which the examples run."""
    check(make("qemu", "--prepare") is not None, "no QEMU")
    kernel = make("kernel", GUEST_KERNEL)
    image = kernel / "vmlinux"
    firmware = subprocess.run([VM / "qemu", "--firmware"], capture_output=True, text=True, check=True).stdout.split()[0]
    programs = make_programs(lab, **links)
    return lab.environment(
        PATH=f"{programs}:{os.environ['PATH']}", ORIEL=str(lab.oriel_program), EXAMPLES=str(EXAMPLES),
        KERNEL=str(image if image.exists() else kernel / "vmlinuz"), INITRAMFS=str(kernel / "initramfs"),
        OVMF=firmware)
