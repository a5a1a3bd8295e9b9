# SPDX-License-Identifier: MIT
"""`oriel run` over vhost-user: chosen where QEMU has neither vfio-user nor a D-Bus display, and where it
is asked for. The picture is exact, the guest hears its user by vhost-user input devices, both end together."""

import os
import signal
import subprocess

from evdev_log import KEY_A, KEY_LEFTALT, KEY_LEFTCTRL, EventLog, chord
from harness import BOOT_TIMEOUT, Weston, check, main, make, need_program, wait_for
from oriel_run import BIOS, Run, ends, fetched_qemu, linux, says
from picture import known_picture

SIZE = (1024, 768)
FORCED = ["--road", "vhost-user"]


def shows_and_hears(lab, program, weston, options):
    oriel = linux(lab, program, "pattern", options=options).attached()
    says(oriel, "run: road vhost-user: ", "added -chardev socket,id=oriel-vhost0",
         "added -device vhost-user-gpu-pci", "added -device vhost-user-input-pci")
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture", 150)
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")
    qemu = oriel.qemu()
    oriel.quit()
    ends(oriel, qemu, "ctl quit")

    oriel = linux(lab, program, "input", options=options).attached()
    wait_for(lambda: "guest: watching" in oriel.serial(), 150, "the guest watches its devices")
    log = EventLog(oriel)
    log.skip()
    check(lab.ctl("vm", "key", "ctrl+alt+a").returncode == 0, "ctl key")
    log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL, KEY_LEFTALT, KEY_A))
    devices = oriel.stats()["input"]["devices"]
    check(all(device["attached"] and device["ready"] for device in devices), f"{devices}")
    qemu = oriel.qemu()
    os.kill(oriel.pid, signal.SIGINT)
    ends(oriel, qemu, "Ctrl+C")


def lives_and_ends(lab, program, options):
    oriel = linux(lab, program, "idle", then="poweroff", seconds=1, options=options).attached()
    qemu = oriel.qemu()
    wait_for(lambda: "guest: idle" in oriel.serial(), BOOT_TIMEOUT, "the guest has booted")
    ends(oriel, qemu, "the guest powers off")
    oriel = Run(lab, program, BIOS, options).attached()
    qemu = oriel.qemu()
    oriel.signal(signal.SIGKILL)
    ends(oriel, qemu, "oriel is killed", -signal.SIGKILL)
    oriel = Run(lab, program, BIOS, options).attached()
    qemu = oriel.qemu()
    os.kill(qemu, signal.SIGKILL)
    ends(oriel, qemu, "QEMU is killed", 1)
    says(oriel, "ended by signal 9")


def names_its_socket(lab, program):
    """--vhost-user says where, and the road; a device of the user's at that socket stays alone."""
    socket = lab.runtime / "named.sock"
    oriel = Run(lab, program, [*BIOS, "-chardev", f"socket,id=mine,path={socket}", "-device",
                               "vhost-user-vga,chardev=mine"], ["--vhost-user", socket]).attached()
    check("vhost-user-gpu-pci" not in oriel.log(), f"a second card:\n{oriel.log()}")
    check("run: kept" not in oriel.log(), f"the user's own card is called another one:\n{oriel.log()}")
    oriel.quit()
    check(oriel.wait() == 0, f"status {oriel.status}")


def refuses(lab, program, *reason, more=()):
    result = lab.run_oriel("run", *FORCED, *more, "--", program, *BIOS,
                           WAYLAND_DISPLAY=Weston.SOCKET)
    check(result.returncode == 2 and len(result.stderr.splitlines()) == 1, f"{result}")
    for part in reason:
        check(part in result.stderr, f"{part!r} is not in {result.stderr}")


def test(lab):
    make("kernel", "debian")
    own = need_program("qemu-system-x86_64")
    weston = lab.weston(size=(1280, 1024))
    # As on Debian 13 without qemu-system-modules-opengl.
    stable = fetched_qemu(lab, "--stable", devices=["virtio-vga", "vhost-user-gpu-pci"])
    shows_and_hears(lab, stable, weston, [])
    lives_and_ends(lab, stable, [])
    newest = fetched_qemu(lab)
    shows_and_hears(lab, newest, weston, FORCED)
    names_its_socket(lab, newest)
    refuses(lab, newest, "--option-rom", more=["--option-rom", "x"])
    said = subprocess.run([own, "--version"], capture_output=True, text=True, check=True).stdout
    if " version 7." in said:
        # Without KVM it would end with "requires kvm" by itself.
        refuses(lab, own, "--road vhost-user: ", "with KVM only")
    else:
        print(f"# not QEMU 7: {said.splitlines()[0]}")


main(test)
