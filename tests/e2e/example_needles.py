# SPDX-License-Identifier: MIT
"""A tree of openQA's needles, made of a screen that an example has shown: what each must say of that screen and of
two more made of it, and that os-autoinst says the same of each area."""

import json
import operator

from harness import Skip, check
from os_autoinst import compare, matcher, oriels_matcher, verdicts
from picture import Picture, read_png, write_png

AREA = (240, 64)
# Nothing that is looked for is as near as that to the screen's border.
BORDER = 64
MOVE = (20, 12)
NARROW, WIDE = 5, 60


def painted(picture, left, top, width, height):
    """A copy with a pattern that no screen has."""
    rows = list(picture.rows)
    stripe = bytes((255, 0, 200, 0, 200, 255)) * (width // 2)
    for y in range(top, top + height):
        rows[y] = rows[y][:3 * left] + stripe + rows[y][3 * left + len(stripe):]
    return Picture(picture.width, picture.height, rows)


def moved(picture, by_x, by_y):
    cut = 3 * (picture.width - by_x)
    rows = [row[cut:] + row[:cut] for row in picture.rows]
    return Picture(picture.width, picture.height, rows[-by_y:] + rows[:-by_y])


def busiest(picture):
    """Where an area has the most edges, and how many: left, top, count."""
    width, height = AREA
    found = (BORDER, BORDER, -1)
    for top in range(BORDER, picture.height - BORDER - height, height // 2):
        for left in range(BORDER, picture.width - BORDER - width, width // 2):
            edges = 0
            for row in picture.rows[top:top + height:4]:
                part = row[3 * left:3 * (left + width)]
                edges += sum(map(operator.ne, part, part[3:]))
            if edges > found[2]:
                found = (left, top, edges)
    return found


class Tree:
    """A folder of needles and the frames that they are compared with."""

    def __init__(self, folder, screen):
        self.folder, self.screen = folder, screen
        self.left, self.top, self.edges = busiest(screen)
        folder.mkdir(parents=True)
        self.frames = [self._frame("shown", screen), self._frame("moved", moved(screen, *MOVE)),
                       self._frame("disturbed", painted(screen, *self._middle()))]
        self._write_needles()

    def _frame(self, name, picture):
        path = self.folder.parent / f"{self.folder.name}-{name}.png"
        write_png(path, picture)
        return path

    def _middle(self):
        """The part of the area that the frame "disturbed" has otherwise: a quarter of it."""
        width, height = AREA
        return self.left + width // 4, self.top + height // 4, width // 2, height // 2

    def _write_needles(self):
        width, height = AREA
        area = {"xpos": self.left, "ypos": self.top, "width": width, "height": height, "type": "match"}
        x, y, middle_width, middle_height = self._middle()
        hole = {"xpos": x, "ypos": y, "width": middle_width, "height": middle_height, "type": "exclude"}
        corner = {"xpos": 0, "ypos": 0, "width": 120, "height": 40, "type": "match"}
        other = painted(self.screen, self.left, self.top, width, height)
        for name, areas, picture in (
                ("there", [area], self.screen), ("exact", [dict(area, match=100)], self.screen),
                ("not-there", [area], other), ("one-of-two", [corner, area], other),
                ("with-hole", [area, hole], self.screen), ("narrow", [dict(area, margin=NARROW)], self.screen),
                ("wide", [dict(area, margin=WIDE)], self.screen)):
            write_png(self.folder / f"{name}.png", picture)
            (self.folder / f"{name}.json").write_text(
                json.dumps({"area": areas, "tags": [name], "properties": []}), encoding="utf-8")

    def expected(self):
        """(frame, needle): whether each area is there."""
        says = {("shown", "there"): [True], ("shown", "exact"): [True], ("shown", "with-hole"): [True],
                ("shown", "not-there"): [False], ("shown", "one-of-two"): [True, False],
                ("disturbed", "with-hole"): [True], ("moved", "wide"): [True]}
        # A screen of one colour has the area beside its place, too.
        if self.edges:
            says |= {("disturbed", "there"): [False], ("moved", "narrow"): [False]}
        return says


def check_needles(folder, screenshots):
    """Oriel's verdicts are as expected, and os-autoinst's are the same. `screenshots` are PNG files by name."""
    oriel = oriels_matcher()
    try:
        os_autoinst = matcher()
    except Skip as reason:
        os_autoinst = None
        print(f"needles without os-autoinst: {reason}")
    for name, screenshot in screenshots.items():
        tree = Tree(folder / name, read_png(screenshot))
        ours = verdicts(oriel, tree.folder, tree.frames)
        for (frame, needle), areas in tree.expected().items():
            said = ours[f"{name}-{frame}.png", needle]
            check([area["ok"] for area in said["areas"]] == areas,
                  f"{name}: needle {needle}, frame {frame}: {said}, expected {areas}")
            check(said["ok"] == all(areas), f"{name}: needle {needle}, frame {frame}: {said}")
        if os_autoinst:
            count = compare(ours, verdicts(os_autoinst, tree.folder, tree.frames))
            print(f"{name}: {count} areas of needles have os-autoinst's verdict, "
                  f"{sum(line['ok'] for line in ours.values())} of {len(ours)} needles match")
