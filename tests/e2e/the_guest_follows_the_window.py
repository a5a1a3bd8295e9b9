# SPDX-License-Identifier: MIT
"""A window that is resized makes the guest change its mode, and every pixel of the new picture is
on the compositor's output; also with a mode that only DisplayID can express."""

from harness import check, main, options, prepare_vm
from picture import known_picture
from sway import Sway

# The last is wider than a detailed timing descriptor can say.
OUTPUTS = ((1024, 768), (1366, 768), (5120, 1440))
FLOATING = (900, 701)


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
    sway.message("resize set {} {}".format(*FLOATING))
    follows(FLOATING, "floating")
    modes = vm.serial().count("pattern on screen 0") - before
    check(modes <= 20, f"61 sizes of the window became {modes} modes of the guest")
    oriel.check_running()


main(test)
