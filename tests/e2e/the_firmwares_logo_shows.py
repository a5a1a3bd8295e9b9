# SPDX-License-Identifier: MIT
"""OVMF draws its logo through the bochs registers before any driver runs: it is in the screenshot
and, the same to the last bit, on the compositor's output."""

from harness import check, main, prepare_vm, wait_for

SIZE = (1280, 800)
# What is sure about TianoCore's logo: dark ground, a white box in the middle, some orange in it.
LOGO_PART = 0.2


def is_orange(colour):
    red, green, blue = colour
    return red > 200 and 60 < green < 160 and blue < 90


def has_logo(shot):
    if shot is None:
        return False
    width, height = int(shot.width * LOGO_PART), int(shot.height * LOGO_PART)
    middle = shot.crop((shot.width - width) // 2, shot.height // 3, width, height)
    colours = middle.colours()
    white = sum(count for colour, count in colours.items() if min(colour) > 240)
    orange = sum(count for colour, count in colours.items() if is_orange(colour))
    return white > 1000 and orange > 100


def test(lab):
    prepare_vm()
    weston = lab.weston(size=(1366, 900))
    oriel = lab.oriel(options=["--size", "1280x800"])
    lab.vm(oriel, firmware="ovmf", kernel="none", splash=60)
    latest = None

    def shot():
        nonlocal latest
        latest = oriel.screenshot()
        return has_logo(latest)

    wait_for(shot, 90, "OVMF's logo is in the screenshot", 0.5)
    check(latest.size == SIZE, f"OVMF chose {latest.size}, not the mode that the EDID prefers")

    def same():
        return weston.capture().find(oriel.screenshot())

    wait_for(same, 20, "the compositor shows what the screenshot has", 0.5)


main(test)
