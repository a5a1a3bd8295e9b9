# SPDX-License-Identifier: MIT
"""cage, the kiosk compositor, shows a window over its whole screen. Debian 12's has no wp_viewporter, so
Oriel scales the guest's picture itself: a picture that fits twice is doubled to the last bit, others are
centred with black beside them, and none stands unscaled in the corner."""

from cage import SIZE, Cage
from harness import check, main, prepare_vm, wait_for
from picture import BAR_COLOURS, doubled, known_picture


def check_bars(shot, left, top, width, height):
    """Everything but this rectangle is black."""
    for y, row in enumerate(shot.rows):
        outside = row if not top <= y < top + height else row[:3 * left] + row[3 * (left + width):]
        check(not outside.strip(b"\0"), f"row {y} isn't black outside of the picture")


def shows_exactly(lab, cage, want, left, top):
    wait_for(lambda: cage.capture().find(want) == (left, top), 30,
             f"the picture at {left},{top} of cage's screen", 0.25)
    check_bars(cage.capture(), left, top, want.width, want.height)


def shows_filtered(cage, picture, left, top, factor):
    """A linear filter leaves the middle of each of the bars as it is, and red and green rise as before."""
    def close(got, want):
        return abs(got[0] - want[0]) <= 2 and abs(got[1] - want[1]) <= 2

    def same():
        shot = cage.capture()

        def scaled(x, y):
            return shot.pixel(left + int(x * factor), top + int(y * factor))
        bars = [scaled((2 * i + 1) * picture.width // 16, picture.height // 2) for i in range(8)]
        points = [(x, y) for x in range(40, picture.width, 80) for y in (40, 100, 400, 440)]
        return bars == list(BAR_COLOURS) and all(close(scaled(*at), picture.pixel(*at)) for at in points)
    wait_for(same, 30, f"the picture times {factor} at {left},{top} of cage's screen", 0.25)
    check_bars(cage.capture(), left, top, int(picture.width * factor), int(picture.height * factor))


def session(lab, cage, size, scaling):
    """A guest with a picture of this size; returns its picture."""
    name = f"{size[0]}x{size[1]}"
    oriel = lab.oriel(name=f"vm-{name}-{scaling}", compositor=cage.socket, options=[
        "--size", name, "--resize", "fixed", "--fullscreen", "--scaling", scaling])
    vm = lab.vm(oriel, kernel="debian", scenario="pattern", args=f"--mode,{name}")
    vm.wait_serial("pattern shown")
    return oriel, vm, known_picture(*size)


def test(lab):
    prepare_vm("debian")
    cage = Cage(lab)
    print(f"# cage {cage.version()}, wp_viewporter: {'wp_viewporter' in cage.globals()}")
    for size, scaling in (((640, 360), "fit"), ((640, 480), "integer"), ((640, 480), "fit")):
        oriel, vm, picture = session(lab, cage, size, scaling)
        if size == (640, 360):
            shows_exactly(lab, cage, doubled(picture), 0, 0)
        elif scaling == "integer":
            shows_exactly(lab, cage, picture, (SIZE[0] - size[0]) // 2, (SIZE[1] - size[1]) // 2)
        else:
            shows_filtered(cage, picture, (SIZE[0] - 960) // 2, 0, 1.5)
        lab.wait_picture(oriel.screenshot, picture, "the screenshot is the guest's picture, at its size")
        vm.kill()
        check(oriel.wait() == 0, "oriel didn't end well with its VM")


main(test)
