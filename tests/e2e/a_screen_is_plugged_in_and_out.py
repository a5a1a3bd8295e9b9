# SPDX-License-Identifier: MIT
"""A Linux guest sees its second monitor go and come back, while it runs, and so does the user; also
with another mode, and in the direct sight of a compositor."""

from harness import check, main, options, prepare_vm, wait_for
from picture import known_picture
from sway import Sway

SIZE = (640, 480)
OTHER = (800, 600)


def test(lab):
    chosen = options(kernel="debian")
    prepare_vm(chosen.kernel)
    sway = Sway(lab, size=(1600, 1200))
    # Windows of their own size, beside each other.
    sway.message("for_window [app_id=oriel.vm] floating enable")
    oriel = lab.oriel(options=["--size", "640x480", "--outputs", "2", "--resize", "scale"],
                      compositor=sway.socket)
    vm = lab.vm(oriel, kernel=chosen.kernel, scenario="follow")

    def ctl(*words):
        result = lab.ctl("vm", "screen", *words)
        check(result.returncode == 0, f"screen {words}: {result.stderr}")

    def titles():
        return sorted(sway.titles())

    def shows(index, size):
        lab.wait_picture(lambda: oriel.screenshot(index), known_picture(*size, index),
                         f"the screenshot of screen {index}")
        wait_for(lambda: sway.capture().find(known_picture(*size, index)), 30,
                 f"screen {index} on the output", 0.5)

    for index in (0, 1):
        vm.wait_serial(f"screen {index} is connected")
    wait_for(lambda: len(titles()) == 2, 20, "two windows")
    check(titles() == ["vm (2) \u2014 640x480", "vm \u2014 640x480"], f"titles: {titles()}")
    sway.message('[title="^vm \u2014"] move position 0 0')
    sway.message('[title="^vm .2."] move position 700 0')
    shows(0, SIZE)
    shows(1, SIZE)

    ctl("1", "off")
    vm.wait_serial("screen 1 is disconnected")
    wait_for(lambda: len(titles()) == 1, 20, "one window is left")
    check(not oriel.stats()["scanouts"][1]["connected"], "the statistics say that it is there")
    check("1 of 2 screens on" in lab.ctl("list").stdout, lab.ctl("list").stdout)
    shows(0, SIZE)
    refused = lab.ctl("vm", "screen", "0", "off")
    check(refused.returncode == 1 and "it stays" in refused.stderr, refused.stderr)
    refused = lab.ctl("vm", "screen", "2", "on")
    check(refused.returncode == 1 and "there is no screen 2" in refused.stderr, refused.stderr)

    ctl("1", "on")
    vm.wait_serial("screen 1 is connected", count=2)
    wait_for(lambda: len(titles()) == 2, 20, "two windows again")
    sway.message('[title="^vm .2."] move position 700 0')
    shows(1, SIZE)

    ctl("1", "off")
    vm.wait_serial("screen 1 is disconnected", count=2)
    ctl("1", "{}x{}".format(*OTHER))
    vm.wait_serial("pattern on screen 1 {}x{}".format(*OTHER))
    wait_for(lambda: "vm (2) \u2014 800x600" in titles(), 20, "the title has the mode")
    sway.message('[title="^vm .2."] move position 700 0')
    shows(1, OTHER)
    shows(0, SIZE)
    # The first one too, which is also the VGA's.
    ctl("0", "off")
    vm.wait_serial("screen 0 is disconnected")
    ctl("0", "on")
    vm.wait_serial("screen 0 is connected", count=2)
    sway.message('[title="^vm \u2014"] move position 0 0')
    shows(0, SIZE)
    oriel.check_running()


main(test)
