# SPDX-License-Identifier: MIT
"""Two VMs on two outputs of a real Weston: the right picture is on the right output, a switch swaps
them, a reload leaves alone who did not change, a VM that stands still disturbs no neighbour, and at
the end nothing is left."""

import os
import signal
import time

from harness import check, main, prepare_vm, wait_for
from kiosk import Kiosk, alive, draw, qemu, wait_colours
from many_outputs import BACKGROUND, ManyOutputs

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def write(lab, path, extra="", right="", outputs=("WL1", "WL2"), delay=0.5):
    path.write_text(f"""
[vm.left]
outputs = ["{outputs[0]}"]
size = "640x480"
qemu = {qemu(lab, "left")}
[vm.right]
outputs = ["{outputs[1]}"]
size = "640x480"
restart-delay = {delay}
{right}
qemu = {qemu(lab, "right")}
after = ["left"]
{extra}""")


def check_soft_reload(lab, path, compositor, kiosk):
    """When a VM starts again, and where it shows, can change while it runs."""
    before = kiosk.pids()
    write(lab, path, outputs=("WL2", "WL1"), delay=7)
    check(kiosk.ctl("reload").returncode == 0, "reload")
    wait_colours(compositor, {"WL1": BLUE, "WL2": RED}, "the VMs are on the file's new outputs")
    check(kiosk.pids() == before, "a VM was started anew for its outputs or its delay")
    os.kill(kiosk.vms()["right"]["command_pid"], signal.SIGKILL)
    waits = kiosk.wait_state("right", "backing-off")["next_start_s"]
    check(5 < waits <= 7, f"the delay is that of before: {waits}")
    write(lab, path)
    check(kiosk.ctl("reload").returncode == 0, "reload back")
    check(kiosk.ctl("start", "right").returncode == 0, "start right")
    kiosk.wait_state("right", "running")
    draw(lab, "right", BLUE)
    wait_colours(compositor, {"WL1": RED, "WL2": BLUE}, "both are back")


def test(lab):
    prepare_vm()
    compositor = ManyOutputs(lab, ["WL1", "WL2"])
    path = lab.folder / "panel.toml"
    write(lab, path)
    checked = lab.run_oriel("kiosk", "--check", path)
    check(checked.returncode == 0, f"--check: {checked}")
    kiosk = Kiosk(lab, path, "oriel-many")
    for name in ("left", "right"):
        kiosk.wait_state(name, "running")
    draw(lab, "left", RED)
    draw(lab, "right", GREEN)
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "each VM is on its output")
    before = kiosk.pids()

    listed = lab.ctl("list").stdout
    check("kiosk" in listed and "2 of 2 VMs run" in listed and "left" in listed and "right" in listed,
          f"ctl list: {listed}")
    second = lab.run_oriel("kiosk", path)
    check(second.returncode == 2 and second.stderr.count("\n") == 1 and "runs already" in second.stderr,
          f"a second supervisor: {second}")

    swapped = kiosk.ctl("switch", "left", "WL2")
    check(swapped.returncode == 0, f"switch: {swapped.stderr}")
    wait_colours(compositor, {"WL1": GREEN, "WL2": RED}, "the VMs have changed places")
    nowhere = kiosk.ctl("switch", "left", "WL7")
    check(nowhere.returncode == 1 and "there is no output WL7 (there are: WL1, WL2)" in nowhere.stderr,
          f"switch to nowhere: {nowhere}")
    check(kiosk.ctl("switch", "left", "WL1").returncode == 0, "switch back")
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "the VMs are back")

    # All processes of one VM stand still.
    for pid in before["left"]:
        os.kill(pid, signal.SIGSTOP)
    draw(lab, "right", BLUE)
    wait_colours(compositor, {"WL2": BLUE}, "the neighbour's picture changes all the same")
    for pid in before["left"]:
        os.kill(pid, signal.SIGCONT)

    # A file with a mistake changes nothing; one that changes a VM changes that VM alone.
    path.write_text("[vm.left]\nscrens = 1\n")
    reload = kiosk.ctl("reload")
    check(reload.returncode == 1 and ":2:1: unknown key 'screns': did you mean 'screens'?" in reload.stderr,
          f"reload with a mistake: {reload}")
    check_soft_reload(lab, path, compositor, kiosk)
    before = kiosk.pids()
    write(lab, path, right='title = "changed"')
    kiosk.signal(signal.SIGHUP)
    wait_for(lambda: kiosk.pids()["right"] != before["right"], 20, "the changed VM is another one")
    kiosk.wait_state("right", "running")
    draw(lab, "right", GREEN)
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "both VMs show after the reload")
    check(kiosk.pids()["left"] == before["left"], "the VM that did not change was touched")
    check(not any(alive(pid) for pid in before["right"]), "the VM from before still runs")

    stopped = kiosk.ctl("stop", "right")
    check(stopped.returncode == 0, f"stop: {stopped.stderr}")
    kiosk.wait_state("right", "stopped")
    wait_colours(compositor, {"WL1": RED, "WL2": BACKGROUND}, "a stopped VM has no window")
    time.sleep(1)
    check(kiosk.vms()["right"]["state"] == "stopped", "a stopped VM starts again")
    check(kiosk.ctl("start", "right").returncode == 0, "start")
    kiosk.wait_state("right", "running")

    everything = [pid for pids in kiosk.pids().values() for pid in pids]
    kiosk.signal(signal.SIGTERM)
    check(kiosk.wait(30) == 0, "the supervisor's status")
    check(not any(alive(pid) for pid in everything), "a VM is left after SIGTERM")
    check(not list((lab.runtime / "oriel").glob("*.kiosk")), "a record is left")


main(test)
