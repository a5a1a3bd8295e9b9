# SPDX-License-Identifier: MIT
"""UEFI firmware draws its logo, through the bochs registers before any driver runs, or with its own
driver for virtio-gpu where the card is no VGA (OVMF), or the machine has none (AAVMF on aarch64): it is
in the screenshot and, the same to the last bit, on the compositor's output."""

from efi_screen import has_logo
from harness import check, main, make, options, prepare_vm, wait_for

SIZE = (1280, 800)


def test(lab):
    chosen = options(pci_class="vga", machine="q35")
    prepare_vm()
    firmware = "ovmf"
    if chosen.machine == "virt":
        make("qemu", "--aarch64", "--prepare")
        firmware = "aavmf"
    weston = lab.weston(size=(1366, 900))
    oriel = lab.oriel(options=["--size", "1280x800", "--pci-class", chosen.pci_class])
    lab.vm(oriel, machine=chosen.machine, firmware=firmware, kernel="none", splash=60)
    latest = None

    def shot():
        nonlocal latest
        latest = oriel.screenshot()
        return has_logo(latest)

    wait_for(shot, 90, "the logo is in the screenshot", 0.5)
    source = oriel.stats()["scanouts"][0]["source"]
    drawn_by = "virtio" if chosen.pci_class == "display" else "bochs"
    check(source.startswith(drawn_by), f"drawn by {source}, not {drawn_by}")
    check(latest.size == SIZE, f"the firmware chose {latest.size}, not the mode that the EDID prefers")

    def same():
        return weston.capture().find(oriel.screenshot())

    wait_for(same, 20, "the compositor shows what the screenshot has", 0.5)


main(test)
