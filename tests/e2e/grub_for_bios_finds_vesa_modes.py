# SPDX-License-Identifier: MIT
"""GRUB for BIOS lists the VESA modes that a VGA BIOS for bochs' display gives our card, sets one, and what it
draws is shown. (The list is that of QEMU's own bochs-display, as seen with QEMU 7.2.)"""

import re
import shutil
import subprocess
from pathlib import Path

from harness import VM, Skip, check, main, prepare_vm, wait_for

GRUB = Path("/usr/lib/grub/i386-pc")
# The last mode that is marked is the one that GRUB has set.
SCRIPT = """serial --unit=0
set gfxmode=800x600x32
terminal_output serial gfxterm
background_color 255,128,0
videoinfo
echo guest: listed
sleep 3600
"""


def make_grub(folder):
    """As a Linux kernel, which QEMU loads: no disk has to be made."""
    if not (GRUB / "lnxboot.img").exists() or not shutil.which("grub-mkimage"):
        raise Skip("GRUB for BIOS is not installed (grub-pc-bin, grub-common)")
    (folder / "grub.cfg").write_text(SCRIPT)
    subprocess.run(["grub-mkimage", "-O", "i386-pc", "-p", "/", "-c", folder / "grub.cfg", "-o", folder / "core.img",
                    "videoinfo", "vbe", "serial", "terminal", "echo", "sleep", "gfxterm", "gfxterm_background"],
                   check=True)
    image = folder / "grub.lnx"
    image.write_bytes((GRUB / "lnxboot.img").read_bytes() + (folder / "core.img").read_bytes())
    return image


def modes(serial):
    """(set, width, height, bits) of each that GRUB lists."""
    return [(mark == "*", int(width), int(height), int(bits)) for mark, width, height, bits in
            re.findall(r"^(.) 0x\w{3} +(\d+) x +(\d+) x +(\d+) \(", serial.replace("\r", ""), re.M)]


def test(lab):
    prepare_vm()
    image = make_grub(lab.folder)
    rom = subprocess.run([VM / "qemu", "--vga-rom"], capture_output=True, text=True, check=True).stdout.strip()
    oriel = lab.oriel("headless", options=["--size", "1280x800", "--option-rom", rom])
    vm = lab.vm(oriel, kernel="none", extra=["-kernel", image])
    vm.wait_serial("guest: listed", timeout=60)
    found = modes(vm.serial())
    check((True, 800, 600, 32) in found and len(found) >= 5, f"GRUB's modes: {found}")
    check(all(bits == 32 and width <= 1280 and height <= 800 for _, width, height, bits in found),
          f"other modes than the page says: {found}")
    wait_for(lambda: oriel.screenshot().rows[300][:3] == bytes((255, 128, 0)), 10, "GRUB's background shows")


main(test)
