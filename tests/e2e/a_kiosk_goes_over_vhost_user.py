# SPDX-License-Identifier: MIT
"""A kiosk's VM with transport = "vhost-user": a real guest shows on its output, hears its user, and is back
on its output after QEMU was killed."""

import json

from evdev_log import KEY_A, KEY_LEFTCTRL, EventLog, chord
from harness import BOOT_TIMEOUT, check, main, make, prepare_vm, wait_for
from kiosk import Kiosk, kill_all
from many_outputs import ManyOutputs
from oriel_run import WORDS, fetched_qemu
from picture import known_picture

SIZE = (640, 480)


class Serial:
    def __init__(self, path):
        self._path = path

    def serial(self):
        return self._path.read_text(errors="replace") if self._path.exists() else ""


def command(lab, program, scenario, serial, more=""):
    boot = make("kernel", "debian")
    image = boot / "vmlinux"
    words = WORDS.format(scenario=scenario, then="stay") + more
    return json.dumps([str(word) for word in (
        program, "-machine", "q35,accel=tcg", "-m", "384", "-nic", "none", "-monitor", "none",
        "-serial", f"file:{serial}", "-kernel", image if image.exists() else boot / "vmlinuz",
        "-initrd", boot / "initramfs", "-append", words)])


def test(lab):
    prepare_vm("debian")
    program = fetched_qemu(lab)
    compositor = ManyOutputs(lab, ["WL0", "WL1"], SIZE, "kiosk")
    picture_log, input_log = lab.new_log("serial-picture"), lab.new_log("serial-input")
    file = lab.folder / "kiosk.toml"
    file.write_text(f"""
[vm.picture]
outputs = ["WL0"]
transport = "vhost-user"
size = "{SIZE[0]}x{SIZE[1]}"
restart-delay = 0.2
qemu = {command(lab, program, "pattern", picture_log, f" oriel.args=--mode,{SIZE[0]}x{SIZE[1]}")}

[vm.input]
outputs = ["WL1"]
vhost-user = "{lab.runtime}/named.sock"
size = "{SIZE[0]}x{SIZE[1]}"
qemu = {command(lab, program, "input", input_log)}
""")
    checked = lab.run_oriel("kiosk", "--check", file)
    check(checked.returncode == 0, f"--check: {checked}")
    kiosk = Kiosk(lab, file, "kiosk")
    want = known_picture(*SIZE)
    kiosk.wait_state("picture", "running")

    def shown():
        return compositor.capture("WL0").find(want) is not None

    wait_for(shown, BOOT_TIMEOUT, "the guest's picture on its output", 0.5)

    guest = Serial(input_log)
    wait_for(lambda: "guest: watching" in guest.serial(), BOOT_TIMEOUT, "the other guest watches")
    log = EventLog(guest)
    log.skip()
    check(lab.ctl("input", "key", "ctrl+a").returncode == 0, "ctl key")
    log.expect("Oriel Keyboard", *chord(KEY_LEFTCTRL, KEY_A))

    display, vmm = kiosk.pids()["picture"]
    kill_all(vmm)
    wait_for(lambda: picture_log.read_text(errors="replace").count("pattern shown") == 1 and
             kiosk.vms()["picture"]["vmm_pid"] not in (None, vmm), 60, "another QEMU")
    kiosk.wait_state("picture", "running")
    wait_for(shown, BOOT_TIMEOUT, "the next guest's picture on its output", 0.5)
    check(kiosk.pids()["picture"][0] == display, "the window's process is another one")
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")


main(test)
