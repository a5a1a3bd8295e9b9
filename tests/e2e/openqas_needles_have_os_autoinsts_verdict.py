# SPDX-License-Identifier: MIT
"""Needles as openQA keeps them, made of screens of this project's, are read by os-autoinst's own
matcher with the same verdict as by ours, area by area: the frame itself, moved, scaled in colour,
disturbed, covered, another one, one of another size. Skips where os-autoinst can't be had."""

import json
import random
from pathlib import Path

from harness import check, main
from os_autoinst import compare, matcher, oriels_matcher, verdicts
from picture import Picture, read_png, write_png

HERE = Path(__file__).resolve().parent
SCREENS = HERE.parent / "unit" / "vga" / "reference"


def drawn(width, height, colour):
    """A picture whose pixel at x, y is what `colour(x, y)` says."""
    return Picture(width, height, [bytes(part for x in range(width) for part in colour(x, y)) for y in range(height)])


def changed(picture, change):
    """A copy with each pixel (x, y, colour) as `change` makes it."""
    return drawn(picture.width, picture.height, lambda x, y: change(x, y, picture.pixel(x, y)))


def moved(picture, by_x, by_y):
    return changed(picture, lambda x, y, _: picture.pixel((x - by_x) % picture.width, (y - by_y) % picture.height))


def lighter(picture, by):
    return changed(picture, lambda x, y, colour: tuple(min(255, part + by) for part in colour))


def noisy(picture, seed, by):
    dice = random.Random(seed)
    return changed(picture, lambda x, y, colour: tuple(
        max(0, min(255, part + dice.randint(-by, by))) for part in colour))


def covered(picture, left, top, right, bottom):
    return changed(picture, lambda x, y, colour:
                   (200, 30, 90) if left <= x < right and top <= y < bottom else colour)


def frames_of(screen, other):
    """Names and pictures that a needle made of `screen` is compared with."""
    return {
        "same": screen,
        "moved-little": moved(screen, 7, -5),
        "moved-margin": moved(screen, 50, 0),
        "moved-far": moved(screen, 51, 60),
        "lighter-little": lighter(screen, 6),
        "lighter": lighter(screen, 40),
        "noise-little": noisy(screen, 1, 9),
        "noise": noisy(screen, 2, 60),
        "covered-part": covered(screen, 60, 40, 90, 60),
        "covered": covered(screen, 0, 0, screen.width, screen.height // 2),
        "other": other,
        "wider": changed_size(screen, screen.width + 40, screen.height),
        "much-wider": changed_size(screen, 2 * screen.width, screen.height + 300),
        "narrower": changed_size(screen, screen.width - 100, screen.height - 60),
    }


def changed_size(picture, width, height):
    return drawn(width, height, lambda x, y:
                 picture.pixel(x, y) if x < picture.width and y < picture.height else (0, 0, 0))


def needles_of(width, height):
    """Names and areas."""
    centre = {"xpos": width // 2 - 60, "ypos": height // 2 - 20, "width": 120, "height": 40}
    corner = {"xpos": 0, "ypos": 0, "width": 160, "height": 48, "type": "match"}
    far = {"xpos": width - 90, "ypos": height - 30, "width": 90, "height": 30, "type": "match"}
    return {
        "corner": [corner],
        "two-areas": [corner, far],
        "strict": [dict(corner, match=100), dict(far, match=99.5)],
        "loose": [dict(corner, match=50)],
        "narrow-margin": [dict(corner, margin=5)],
        "wide-margin": [dict(centre, margin=300)],
        "excluded": [corner, {"xpos": 50, "ypos": 30, "width": 60, "height": 40, "type": "exclude"}],
        "clicks": [dict(centre, click_point={"xpos": 10, "ypos": 5}), far],
        "dot": [{"xpos": 20, "ypos": 20, "width": 1, "height": 1}],
        "line": [{"xpos": 0, "ypos": 16, "width": width, "height": 3, "margin": 20}],
    }


def write_needles(folder, screen):
    folder.mkdir()
    for name, areas in needles_of(screen.width, screen.height).items():
        write_png(folder / f"{name}.png", screen)
        (folder / f"{name}.json").write_text(
            json.dumps({"area": areas, "tags": [f"ENV-{name}", "screen"], "properties": []}), encoding="utf-8")


def test(lab):
    os_autoinst, oriel = matcher(), oriels_matcher()
    matched = areas = 0
    for name, other in (("text-80", "mode-12"), ("mode-12", "text-80")):
        screen = read_png(SCREENS / f"{name}.png")
        needles = lab.folder / f"needles-{name}"
        write_needles(needles, screen)
        frames = []
        for kind, picture in frames_of(screen, read_png(SCREENS / f"{other}.png")).items():
            frames.append(lab.folder / f"{name}-{kind}.png")
            write_png(frames[-1], picture)
        ours = verdicts(oriel, needles, frames)
        theirs = verdicts(os_autoinst, needles, frames)
        areas += compare(ours, theirs)
        matched += sum(line["ok"] for line in ours.values())
        print(f"{name}: ours {sum(line['seconds'] for line in ours.values()):.2f} s, "
              f"os-autoinst's {sum(line['seconds'] for line in theirs.values()):.2f} s")
    check(areas >= 300, f"only {areas} areas were compared")
    check(20 <= matched, f"only {matched} needles match: these frames show nothing")
    print(f"{areas} areas have the same verdict; {matched} needles match")


main(test)
