# SPDX-License-Identifier: MIT
"""What a UEFI firmware shows: its logo, and its text console.

OVMF writes everything that its graphics console draws to the serial port as well, as terminal control
sequences. So the text, the colours and the place of every character are known without reading a
picture, and a picture is right when each cell has the cell's colours, the same character looks the
same everywhere, and no two characters look alike.
"""

import re

# What is sure about TianoCore's logo: dark ground, a white box in the middle, some orange in it.
LOGO_SIZE = (200, 80)
CELL = (8, 19)  # EDK II's font
BLACK, BLUE, CYAN, LIGHT_GREY = (0, 0, 0), (0, 0, 0x98), (0, 0x98, 0x98), (0x98, 0x98, 0x98)
_SEQUENCE = re.compile(r"\x1b\[([=0-9;]*)([A-Za-z])")


def has_logo(shot):
    if shot is None:
        return False
    width, height = LOGO_SIZE
    middle = shot.crop((shot.width - width) // 2, (shot.height - height) // 2, width, height)
    colours = middle.colours()
    white = sum(count for colour, count in colours.items() if min(colour) > 240)
    orange = sum(count for (red, green, blue), count in colours.items()
                 if red > 200 and 60 < green < 160 and blue < 90)
    return white > 1000 and orange > 100


def _colour(index, bright):
    """EDK II's colour for a terminal's (bit 0 is red, bit 2 blue)."""
    level = 0xFF if bright else 0x98
    return tuple(level if index >> bit & 1 else 0 for bit in range(3))


class Console:
    """A terminal that understands what EDK II's TerminalDxe sends."""

    def __init__(self, columns, rows, foreground=LIGHT_GREY):
        self.columns = columns
        self.rows = rows
        self.foreground, self.background = foreground, BLACK
        self.column = self.row = 0
        self._bright = False
        self._clear()

    def _blank_row(self):
        return [(" ", self.foreground, self.background)] * self.columns

    def _clear(self):
        self.cells = [self._blank_row() for _ in range(self.rows)]
        self.margin = self.background
        self.column = self.row = 0

    def feed(self, text):
        position = 0
        while position < len(text):
            sequence = _SEQUENCE.match(text, position)
            if sequence:
                self._control(sequence.group(1), sequence.group(2))
                position = sequence.end()
            else:
                self._put(text[position])
                position += 1
        return self

    def _control(self, parameters, final):
        if final == "J":
            self._clear()
        elif final == "H":
            row, column = (int(number) for number in parameters.split(";"))
            self.row, self.column = min(row, self.rows) - 1, min(column, self.columns) - 1
        elif final == "m":
            for number in map(int, parameters.split(";")):
                if number < 2:
                    self._bright = number == 1
                elif 30 <= number < 38:
                    self.foreground = _colour(number - 30, self._bright)
                elif 40 <= number < 48:
                    self.background = _colour(number - 40, False)

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character == "\n":
            self._next_row()
        elif character >= " ":
            if self.column == self.columns:
                self.column = 0
                self._next_row()
            self.cells[self.row][self.column] = (character, self.foreground, self.background)
            self.column += 1

    def _next_row(self):
        self.row += 1
        if self.row == self.rows:
            self.row -= 1
            self.cells = self.cells[1:] + [self._blank_row()]

    def text(self, background=None):
        """The screen's lines; with a background, only what stands on that colour."""
        return "\n".join(
            "".join(character if background in (None, colour) else " "
                    for character, _, colour in row).rstrip() for row in self.cells)


class Font:
    """The characters' shapes, learnt from pictures; they must stay what they are."""

    def __init__(self, cell=CELL):
        self._width, self._height = cell
        self._shapes = {}

    def difference(self, shot, console):
        """None when the picture has exactly what the console says, else one line about why not.

        The cell under the console's cursor may look otherwise, and column 100 isn't compared:
        TerminalDxe writes columns with two digits, so what it means to put there ends up elsewhere.
        """
        left = (shot.width - console.columns * self._width) // 2
        top = (shot.height - console.rows * self._height) // 2
        if left < 0 or top < 0:
            return f"{console.columns}x{console.rows} cells don't fit {shot.width}x{shot.height}"
        for x, y in ((0, 0), (shot.width - 1, 0), (left - 1, top), (0, shot.height - 1)):
            if x >= 0 and shot.pixel(x, y) != console.margin:
                return f"{x},{y} has {shot.pixel(x, y)}, the margin is {console.margin}"
        shapes = dict(self._shapes)
        for row, cells in enumerate(console.cells):
            y = top + row * self._height
            lines = shot.rows[y:y + self._height]
            for column, (character, foreground, background) in enumerate(cells[:99]):
                if (column, row) == (console.column, console.row):
                    continue
                x = 3 * (left + column * self._width)
                pixels = b"".join(line[x:x + 3 * self._width] for line in lines)
                wrong = self._cell(shapes, pixels, character, foreground, background)
                if wrong:
                    return f"row {row + 1}, column {column + 1}: {character!r} {wrong}"
        drawn = list(shapes.values())
        if len(set(drawn)) != len(drawn):
            return "two characters have the same shape"
        self._shapes = shapes
        return None

    @staticmethod
    def _cell(shapes, pixels, character, foreground, background):
        ink, paper = bytes(foreground), bytes(background)
        shape = []
        for i in range(0, len(pixels), 3):
            pixel = pixels[i:i + 3]
            if pixel not in (ink, paper):
                return f"has the colour {tuple(pixel)}, expected {foreground} on {background}"
            shape.append(pixel == ink)
        if foreground == background:
            return None
        shape = tuple(shape)
        if character == " ":
            return "isn't empty" if any(shape) else None
        if not any(shape):
            return "is empty"
        if shapes.setdefault(character, shape) != shape:
            return "has another shape than before"
        return None
