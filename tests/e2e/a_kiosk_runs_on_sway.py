# SPDX-License-Identifier: MIT
"""Two VMs on two outputs of a real sway. A VM whose output is not there is not shown and commits
nothing, however much its guest draws; it shows when its output comes. The outputs go away, also both, and
come back in any order, and the right picture comes back on each (where sway can take a headless output
away: from 1.8 on). Sway is killed and comes back."""

import itertools
import json

from harness import check, main, prepare_vm, wait_for
from kiosk import Kiosk, draw, qemu, wait_colours
from sway import Sway

SIZE = (640, 480)
NAMES = ("left", "right")
# The first VM is on the last output: nobody is there by chance.
OUTPUTS = ("HEADLESS-3", "HEADLESS-2")
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def stats(lab, name):
    result = lab.ctl(name, "stats", "--json")
    check(result.returncode == 0, f"stats of {name}: {result.stderr}")
    return json.loads(result.stdout)


def screen(lab, name):
    """The statistics of the VM's screen."""
    return stats(lab, name)["scanouts"][0]


def compositor_state(lab, name):
    return stats(lab, name)["compositor"]["state"]


def check_hidden(lab, name):
    """Nobody sees the VM, and what it draws is not committed."""
    wait_for(lambda: not screen(lab, name)["visible"], 10, f"{name} is hidden")
    before = screen(lab, name)
    for colour in (BLUE, GREEN, RED):
        draw(lab, name, colour)
    after = screen(lab, name)
    check(after["committed"] == before["committed"] and not after["visible"],
          f"a hidden VM commits: {before}, {after}")


def check_unplugging(lab, sway, kiosk):
    """Every order in which both outputs go, and come."""
    outputs = dict(zip(NAMES, OUTPUTS))
    orders = list(itertools.permutations(NAMES))
    for away, back in itertools.product(orders, orders):
        for name in away:
            sway.unplug(outputs[name])
            check_hidden(lab, name)
        colours = dict(zip(NAMES, (RED, GREEN) if away == back else (GREEN, BLUE)))
        for name in back:
            draw(lab, name, colours[name])
            sway.plug(outputs[name])
            wait_colours(sway, {outputs[name]: colours[name]}, f"{name} is back ({away}, {back})")
        wait_colours(sway, {outputs[name]: colours[name] for name in NAMES}, f"both are back ({away}, {back})")
    check(all(vm["state"] == "running" for vm in kiosk.vms().values()), f"states: {kiosk.vms()}")


def test(lab):
    prepare_vm()
    sway = Sway(lab, SIZE, outputs=3, at_first=1)
    path = lab.folder / "panel.toml"
    path.write_text("".join(f"""
[vm.{name}]
outputs = ["{output}"]
size = "{SIZE[0]}x{SIZE[1]}"
qemu = {qemu(lab, name)}
""" for name, output in zip(NAMES, OUTPUTS)))
    kiosk = Kiosk(lab, path, sway.socket)
    for name in NAMES:
        kiosk.wait_state(name, "running")
        check_hidden(lab, name)
    wanted = dict(zip(OUTPUTS, (RED, GREEN)))
    for name, output in reversed(list(zip(NAMES, OUTPUTS))):
        sway.message("create_output")
        draw(lab, name, wanted[output])
        wait_colours(sway, {output: wanted[output]}, f"{name} shows when its output comes")
    wait_colours(sway, wanted, "each VM is on its output")
    before = kiosk.pids()
    if sway.version >= (1, 8):
        check_unplugging(lab, sway, kiosk)
    else:
        print("not tried: this sway can't take a headless output away")

    draw(lab, "left", RED)
    draw(lab, "right", GREEN)
    wait_colours(sway, wanted, "each VM is on its output")
    runtime = sway.crash()
    for name in NAMES:
        wait_for(lambda vm=name: compositor_state(lab, vm) == "away", 10, f"{name} has lost its compositor")
    sway = Sway(lab, SIZE, runtime, outputs=3)
    wait_colours(sway, wanted, "each VM is back on its output of the next sway")
    check(kiosk.pids() == before, "a VM did not outlive its compositor, or an output")
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")


main(test)
