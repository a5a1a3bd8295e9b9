# SPDX-License-Identifier: MIT
"""Pictures as the tests handle them, and those that the guest draws.

The formulas known_pixel and cursor_pixel stand a second time in tests/vm/guest/picture.cpp; both
must agree to the last bit.
"""

import struct
import zlib

WHITE = (255, 255, 255)
CHECKER_SIZE = 32
CHECKER_COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
BAR_COLOURS = (
    (255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0),
    (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0),
)
CURSOR_SIZE = 64
CURSOR_HOTSPOT = (5, 7)


class Picture:
    """Pixels as rows of R, G, B bytes, top row first."""

    def __init__(self, width, height, rows):
        self.width = width
        self.height = height
        self.rows = rows

    @property
    def size(self):
        return (self.width, self.height)

    def pixel(self, x, y):
        return tuple(self.rows[y][3 * x:3 * x + 3])

    def crop(self, x, y, width, height):
        """The part at x, y; it must lie inside the picture."""
        if x < 0 or y < 0 or x + width > self.width or y + height > self.height:
            raise ValueError(f"{width}x{height}+{x}+{y} is not inside {self.width}x{self.height}")
        rows = [row[3 * x:3 * (x + width)] for row in self.rows[y:y + height]]
        return Picture(width, height, rows)

    def colours(self):
        """How often each colour occurs."""
        counts = {}
        for row in self.rows:
            for i in range(0, len(row), 3):
                colour = (row[i], row[i + 1], row[i + 2])
                counts[colour] = counts.get(colour, 0) + 1
        return counts

    def find(self, part):
        """The top left corner of `part` inside this picture, or None."""
        for y in range(self.height - part.height + 1):
            start = 0
            while True:
                start = self.rows[y].find(part.rows[0], start)
                if start < 0:
                    break
                if start % 3 == 0 and all(
                        self.rows[y + i][start:start + 3 * part.width] == part.rows[i]
                        for i in range(part.height)):
                    return (start // 3, y)
                start += 1
        return None


def difference(got, want):
    """None when both are the same to the last bit, else one line about the first difference."""
    if got.size != want.size:
        return f"size {got.width}x{got.height}, expected {want.width}x{want.height}"
    first = None
    wrong = 0
    for y, (got_row, want_row) in enumerate(zip(got.rows, want.rows)):
        if got_row == want_row:
            continue
        for x in range(got.width):
            if got_row[3 * x:3 * x + 3] != want_row[3 * x:3 * x + 3]:
                wrong += 1
                if first is None:
                    first = (x, y)
    if first is None:
        return None
    x, y = first
    return (f"{wrong} of {got.width * got.height} pixels differ, the first at {x},{y}: "
            f"{got.pixel(x, y)}, expected {want.pixel(x, y)}")


def read_png(path):
    """Decodes a non-interlaced PNG of 8 bits a sample, RGB or RGBA (alpha is dropped)."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path} is no PNG")
    position, packed, header = 8, b"", None
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8:position + 8 + length]
        (crc,) = struct.unpack_from(">I", data, position + 8 + length)
        if crc != zlib.crc32(kind + body):
            raise ValueError(f"{path}: wrong checksum of chunk {kind!r}")
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        position += length + 12
    if header is None or header[2] != 8 or header[3] not in (2, 6) or header[6] != 0:
        raise ValueError(f"{path}: not an 8-bit RGB or RGBA PNG: {header}")
    width, height = header[0], header[1]
    channels = 3 if header[3] == 2 else 4
    raw = zlib.decompress(packed)
    stride = width * channels
    rows, previous = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        line = _unfilter(raw[start], bytearray(raw[start + 1:start + 1 + stride]), previous,
                         channels)
        previous = line
        if channels == 4:
            rgb = bytearray(3 * width)
            for channel in range(3):
                rgb[channel::3] = line[channel::4]
            rows.append(bytes(rgb))
        else:
            rows.append(bytes(line))
    return Picture(width, height, rows)


def _unfilter(kind, line, previous, channels):
    """Undoes a PNG row filter (PNG specification, 9.2) in place."""
    if kind == 0:
        return line
    if kind == 1:
        for i in range(channels, len(line)):
            line[i] = (line[i] + line[i - channels]) & 255
    elif kind == 2:
        for i in range(len(line)):
            line[i] = (line[i] + previous[i]) & 255
    elif kind == 3:
        for i in range(len(line)):
            left = line[i - channels] if i >= channels else 0
            line[i] = (line[i] + (left + previous[i]) // 2) & 255
    elif kind == 4:
        for i in range(len(line)):
            left = line[i - channels] if i >= channels else 0
            above_left = previous[i - channels] if i >= channels else 0
            above = previous[i]
            estimate = left + above - above_left
            to_left = abs(estimate - left)
            to_above = abs(estimate - above)
            to_above_left = abs(estimate - above_left)
            if to_left <= to_above and to_left <= to_above_left:
                predicted = left
            elif to_above <= to_above_left:
                predicted = above
            else:
                predicted = above_left
            line[i] = (line[i] + predicted) & 255
    else:
        raise ValueError(f"unknown PNG filter {kind}")
    return line


def write_png(path, picture):
    """Writes a picture, for people who look at what a test saw."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body))
    raw = b"".join(b"\0" + row for row in picture.rows)
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                   chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b""))


def read_ppm(path):
    """Decodes a binary PPM, which is what QEMU's screendump writes."""
    with open(path, "rb") as file:
        data = file.read()
    magic, width, height, maximum = data.split(maxsplit=4)[:4]
    if magic != b"P6" or maximum != b"255":
        raise ValueError(f"{path} is no 8-bit PPM")
    width, height = int(width), int(height)
    body = data[len(data) - 3 * width * height:]
    return Picture(width, height,
                   [body[3 * width * y:3 * width * (y + 1)] for y in range(height)])


def write_ppm(path, picture):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % picture.size)
        file.write(b"".join(picture.rows))


def known_picture(width, height, index=0):
    """What the guest's "pattern" shows on screen `index`."""
    size = CHECKER_SIZE
    red = bytes(x * 255 // (width - 1) for x in range(width))
    bars = b"".join(bytes(BAR_COLOURS[x * 8 // width]) for x in range(width))
    blue_rows = {}
    rows = []
    for y in range(height):
        if y in (0, height - 1):
            rows.append(bytes(WHITE) * width)
            continue
        if height // 3 <= y < height * 2 // 3:
            row = bytearray(bars)
        else:
            # x ^ y repeats its low byte, so there are only 256 different rows of blue.
            if y & 255 not in blue_rows:
                blue_rows[y & 255] = bytes(((x ^ y) + 85 * index) & 255 for x in range(width))
            row = bytearray(3 * width)
            row[0::3] = red
            row[1::3] = bytes([y * 255 // (height - 1)]) * width
            row[2::3] = blue_rows[y & 255]
        if y < size or y >= height - size:
            bottom = 2 if y >= height - size else 0
            for left, corner in ((0, bottom), (width - size, bottom + 1)):
                for x in range(left, left + size):
                    row[3 * x:3 * x + 3] = bytes(
                        CHECKER_COLOURS[corner] if (x + y) & 1 else (0, 0, 0))
        row[0:3] = row[-3:] = bytes(WHITE)
        rows.append(bytes(row))
    return Picture(width, height, rows)


def doubled(picture):
    """Each pixel four times, as a square."""
    rows = []
    for row in picture.rows:
        wide = bytearray(6 * picture.width)
        for channel in range(3):
            wide[channel::6] = wide[channel + 3::6] = row[channel::3]
        rows += [bytes(wide)] * 2
    return Picture(2 * picture.width, 2 * picture.height, rows)


def cursor_pixel(x, y):
    """A pixel of the guest's known cursor as alpha, red, green, blue (premultiplied)."""
    left, top = CURSOR_HOTSPOT
    length = 40
    if x >= left and top <= y < top + length and x - left <= (y - top) // 2:
        edge = x == left or x - left == (y - top) // 2 or y == top + length - 1
        return (255, 255, 255, 255) if edge else (255, 0x20, 0x60, 0xC0)
    if x >= left + 4 and top + 4 <= y < top + 4 + length and x - left - 4 <= (y - top - 4) // 2:
        return (0x80, 0, 0, 0)
    return (0, 0, 0, 0)


def _multiplied(a, b):
    """a * b / 255 to the nearest."""
    return (2 * a * b + 255) // 510


def with_cursor(screen, x, y):
    """A picture with the known cursor's hot spot at x, y."""
    rows = [bytearray(row) for row in screen.rows]
    left, top = x - CURSOR_HOTSPOT[0], y - CURSOR_HOTSPOT[1]
    for cursor_y in range(max(0, -top), min(CURSOR_SIZE, screen.height - top)):
        for cursor_x in range(max(0, -left), min(CURSOR_SIZE, screen.width - left)):
            alpha, *colours = cursor_pixel(cursor_x, cursor_y)
            at = 3 * (left + cursor_x)
            row = rows[top + cursor_y]
            for channel, colour in enumerate(colours):
                row[at + channel] = colour + _multiplied(row[at + channel], 255 - alpha)
    return Picture(screen.width, screen.height, [bytes(row) for row in rows])
