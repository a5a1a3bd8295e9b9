# SPDX-License-Identifier: MIT
"""What the guest's program drmdraw has painted after a load."""

from picture import Picture, known_picture

SIZE = (800, 600)
RATE = 60
SECONDS = 5


def colour_of(frame):
    """What drmdraw's load paints in this frame."""
    value = frame * 0x010305 & 0xFFFFFF
    return bytes((value >> 16, value >> 8 & 255, value & 255))


def painted(kind):
    """The known picture after drmdraw's "load full" or "load rect" of SECONDS seconds."""
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
