# SPDX-License-Identifier: MIT
"""`oriel run` with any QEMU: where it has no vfio-user, or its own card is asked for, its D-Bus display
is shown. The picture is exact, the guest hears its user, both end together, states are loaded."""

import os
import signal
import subprocess
import time

from dbus_display import qemus
from evdev_log import KEY_A, KEY_LEFTALT, KEY_LEFTCTRL, EventLog, chord
from harness import Process, Weston, check, main, make, qmp, wait_for
from oriel_run import BIOS, Run, ends, fetched_qemu, gone, linux, says
from picture import known_picture

SIZE = (1024, 768)
PS2 = "AT Translated Set 2 keyboard"
TABLET = "QEMU QEMU USB Tablet"


def shows_and_hears(lab, program, weston, options):
    oriel = linux(lab, program, "pattern", options=options).attached()
    says(oriel, "run: road dbus: ", "added -display dbus,p2p=yes", "added -device virtio-vga",
         "added -device usb-tablet")
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture", 150)
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")
    qemu = oriel.qemu()
    oriel.quit()
    ends(oriel, qemu, "ctl quit")

    oriel = linux(lab, program, "input", options=options).attached()
    wait_for(lambda: "guest: watching" in oriel.serial(), 150, "the guest watches its devices")
    wait_for(lambda: oriel.stats()["input"]["pointer"] == "absolute", 20, "the guest uses the tablet")
    log = EventLog(oriel)
    log.skip()
    check(lab.ctl("vm", "key", "ctrl+alt+a").returncode == 0, "ctl key")
    log.expect(PS2, *chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_A))
    qemu = oriel.qemu()
    os.kill(oriel.pid, signal.SIGINT)
    ends(oriel, qemu, "Ctrl+C")


def lives_and_ends(lab, program, options):
    oriel = linux(lab, program, "idle", then="poweroff", seconds=1, options=options).attached()
    ends(oriel, oriel.qemu(), "the guest powers off")
    for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        oriel = Run(lab, program, BIOS, options).attached()
        qemu = oriel.qemu()
        oriel.signal(number)
        ends(oriel, qemu, f"oriel gets {number.name}", status)
    oriel = Run(lab, program, BIOS, options).attached()
    qemu = oriel.qemu()
    os.kill(qemu, signal.SIGKILL)
    ends(oriel, qemu, "QEMU is killed", 1)
    says(oriel, "ended by signal 9")
    oriel = Run(lab, program, ["-machine", "no-such-machine"], options, command_ready=False)
    check(oriel.wait() == 1, f"QEMU refuses its options: status {oriel.status}")
    says(oriel, "ended with status 1 before its display was attached")

    # In the background, and with another viewer that takes the display: the VM goes on.
    file = lab.folder / "pid"
    oriel = Run(lab, program, [*BIOS, "-daemonize", "-pidfile", file], options).attached()
    qemu = int(file.read_text())
    wait_for(lambda: any(words in oriel.log() for words in (
        "the VM goes on in process", "has left something running")), 20, "it is in the background")
    monitor = lab.runtime / "oriel" / "vm.qmp"
    check(monitor.exists(), f"there is no {monitor}")
    thief = Process(lab, "thief", [lab.oriel_program, "headless", "--name", "thief", "--dbus",
                                   f"qmp:{monitor}"])
    wait_for(lambda: not oriel.stats()["attached"], 20, "another viewer has the display")
    time.sleep(1)
    check(not gone(qemu) and oriel.status is None, f"the VM ended with its viewer\n{oriel.log()}")
    oriel.quit()
    ends(oriel, qemu, "-daemonize, ctl quit")
    check(thief.wait(15) == 0, "the other viewer ends with the VM")


def keeps_what_is_asked_for(lab, program, options):
    for words in (["-vga", "std"], ["-device", "bochs-display", "-vga", "none"]):
        oriel = Run(lab, program, [*BIOS, "-snapshot", *words], options).attached()
        check("added -device virtio-vga" not in oriel.log(), f"{words}: {oriel.log()}")
        wait_for(lambda: oriel.screenshot() is not None, 20, f"{words}: a picture")
        oriel.quit()
        check(oriel.wait() == 0, f"{words}: status {oriel.status}")


def loads_a_state(lab, program, weston, options):
    """A guest that was saved to a file goes on in another window."""
    own = lab.runtime / "own.qmp"
    more = ["-qmp", f"unix:{own},server=on,wait=off"]
    oriel = linux(lab, program, "pattern", more, options=options).attached()
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the guest's picture, before", 150)
    state = lab.folder / "state"
    qmp(own, "migrate", uri=f"exec:cat > {state}")
    wait_for(lambda: qmp(own, "query-migrate").get("status") == "completed", 60, "it is saved")
    oriel.quit()
    check(oriel.wait(30) == 0, f"status {oriel.status}")
    oriel = linux(lab, program, "pattern", [*more, "-incoming", f"exec:cat {state}"]).attached()
    lab.wait_picture(oriel.screenshot, want, "the guest's picture, loaded", 60)
    lab.wait_shown(weston, want, "the compositor shows it again")
    check(not oriel.serial(), "the guest has booted instead")
    oriel.quit()
    check(oriel.wait(30) == 0, f"status {oriel.status}")


def has_vfio_user(program):
    listed = subprocess.run([program, "-device", "help"], capture_output=True, text=True, check=False)
    return '"vfio-user-pci"' in listed.stdout


def refuses(lab, program):
    result = lab.run_oriel("run", "--road", "vfio-user", "--", program,
                           WAYLAND_DISPLAY=Weston.SOCKET)
    check(result.returncode == 2 and "has no vfio-user-pci" in result.stderr, f"{result}")


def takes_vfio_user(lab, program):
    oriel = Run(lab, program, ["-machine", "q35,accel=qtest", "-nic", "none", "-serial", "none",
                               "-monitor", "none"]).attached()
    # An unpacked QEMU can't say what it has where the machine's own one has modules.
    says(oriel, "run: road vfio-user: QEMU ")
    oriel.quit()
    check(oriel.wait() == 0, f"status {oriel.status}")


def test(lab):
    make("kernel", "debian")
    weston = lab.weston(size=(1280, 1024))
    for program in qemus():
        both = has_vfio_user(program)
        options = ["--road", "dbus"] if both else []
        print(f"{program}: {'--road dbus' if both else 'no vfio-user'}")
        shows_and_hears(lab, program, weston, options)
        lives_and_ends(lab, program, options)
        keeps_what_is_asked_for(lab, program, [])
        loads_a_state(lab, program, weston, options)
        if both:
            takes_vfio_user(lab, program)
        else:
            refuses(lab, program)
    takes_vfio_user(lab, fetched_qemu(lab))


main(test)
