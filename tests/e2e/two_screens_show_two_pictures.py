# SPDX-License-Identifier: MIT
"""With --outputs 2 the guest has two screens, each with a window and a picture of its own."""

from harness import check, main, prepare_vm, wait_for
from picture import known_picture

SIZE = (640, 480)


def test(lab):
    prepare_vm("debian")
    weston = lab.weston(size=(1600, 1200))
    oriel = lab.oriel(options=["--size", "640x480", "--outputs", "2"])
    vm = lab.vm(oriel, scenario="pattern")
    vm.wait_serial("pattern shown")
    check("pattern on screen 1" in vm.serial(), "the guest sees one screen only")
    wants = [known_picture(*SIZE, index) for index in (0, 1)]
    for index, want in enumerate(wants):
        lab.wait_picture(lambda index=index: oriel.screenshot(index), want, f"screen {index}")

    def on_top():
        # Windows are placed at random and may overlap, but the one in front is whole.
        capture = weston.capture()
        return any(capture.find(want) for want in wants)

    wait_for(on_top, 30, "the compositor shows a screen, unscaled", 0.5)


main(test)
