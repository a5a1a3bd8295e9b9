# SPDX-License-Identifier: MIT
"""systemd runs oriel-kiosk.service, unchanged but for the program's place and what containers refuse: it is
ready when its VMs have been started, says how they stand, and each VM is on its output. A supervisor that is
killed or hangs is started anew, and the VMs do not notice. Stopping the service ends them all."""

import json
import os
import signal
from pathlib import Path

from harness import Skip, check, main, prepare_vm, wait_for
from kiosk import alive, draw, qemu, wait_colours
from many_outputs import ManyOutputs
from the_user_unit_serves_a_vm import key
from user_manager import UserManager

SERVICE = "oriel-kiosk.service"
WATCHDOG_S = 6
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def unit(lab):
    path = Path(lab.oriel_program).parents[2] / "data" / SERVICE
    if not path.exists():
        raise Skip(f"{path} does not exist")
    text = path.read_text()
    return {
        SERVICE: text.replace(key(text, "ExecStart").split()[0], str(lab.oriel_program)),
        # A test can't wait for half a minute, and there is no journal.
        f"{SERVICE}.d/test.conf":
            f"[Service]\nWatchdogSec={WATCHDOG_S}\nStandardError=append:{lab.new_log('oriel')}\n",
    }


def test(lab):
    prepare_vm()
    file = lab.folder / "config" / "oriel" / "kiosk.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"""
[vm.left]
outputs = ["WL1"]
size = "640x480"
qemu = {qemu(lab, "left")}
[vm.right]
outputs = ["WL2"]
size = "640x480"
after = ["left"]
qemu = {qemu(lab, "right")}
[vm.once]
fullscreen = false
command = ["true"]
restart = "on-failure"
""")
    manager = UserManager(lab, unit(lab), WAYLAND_DISPLAY="oriel-many")
    manager.without_refused(SERVICE, [lab.folder, lab.runtime])

    def shown(name):
        return manager.shown(SERVICE, name)

    def vms():
        result = lab.ctl("kiosk", "status", "--json")
        return {} if result.returncode else {vm["name"]: vm for vm in json.loads(result.stdout)["vms"]}

    def pids():
        return {name: (vm["display_pid"], vm["vmm_pid"]) for name, vm in vms().items()}

    manager.do("start", "--no-block", SERVICE)
    wait_for(lambda: "no compositor has come yet" in shown("StatusText"), 20, "the status without a compositor")
    check(shown("ActiveState") == "activating", "ready before a VM was started")
    compositor = ManyOutputs(lab, ["WL1", "WL2"])
    wait_for(lambda: shown("ActiveState") == "active", 60, "the service is ready")
    check(all(vm["state"] != "waiting" for vm in vms().values()), f"ready, and a VM was not started: {vms()}")
    status = "2 of 3 VMs run; once: ended (the command ended with status 0)"
    wait_for(lambda: shown("StatusText").startswith("2 of 3 VMs run; once: ended"), 60, status)
    draw(lab, "left", RED)
    draw(lab, "right", GREEN)
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "each VM is on its output")
    # The unit takes a lot away, but not what the windows' processes make their sandboxes with.
    check("sandbox" not in (lab.folder / "oriel.log").read_text(), "a sandbox lacks something")

    # The loop says that it is alive: the service is not started anew in twice that time.
    first, before = int(shown("MainPID")), pids()
    wait_for(lambda: int(shown("WatchdogTimestampMonotonic")) >
             int(shown("ActiveEnterTimestampMonotonic")) + 2 * WATCHDOG_S * 10**6, 4 * WATCHDOG_S, "signs of life")
    check(int(shown("MainPID")) == first, "the service was started anew without a reason")

    for what, number in (("is killed", signal.SIGKILL), ("hangs", signal.SIGSTOP)):
        supervisor = int(shown("MainPID"))
        os.kill(supervisor, number)
        wait_for(lambda: int(shown("MainPID")) not in (0, supervisor) and shown("ActiveState") == "active",
                 10 * WATCHDOG_S, f"a supervisor that {what} is started anew")
        wait_for(lambda: pids().get("left") and pids() == before, 20, f"the VMs of one that {what} are adopted")
        wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, f"the pictures of one that {what}")
    draw(lab, "right", BLUE)
    wait_colours(compositor, {"WL1": RED, "WL2": BLUE}, "a VM draws after that")

    # What the displays have of their VMs outlives the supervisor, too.
    for together in (False, True):
        supervisor, (display, vmm) = int(shown("MainPID")), pids()["left"]
        if together:
            os.kill(supervisor, signal.SIGKILL)
        os.kill(display, signal.SIGKILL)
        wait_for(lambda: vms().get("left", {}).get("attached") and pids()["left"][0] not in (0, display), 20,
                 "another display has the VM")
        check((int(shown("MainPID")) != supervisor) == together, "the supervisor")
        check(pids()["left"][1] == vmm and alive(vmm), f"the VM was started anew: {vms()['left']}")
        wait_colours(compositor, {"WL1": RED, "WL2": BLUE}, "the picture on another display")
    draw(lab, "left", GREEN)
    wait_colours(compositor, {"WL1": GREEN, "WL2": BLUE}, "the VM draws on another display")
    before = pids()

    everything = [pid for pair in before.values() for pid in pair if pid]
    check(all(alive(pid) for pid in everything), f"not all run: {everything}")
    manager.do("stop", SERVICE)
    check(shown("Result") == "success", f"the service did not end well: {shown('Result')}")
    check(not any(alive(pid) for pid in everything), "a VM is left")


if __name__ == "__main__":
    main(test)
