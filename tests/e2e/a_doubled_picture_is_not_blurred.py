# SPDX-License-Identifier: MIT
"""A guest stays at the logical size of an output of scale 2: on the output of a real compositor each
of the guest's pixels is a square of 2 x 2, to the last bit. (There Weston scales what it must scale
with a linear filter. It uses the nearest pixel where scales are the same, which would show nothing.)
"""

from harness import check, main, options, prepare_vm
from picture import doubled, known_picture

SIZE = (640, 400)


def test(lab):
    chosen = options(renderer="gl", path="shm", scaling="fit")
    prepare_vm("debian")
    weston = lab.weston(renderer=chosen.renderer, size=SIZE, scale=2)
    oriel = lab.oriel(options=["--size", "640x400", "--resize", "fixed", "--fullscreen", "--scaling",
                               chosen.scaling, "--path", chosen.path])
    vm = lab.vm(oriel, kernel="debian", scenario="pattern", args="--mode,640x400")
    vm.wait_serial("pattern shown")
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture, at its size")
    lab.wait_shown(weston, doubled(want), "each of the guest's pixels is four of the output's")
    shown = oriel.stats()["scanouts"][0]
    check((shown["path"], shown["scale"], shown["filter"]) == (chosen.path, "2", "nearest"),
          f"stats say {shown}")
    check(oriel.quit().returncode == 0, "oriel ctl quit failed")


main(test)
