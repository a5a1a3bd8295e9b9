# SPDX-License-Identifier: MIT
"""Two VMs on two outputs of a real labwc: each is on its own, they change places, and after labwc was
killed and has come back each is where it was."""

from harness import check, main, prepare_vm
from kiosk import Kiosk, draw, qemu, wait_colours
from labwc import Labwc

NAMES = ("left", "right")
# The first VM is on the second output: nobody is there by chance.
OUTPUTS = ("HEADLESS-2", "HEADLESS-1")
RED, GREEN = (255, 0, 0), (0, 255, 0)


def test(lab):
    compositor = Labwc(lab, outputs=2)
    prepare_vm()
    path = lab.folder / "panel.toml"
    path.write_text("".join(f"""
[vm.{name}]
outputs = ["{output}"]
size = "{Labwc.SIZE[0]}x{Labwc.SIZE[1]}"
qemu = {qemu(lab, name)}
""" for name, output in zip(NAMES, OUTPUTS)))
    kiosk = Kiosk(lab, path, compositor.socket)
    for name, colour in zip(NAMES, (RED, GREEN)):
        kiosk.wait_state(name, "running")
        draw(lab, name, colour, Labwc.SIZE)
    wait_colours(compositor, dict(zip(OUTPUTS, (RED, GREEN))), "each VM is on its output")
    check(kiosk.ctl("switch", "left", "HEADLESS-1").returncode == 0, "switch")
    wait_colours(compositor, dict(zip(OUTPUTS, (GREEN, RED))), "the VMs have changed places")
    before = kiosk.pids()
    compositor.kill()
    compositor = Labwc(lab, 2, compositor.runtime)
    wait_colours(compositor, dict(zip(OUTPUTS, (GREEN, RED))), "each VM is back where it was")
    check(kiosk.pids() == before, "a VM did not outlive its compositor")
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")


main(test)
