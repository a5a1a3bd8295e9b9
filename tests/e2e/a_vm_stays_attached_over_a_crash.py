# SPDX-License-Identifier: MIT
"""A device process that is killed while its guest draws is started anew by systemd, with the VM still attached:
the same QEMU goes on, the guest does not reboot, its drawing goes on, and the picture is exact at the end. A service
that is restarted on purpose does the same. A VM whose service is stopped sees the end."""

import json
import os
import random
import signal
import time

import picture
from harness import check, main, options, prepare_vm, wait_for
from load_picture import painted
from the_service_manager_knows_how_a_vm_is import SERVICE, units
from the_user_unit_serves_a_vm import NAME
from user_manager import UserManager

# One more would be too many in a row.
KILLS = 4


class Service:
    """Where the test VM attaches: to the socket of a service, which no harness has started."""
    road = "vfio-user"

    def __init__(self, lab):
        self.socket = lab.runtime / f"oriel-{NAME}.vfio-user"


def test(lab):
    chosen = options(seed=str(random.randrange(1 << 30)))
    print(f"seed {chosen.seed}")
    moments = random.Random(chosen.seed)
    prepare_vm("debian")
    weston = lab.weston()
    (lab.folder / "config" / "oriel").mkdir(parents=True)
    (lab.folder / "config" / "oriel" / f"{NAME}.conf").write_text(
        "ORIEL_OPTIONS=--size 800x600 --decorations none --log-level debug\n")
    manager = UserManager(lab, units(lab), WAYLAND_DISPLAY="oriel-test")
    manager.without_refused("oriel@.service", [lab.folder, lab.runtime])
    manager.do("start", SERVICE)

    def pid():
        return int(manager.shown(SERVICE, "MainPID"))

    def running():
        """Its process: not 0, which kill() would take for the test itself."""
        return wait_for(pid, 20, "the service has a process")

    def resumed():
        """The service is another process, with the VM."""
        check(vm.status is None, f"QEMU has ended:\n{vm.log()}")
        return (pid() not in (0, before) and manager.shown(SERVICE, "StatusText") == "a VM is attached")

    def screenshot():
        path = lab.folder / "screenshot.png"
        return picture.read_png(path) if lab.ctl(NAME, "screenshot", path).returncode == 0 else None

    vm = lab.vm(Service(lab), scenario="load", args="rect,60,5")
    vm.wait_serial("guest: display driver loaded")
    time.sleep(moments.uniform(0.5, 2))
    for _ in range(KILLS):
        before = running()
        os.kill(before, signal.SIGKILL)
        wait_for(resumed, 20, "the next process has the VM")
        time.sleep(moments.uniform(0, 0.5))
    vm.wait_serial("guest: load rect")
    want = painted("rect")
    lab.wait_picture(screenshot, want, "the screenshot after the last update", 10)
    lab.wait_shown(weston, want, "the compositor shows the last update", 10)

    # While nothing is drawn: from the guest's memory alone.
    for what, end in (("killed", lambda: os.kill(before, signal.SIGKILL)),
                      ("restarted", lambda: manager.do("restart", SERVICE))):
        before = running()
        end()
        wait_for(resumed, 20, f"the process after one that was {what} has the VM")
        lab.wait_picture(screenshot, want, f"the screenshot after one that was {what}", 10)
        lab.wait_shown(weston, want, f"the compositor shows it after one that was {what}", 10)
    check(vm.serial().count("guest: display driver loaded") == 1, "the guest has rebooted")
    stats = lab.ctl(NAME, "stats", "--json")
    check(stats.returncode == 0 and json.loads(stats.stdout)["attached"] is True, f"stats: {stats.stdout}{stats.stderr}")

    # Nobody keeps anything of a service that was stopped.
    manager.do("stop", SERVICE)
    manager.do("start", SERVICE)
    wait_for(lambda: manager.shown(SERVICE, "StatusText") == "no VM is attached", 20, "the status after a stop")


if __name__ == "__main__":
    main(test)
