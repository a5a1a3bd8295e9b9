# SPDX-License-Identifier: MIT
"""Weston's kiosk-shell on two outputs, which places windows by itself: by app-ids of each output in
weston.ini, whatever the kiosk's file says. Each VM's picture, and no other, fills its output, also after
the shell was killed and has come back. Around it is a sway, as this shell needs a seat."""

from harness import check, main, prepare_vm
from kiosk import Kiosk, draw, qemu, wait_colours
from many_outputs import ManyOutputs
from sway import Pointer, Sway

SIZE = (640, 480)
RED, GREEN = (255, 0, 0), (0, 255, 0)


def test(lab):
    prepare_vm()
    sway = Sway(lab, (1600, 1000), floating=True)
    # The first VM is on the second output: nobody is there by chance.
    app_ids = {"WL1": "oriel.right", "WL2": "oriel.left"}
    path = lab.folder / "panel.toml"
    path.write_text(f"""
[vm.left]
outputs = ["WL2"]
size = "{SIZE[0]}x{SIZE[1]}"
qemu = {qemu(lab, "left")}
[vm.right]
size = "{SIZE[0]}x{SIZE[1]}"
qemu = {qemu(lab, "right")}
""")
    with Pointer(sway):
        compositor = ManyOutputs(lab, ["WL1", "WL2"], SIZE, outer=sway, shell="kiosk", app_ids=app_ids)
        kiosk = Kiosk(lab, path, "oriel-many")
        for name, colour in (("left", RED), ("right", GREEN)):
            kiosk.wait_state(name, "running")
            draw(lab, name, colour)
        wait_colours(compositor, {"WL2": RED, "WL1": GREEN}, "each VM is on its output")
        before = kiosk.pids()
        compositor.kill_inner()
        compositor = ManyOutputs(lab, ["WL1", "WL2"], SIZE, outer=sway, shell="kiosk", app_ids=app_ids)
        wait_colours(compositor, {"WL2": RED, "WL1": GREEN}, "each VM is back on its output")
        check(kiosk.pids() == before, "a VM did not outlive its compositor")
        check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")


main(test)
