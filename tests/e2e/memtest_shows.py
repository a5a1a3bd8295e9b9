# SPDX-License-Identifier: MIT
"""Debian's memtest86+ as an EFI program: it draws on the firmware's frame buffer without anyone's help.
Its screen arrives, its counters run, and the compositor's output has the same pixels."""

import shutil

from harness import BOOT_TIMEOUT, check, main, make, prepare_vm, wait_for

SIZE = (640, 480)  # a mode of its own choice, which the firmware's console does not have
# 80x25 characters in the middle of it.
CELL_WIDTH, CELL_HEIGHT, TOP = 8, 16, 40
COLUMNS, ROWS = 80, 25
BLACK, BLUE, RED, GREY = (0, 0, 0), (0, 0, 170), (170, 0, 0), (170, 170, 170)
TITLE_COLUMNS = 28
# Words that the screen has twice: (word, column and row of each).
TWICE = (("Pass", (30, 1), (44, 8)), ("Test", (30, 2), (30, 3)), ("Test", (30, 2), (30, 4)))
TIME = (51, 7, 7)  # column, row, columns: how long the test runs
HEADER_ROWS = 10  # what changes while it runs is in these


def cells(shot, column, row, columns=1):
    return shot.crop(column * CELL_WIDTH, TOP + row * CELL_HEIGHT, columns * CELL_WIDTH, CELL_HEIGHT)


def is_ready(shot):
    """Title, status line, and the ground between them."""
    if shot is None or shot.size != SIZE:
        return False
    title = cells(shot, 0, 0, TITLE_COLUMNS).colours()
    bottom = cells(shot, 0, ROWS - 1, COLUMNS).colours()
    ground = cells(shot, 0, 13, COLUMNS).colours()
    area = CELL_WIDTH * CELL_HEIGHT
    return (set(title) == {GREY, BLACK, RED} and title[GREY] > TITLE_COLUMNS * area // 2
            and set(bottom) == {GREY, BLUE} and bottom[GREY] > COLUMNS * area // 2
            and ground == {BLUE: COLUMNS * area})


def changed_cells(before, after):
    return {(column, row) for row in range(ROWS) for column in range(COLUMNS)
            if cells(before, column, row).rows != cells(after, column, row).rows}


def test(lab):
    prepare_vm()
    disk = lab.folder / "disk"
    (disk / "EFI" / "BOOT").mkdir(parents=True)
    shutil.copy(make("efi") / "memtestx64.efi", disk / "EFI" / "BOOT" / "BOOTX64.EFI")
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "1024x768", "--resize", "scale"])
    vm = lab.vm(oriel, firmware="ovmf", kernel="none", disk=disk)
    latest = None

    def shot(good):
        nonlocal latest
        vm.check_running()
        latest = oriel.screenshot()
        return good(latest)

    wait_for(lambda: shot(is_ready), BOOT_TIMEOUT, "memtest86+ has drawn its screen", 0.5)
    for word, first, second in TWICE:
        one, other = (cells(latest, *place, len(word)) for place in (first, second))
        check(len(one.colours()) == 2 and one.rows == other.rows,
              f"{word!r} at {first} is not drawn as at {second}")
    source = oriel.stats()["scanouts"][0]["source"]
    check(source == "bochs 640x480x32", f"stats name {source!r}")

    vm.press("ret")
    wait_for(lambda: shot(lambda now: is_ready(now) and len(
        cells(now, *TIME).colours()) > 1), BOOT_TIMEOUT, "the test runs", 0.5)
    first = latest
    wait_for(lambda: shot(lambda now: cells(now, *TIME).rows != cells(first, *TIME).rows),
             BOOT_TIMEOUT, "its clock runs", 0.3)
    changed = changed_cells(first, latest)
    check(all(row < HEADER_ROWS for _, row in changed), f"{sorted(changed)} changed")
    colours = set(latest.colours())
    check({BLACK, BLUE, RED, GREY} <= colours, f"only the colours {colours}")

    # So that the picture stands still.
    vm.qmp("stop")
    lab.wait_shown(weston, oriel.screenshot(), "the compositor shows it")
    oriel.check_running()


main(test)
