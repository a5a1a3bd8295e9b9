# SPDX-License-Identifier: MIT
"""SeaBIOS runs Debian's VGA BIOS for bochs' display from the card's own ROM, and its text is in the
window: every character cell of the picture is exactly a glyph of the font in that ROM."""

import re
import subprocess
from pathlib import Path

from harness import VM, Failure, check, main, prepare_vm, wait_for

BLACK = bytes(3)
GREY = b"\xaa" * 3
WIDTH, HEIGHT = 8, 16
# It comes and goes: it is no text.
CURSOR = bytes(HEIGHT - 2) + b"\xff\xff"
NO_GLYPH = "\u00bf"


def find_font(rom):
    """The 256 glyphs of 16 bytes in a VGA BIOS, by four that every such font has."""
    def glyph(start, code):
        return rom[start + HEIGHT * code:start + HEIGHT * (code + 1)]
    for start in range(len(rom) - 256 * HEIGHT):
        if (glyph(start, 0) == glyph(start, 32) == bytes(HEIGHT) and
                glyph(start, 0xDB) == b"\xff" * HEIGHT and glyph(start, 0xB3) == b"\x18" * HEIGHT):
            return [glyph(start, code) for code in range(256)]
    raise Failure("there is no font in the ROM")


def read_text(screen, font):
    """The picture's lines without blanks at their ends; a cell that is no glyph (half drawn, while
    the guest draws) is a question mark upside down."""
    glyphs = {}
    for character in map(chr, range(32, 127)):
        rows = [format(row, "08b") for row in font[ord(character)]]
        glyphs["".join(rows)] = character
    glyphs["".join(format(row, "08b") for row in CURSOR)] = " "
    bits = {BLACK: "0", GREY: "1"}
    lines = []
    for top in range(0, screen.height, HEIGHT):
        rows = ["".join(bits.get(row[at:at + 3], "?") for at in range(0, len(row), 3))
                for row in screen.rows[top:top + HEIGHT]]
        cells = ["".join(row[left:left + WIDTH] for row in rows)
                 for left in range(0, screen.width, WIDTH)]
        lines.append("".join(glyphs.get(cell, NO_GLYPH) for cell in cells).rstrip())
    return lines


def booted(lines):
    """SeaBIOS has found nothing to boot, and nothing else is on the screen."""
    text = "\n".join(lines).rstrip()
    return (NO_GLYPH not in text and re.match(r"SeaBIOS \(version [^\n]+\)\n", text) and "Booting from Hard Disk" in text and
            text.endswith("No bootable device."))


def test(lab):
    prepare_vm()
    path = subprocess.run([VM / "qemu", "--vga-rom"], capture_output=True, text=True,
                          check=True).stdout.strip()
    font = find_font(Path(path).read_bytes())
    weston = lab.weston(size=(1024, 768))
    oriel = lab.oriel(options=["--size", "1024x768", "--fullscreen", "--option-rom", path])
    check("1234:1111" in oriel.log(), "oriel doesn't say that it has changed the ROM's ids")
    vm = lab.vm(oriel, kernel="none")
    wait_booted(oriel.screenshot, font, "the screenshot")
    wait_booted(weston.capture, font, "the window")
    screen = oriel.stats()["scanouts"][0]
    check(screen["source"] == "bochs 1024x768x32", f"another mode: {screen}")

    # The ROM is there for the next boot too. The machine is stopped meanwhile: this boot may take
    # less time than one look at the screen.
    vm.qmp("stop")
    vm.qmp("system_reset")
    wait_for(lambda: not booted(screen_text(oriel.screenshot, font)), 30, "the text goes")
    vm.qmp("cont")
    wait_booted(oriel.screenshot, font, "the screenshot after a reset")


def wait_booted(take, font, where):
    lines = []

    def now():
        lines[:] = screen_text(take, font)
        return booted(lines)
    try:
        wait_for(now, 60, f"SeaBIOS in {where}", 0.5)
    except Failure as failure:
        text = "\n".join(lines).rstrip()
        raise Failure(f"{failure}; what is there:\n{text}") from None


def screen_text(take, font):
    """What is on the screen, nothing if it is dark."""
    screen = take()
    return [] if screen is None else read_text(screen, font)


main(test)
