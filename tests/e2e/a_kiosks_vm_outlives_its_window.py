# SPDX-License-Identifier: MIT
"""The process with a kiosk's window is killed again and again while its guest draws: the same guest goes on
in the next one, does not reboot, and its picture is exact at the end, on its output. Also after a user has
sent it to another output meanwhile."""

import json
import os
import random
import signal
import time

from harness import BOOT_TIMEOUT, VM, check, main, options, prepare_vm, wait_for
from kiosk import Kiosk
from load_picture import RATE, SECONDS, SIZE, painted
from many_outputs import ManyOutputs
from oriel_run import linux_arguments

# One more within a minute would be too many.
KILLS = 5


def test(lab):
    chosen = options(seed=str(random.randrange(1 << 30)))
    print(f"seed {chosen.seed}")
    moments = random.Random(chosen.seed)
    prepare_vm("debian")
    compositor = ManyOutputs(lab, ["WL1", "WL2"], SIZE, "kiosk")
    serial = lab.new_log("serial")
    qemu = [str(VM / "qemu"), *linux_arguments(serial, "load")]
    qemu[-1] += f" oriel.args=--mode,{SIZE[0]}x{SIZE[1]},rect,{RATE},{SECONDS}"
    file = lab.folder / "kiosk.toml"
    file.write_text(f"""
[vm.panel]
outputs = ["WL1"]
size = "{SIZE[0]}x{SIZE[1]}"
qemu = {json.dumps([str(word) for word in qemu])}
""")
    kiosk = Kiosk(lab, file, "kiosk")
    first = kiosk.wait_state("panel", "running")

    def said(text):
        return text in serial.read_text(errors="replace")

    wait_for(lambda: said("guest: load starts"), BOOT_TIMEOUT, "the guest draws")
    for count in range(1, KILLS + 1):
        time.sleep(moments.uniform(0, 0.7))
        os.kill(kiosk.vms()["panel"]["display_pid"], signal.SIGKILL)
        wait_for(lambda: kiosk.vms()["panel"]["display_restarts"] == count, 20, "another display starts", 0.02)
        status = kiosk.wait_state("panel", "running")
        check((status["vmm_pid"], status["restarts"]) == (first["vmm_pid"], 0), f"the same VM: {status}")
        if count == 2:
            check(kiosk.ctl("switch", "panel", "WL2").returncode == 0, "switch")
    wait_for(lambda: said("guest: load rect"), BOOT_TIMEOUT, "the guest has drawn all of it")
    want = painted("rect")
    wait_for(lambda: compositor.capture("WL2").find(want) is not None, 10, "its last picture on its output", 0.2)
    check(serial.read_text(errors="replace").count("guest: display driver loaded") == 1, "the guest has rebooted")
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")


main(test)
