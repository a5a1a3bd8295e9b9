# SPDX-License-Identifier: MIT
"""virtio-gpu requests as bytes (virtio 1.2, 5.7.6)."""

import struct

BGRX, RGBX = 2, 134
BGRA = 1
ARGB = 3
FENCE = 1


def header(kind, flags=0, fence=0):
    return struct.pack("<IIQIB3x", kind, flags, fence, 0, 0)


def entries(pieces):
    return b"".join(struct.pack("<QII", address, length, 0) for address, length in pieces)


def create(resource, width, height, pixel_format=BGRX):
    return header(0x101) + struct.pack("<IIII", resource, pixel_format, width, height)


def unref(resource):
    return header(0x102) + struct.pack("<II", resource, 0)


def set_scanout(scanout, resource, x, y, width, height):
    return header(0x103) + struct.pack("<IIIIII", x, y, width, height, scanout, resource)


def flush(resource, x, y, width, height, flags=0, fence=0):
    return header(0x104, flags, fence) + struct.pack("<IIIIII", x, y, width, height, resource, 0)


def transfer(resource, x, y, width, height, offset=0, flags=0, fence=0):
    return header(0x105, flags, fence) + struct.pack("<IIIIQII", x, y, width, height, offset,
                                                     resource, 0)


def attach(resource, pieces):
    return header(0x106) + struct.pack("<II", resource, len(pieces)) + entries(pieces)


def detach(resource):
    return header(0x107) + struct.pack("<II", resource, 0)


def create_blob(resource, size, pieces):
    return header(0x10c) + struct.pack("<IIIIQQ", resource, 1, 1, len(pieces), 0, size) \
        + entries(pieces)


def set_scanout_blob(scanout, resource, width, height):
    return header(0x10d) + struct.pack("<IIIIIIIIII", 0, 0, width, height, scanout, resource, width,
                                       height, BGRX, 0) \
        + struct.pack("<8I", width * 4, 0, 0, 0, 0, 0, 0, 0)


def cursor(scanout, resource, x=0, y=0, hot_x=0, hot_y=0):
    return header(0x300) + struct.pack("<IIIIIIII", scanout, x, y, 0, resource, hot_x, hot_y, 0)


def move_cursor(scanout, x, y):
    return header(0x301) + struct.pack("<IIIIIIII", scanout, x, y, 0, 0, 0, 0, 0)
