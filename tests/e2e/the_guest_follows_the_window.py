# SPDX-License-Identifier: MIT
"""A window that is resized makes the guest change its mode, and every pixel of the new picture is
on the compositor's output; also with a mode that only DisplayID can express."""

import time

from harness import check, main, options, prepare_vm
from picture import known_picture
from sway import Sway

# The last is wider than a detailed timing descriptor can say.
OUTPUTS = ((1024, 768), (1366, 768), (5120, 1440))
FLOATING = (900, 701)


def resize_for_good(sway, size):
    """sway 1.7 forgets a size that it has not told the window yet, when the window answers an older one
    late, as on a busy machine: it takes the answer for the window's own wish. Then the user drags again."""
    for _ in range(10):
        sway.message("resize set {} {}".format(*size))
        time.sleep(2)
        if sway.sizes() == [size]:
            return
        print(f"sway has forgotten the size {size}: the window has {sway.sizes()}")
    check(False, f"sway gives the window no size of {size}")


def test(lab):
    chosen = options(kernel="debian")
    sway = Sway(lab, size=(1280, 1024))
    prepare_vm(chosen.kernel)
    oriel = lab.oriel(options=["--size", "800x600"], compositor=sway.socket)
    vm = lab.vm(oriel, kernel=chosen.kernel, scenario="follow")

    def follows(size, what):
        vm.wait_serial("pattern on screen 0 {}x{}".format(*size))
        lab.wait_picture(oriel.screenshot, known_picture(*size), f"the screenshot, {what}")

    # The compositor tiles: it has given the window a size before the guest was there.
    follows((1280, 1024), "tiled")
    lab.wait_picture(sway.capture, known_picture(1280, 1024), "the output, tiled")
    for size in OUTPUTS:
        sway.message("output * mode --custom {}x{}".format(*size))
        follows(size, "{}x{}".format(*size))
        lab.wait_picture(sway.capture, known_picture(*size), "the output, {}x{}".format(*size))

    sway.message("floating enable")
    before = vm.serial().count("pattern on screen 0")
    for step in range(60):
        sway.message("resize set {} {}".format(600 + 5 * step, 500 + 3 * step))
    resize_for_good(sway, FLOATING)
    follows(FLOATING, "floating")
    modes = vm.serial().count("pattern on screen 0") - before
    check(modes <= 20, f"61 sizes of the window became {modes} modes of the guest")
    oriel.check_running()


main(test)
