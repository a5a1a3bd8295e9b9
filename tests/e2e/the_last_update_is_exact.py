# SPDX-License-Identifier: MIT
"""Hundreds of page flips or of small changes, one after the other and faster than they can be shown:
at their end every pixel is right, in the screenshot and on the compositor's output."""

from harness import check, main, options, prepare_vm
from picture import Picture, known_picture

SIZE = (800, 600)
RATE = 60
SECONDS = 5


def colour_of(frame):
    """What drmdraw's load paints in this frame."""
    value = frame * 0x010305 & 0xFFFFFF
    return bytes((value >> 16, value >> 8 & 255, value & 255))


def painted(kind):
    """The known picture after drmdraw's "load full" or "load rect"."""
    picture = known_picture(*SIZE)
    width, height = SIZE
    rows = [bytearray(row) for row in picture.rows]
    frames = RATE * SECONDS
    if kind == "rect":
        left, top = (width - 64) // 2, (height - 64) // 2
        for row in rows[top:top + 64]:
            row[3 * left:3 * (left + 64)] = colour_of(frames - 1) * 64
    else:
        for frame in range(frames):
            first = frame * 4 % (height - 3)
            for y in range(first, first + 4):
                rows[y] = bytearray(colour_of(frame) * width)
    return Picture(width, height, [bytes(row) for row in rows])


def test(lab):
    chosen = options(kind="flip", kernel="debian", path="auto")
    prepare_vm(chosen.kernel)
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", f"{SIZE[0]}x{SIZE[1]}", "--path", chosen.path])
    if chosen.kind == "flip":
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="flip", args=str(SECONDS))
        vm.wait_serial("guest: flip")
        want = known_picture(*SIZE)
    else:
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="load",
                    args=f"{chosen.kind},{RATE},{SECONDS}")
        vm.wait_serial(f"guest: load {chosen.kind}")
        want = painted(chosen.kind)
    lab.wait_picture(oriel.screenshot, want, "the screenshot after the last update", 10)
    lab.wait_shown(weston, want, "the compositor shows the last update", 10)
    screen = oriel.stats()["scanouts"][0]
    check(screen["flushed"] >= 30, f"only {screen['flushed']} flushes counted")


main(test)
