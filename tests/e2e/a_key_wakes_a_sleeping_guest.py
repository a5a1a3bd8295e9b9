# SPDX-License-Identifier: MIT
"""A guest that sleeps (S3): its devices hear nothing, without a monitor `ctl key` fails and says so, and
with --qmp a key wakes it; awake, its own devices get the input again. What its driver doesn't bring
back (Debian 12's virtio-gpu) is told in one line."""

from evdev_log import KEY_A, EventLog, chord, input_devices
from harness import check, main, prepare_vm, wait_for


def test(lab):
    prepare_vm("debian")
    monitor = lab.runtime / "monitor"
    sockets = lab.runtime / "in"
    lonely = lab.runtime / "in2"
    oriel = lab.oriel("headless", options=["--qmp", monitor, "--input-socket", sockets])
    other = lab.oriel("headless", name="other", options=["--input-socket", lonely])
    # One guest with the devices of both programs: the second one has no monitor.
    vm = lab.vm(oriel, scenario="sleep", packed_kernel=True,
                extra=["-qmp", f"unix:{monitor},server=on,wait=off", *input_devices(sockets),
                       *input_devices(lonely)])
    vm.wait_serial("guest: sleeps now")
    wait_for(lambda: oriel.stats()["input"]["qmp"]["suspended"], 60, "oriel hears that it sleeps")
    check(vm.qmp("query-status")["status"] == "suspended", "the machine doesn't sleep")
    for device in oriel.stats()["input"]["devices"] + other.stats()["input"]["devices"]:
        check(not device["ready"], f"a sleeping driver is said to be ready: {device}")
    failed = lab.ctl("other", "key", "a")
    check(failed.returncode != 0 and "sleeps" in failed.stderr, f"{failed}")
    check(vm.qmp("query-status")["status"] == "suspended", "it woke by itself")

    woken = lab.ctl("vm", "key", "a")
    check(woken.returncode == 0, f"{woken}")
    vm.wait_serial("guest: awake")
    vm.wait_serial("guest: watching")
    wait_for(lambda: oriel.stats()["input"]["devices"][0]["ready"], 20, "the keyboard is back")
    check(not oriel.stats()["input"]["qmp"]["suspended"], "it is awake")
    log = EventLog(vm)
    log.skip()
    check(lab.ctl("vm", "key", "a").returncode == 0, "a key after that")
    log.expect("Oriel Keyboard", *chord(KEY_A))
    check(lab.ctl("other", "key", "a").returncode == 0, "a key for the other keyboard")
    log.expect("Oriel Keyboard", *chord(KEY_A))
    # The driver of this kernel uses its queues as if they were still there.
    wait_for(lambda: "has not set up here" in oriel.log(), 20, "a line about the display")
    check(oriel.log().count("has not set up here") == 1, f"too many lines: {oriel.log()}")


main(test)
