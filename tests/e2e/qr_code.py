# SPDX-License-Identifier: MIT
"""Finds a QR code in a picture (ISO/IEC 18004) and checks the parts of it that don't depend on its
content: finder patterns, timing patterns, quiet zone, and the two copies of its version number."""

from itertools import groupby

from harness import BOOT_TIMEOUT, check, wait_for

FINDER = ("1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111")
QUIET_MODULES = 4


def _is_dark(shot, x, y):
    return shot.rows[y][3 * x] < 128


class QrCode:
    """A code whose top left module is at x, y; `module` is a module's size in pixels."""

    def __init__(self, shot, x, y, module, modules):
        self._shot = shot
        self.x, self.y, self.module, self.modules = x, y, module, modules

    @property
    def version(self):
        return (self.modules - 17) / 4

    def dark(self, column, row):
        """True for a module all dark, False for one all light, None for one that is neither."""
        pixels = {_is_dark(self._shot, self.x + column * self.module + i,
                           self.y + row * self.module + j)
                  for i in range(self.module) for j in range(self.module)}
        return pixels.pop() if len(pixels) == 1 else None

    def complaint(self):
        """None when all that is fixed in a code is right, else what isn't."""
        end = self.modules
        if self.version not in range(7, 41):
            return f"{end} modules a side"
        if any(self.dark(column, row) is None for row in range(end) for column in range(end)):
            return "a module that is neither dark nor light"
        for i in range(8, end - 8):
            if self.dark(i, 6) != (i % 2 == 0) or self.dark(6, i) != (i % 2 == 0):
                return f"the timing pattern is broken at {i}"
        around = range(-QUIET_MODULES, end + QUIET_MODULES)
        quiet = [place for i in around for j in range(1, QUIET_MODULES + 1)
                 for place in ((i, -j), (i, end - 1 + j), (-j, i), (end - 1 + j, i))]
        if any(self.dark(*place) is not False for place in quiet):
            return "the quiet zone isn't light"
        # 18 bits beside the finder patterns, the version in the upper six (ISO/IEC 18004, 7.10).
        copies = [sum(self.dark(*place(i)) << i for i in range(18)) for place in (
            lambda i: (end - 11 + i % 3, i // 3), lambda i: (i // 3, end - 11 + i % 3))]
        if copies[0] != copies[1] or copies[0] >> 12 != self.version:
            return f"version {self.version}, but its copies say {[copy >> 12 for copy in copies]}"
        return None


def _finder_at(shot, x, y, module):
    if x < 0 or y < 0 or x + 7 * module > shot.width or y + 7 * module > shot.height:
        return False
    return all(_is_dark(shot, x + column * module + i, y + row * module + i)
               == (FINDER[row][column] == "1")
               for row in range(7) for column in range(7) for i in (0, module - 1))


def _finders(shot):
    """Where finder patterns are, as (module size, x, y) of their top left corners."""
    found = set()
    for y, row in enumerate(shot.rows):
        x, runs = 0, []
        for dark, pixels in groupby(row[0::3], lambda value: value < 128):
            length = len(list(pixels))
            runs = runs[-4:] + [(dark, length, x)]
            x += length
            lengths = [run[1] for run in runs]
            unit = lengths[0]
            # The pattern's middle row: dark 1, light 1, dark 3, light 1, dark 1.
            if len(runs) == 5 and dark and unit > 1 and lengths == [
                    unit, unit, 3 * unit, unit, unit]:
                top = y - 2 * unit
                if top >= 0 and _finder_at(shot, runs[0][2], top, unit):
                    found.add((unit, runs[0][2], top))
    return found


def find_qr_code(shot):
    """The code that the three finder patterns span, or None."""
    finders = _finders(shot)
    for unit, x, y in finders:
        for _, right, _ in (finder for finder in finders if finder[0] == unit and finder[2] == y):
            if right > x and (unit, x, y + right - x) in finders:
                return QrCode(shot, x, y, unit, (right - x) // unit + 7)
    return None


def wait_whole_qr_code(screenshot, what):
    """The first of these pictures (or None) that has a QR code, which must be whole."""
    shot = None

    def code():
        nonlocal shot
        shot = screenshot()
        return shot is not None and find_qr_code(shot)

    complaint = wait_for(code, BOOT_TIMEOUT, f"{what}: the screenshot has a QR code", 0.5).complaint()
    check(complaint is None, f"{what}: the QR code: {complaint}")
    return shot
