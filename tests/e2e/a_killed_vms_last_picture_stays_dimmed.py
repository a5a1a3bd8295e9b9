# SPDX-License-Identifier: MIT
"""With --keep, a QEMU that is killed leaves its last picture: dimmed in the window, with a text, and as
it was in screenshots, which say that it is stale. The next VM's picture is undimmed and exact."""

import json

import picture
from harness import check, main, options, prepare_vm, wait_for
from picture import known_picture

SIZE = (1024, 768)
# Half black: the compositor may round either way.
SLACK = 2


def dimmed_and_text(shot, want):
    """How many pixels are half of those of `want`, and how many are white, as the text is."""
    half = white = 0
    for got_row, want_row in zip(shot.rows, want.rows):
        for x in range(0, len(got_row), 3):
            got, full = got_row[x:x + 3], want_row[x:x + 3]
            if all(abs(2 * g - f) <= 2 * SLACK for g, f in zip(got, full)):
                half += 1
            elif got == b"\xff\xff\xff":
                white += 1
    return half, white


def check_window(lab, weston, want):
    def shown():
        half, white = dimmed_and_text(weston.capture(), want)
        return half > 0.9 * SIZE[0] * SIZE[1] and white > 300
    try:
        wait_for(shown, 30, "the window is dimmed and has a text", 0.25)
    finally:
        picture.write_png(lab.folder / "stale.png", weston.last_capture)


def check_screenshots(lab, want):
    path = lab.folder / "stale-screenshot.png"
    shot = lab.ctl("vm", "screenshot", path)
    check(shot.returncode == 3, f"a stale screenshot ends with {shot.returncode}: {shot.stderr}")
    check("the picture is stale: the VM closed the connection" in shot.stderr, shot.stderr)
    check(picture.difference(picture.read_png(path), want) is None, "it isn't the guest's picture")
    shot = lab.ctl("vm", "screenshot", path, "--allow-stale", "--json")
    check(shot.returncode == 0 and shot.stderr == "", f"--allow-stale: {shot.stderr}")
    about = json.loads(shot.stdout)
    check(about["stale"] is True and about["stale_since"].endswith("Z") and about["width"] == SIZE[0],
          f"--json says {about}")
    listed = json.loads(lab.ctl("list", "--json").stdout)
    check(listed[0]["stale"] is True, f"list says {listed}")


def test(lab):
    chosen = options(command="show", path="auto", renderer="pixman", kernel="debian")
    prepare_vm(chosen.kernel)
    windowed = chosen.command == "show"
    weston = lab.weston(renderer=chosen.renderer) if windowed else None
    path = ["--path", chosen.path] if windowed else []
    oriel = lab.oriel(chosen.command, options=["--size", "1024x768", "--keep", *path])
    want = known_picture(*SIZE)
    for _ in range(2):
        vm = lab.vm(oriel, scenario="pattern")
        vm.wait_serial("pattern shown")
        lab.wait_picture(oriel.screenshot, want, "the guest's picture")
        check(oriel.stats()["stale"] is False, "a running VM is stale")
        if windowed:
            lab.wait_shown(weston, want, "the compositor shows it")
        vm.kill()
        wait_for(lambda: oriel.stats()["stale"], 10, "the screens are stale")
        if windowed:
            check_window(lab, weston, want)
        check_screenshots(lab, want)
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
