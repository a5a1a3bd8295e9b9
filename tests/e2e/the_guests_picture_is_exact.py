# SPDX-License-Identifier: MIT
"""A real guest draws a known picture: every pixel is right in oriel's screenshot and on the
compositor's output, whatever renderer, path, kernel and machine."""

from harness import check, main, options, prepare_vm
from picture import known_picture

SIZE = (1024, 768)


def test(lab):
    chosen = options(renderer="pixman", path="auto", kernel="debian", machine="q35",
                     window="floating", iommu="no")
    prepare_vm(chosen.kernel)
    full = chosen.window == "fullscreen"
    weston = lab.weston(renderer=chosen.renderer, size=SIZE if full else (1280, 1024))
    oriel = lab.oriel(options=["--size", "1024x768", "--path", chosen.path,
                               *(["--fullscreen"] if full else [])])
    vm = lab.vm(oriel, kernel=chosen.kernel, machine=chosen.machine, scenario="pattern",
                iommu=chosen.iommu == "yes")
    vm.wait_serial("pattern shown")
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture")
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")
    check(oriel.quit().returncode == 0, "oriel ctl quit failed")
    check(oriel.wait() == 0, "oriel did not end with status 0")


main(test)
