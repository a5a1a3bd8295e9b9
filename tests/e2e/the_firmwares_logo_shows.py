# SPDX-License-Identifier: MIT
"""OVMF draws its logo, through the bochs registers before any driver runs, or with its own driver for
virtio-gpu where the card is no VGA: it is in the screenshot and, the same to the last bit, on the
compositor's output."""

from efi_screen import has_logo
from harness import check, main, options, prepare_vm, wait_for

SIZE = (1280, 800)


def test(lab):
    chosen = options(pci_class="vga")
    prepare_vm()
    weston = lab.weston(size=(1366, 900))
    oriel = lab.oriel(options=["--size", "1280x800", "--pci-class", chosen.pci_class])
    lab.vm(oriel, firmware="ovmf", kernel="none", splash=60)
    latest = None

    def shot():
        nonlocal latest
        latest = oriel.screenshot()
        return has_logo(latest)

    wait_for(shot, 90, "OVMF's logo is in the screenshot", 0.5)
    source = oriel.stats()["scanouts"][0]["source"]
    drawn_by = "virtio" if chosen.pci_class == "display" else "bochs"
    check(source.startswith(drawn_by), f"drawn by {source}, not {drawn_by}")
    check(latest.size == SIZE, f"OVMF chose {latest.size}, not the mode that the EDID prefers")

    def same():
        return weston.capture().find(oriel.screenshot())

    wait_for(same, 20, "the compositor shows what the screenshot has", 0.5)


main(test)
