# SPDX-License-Identifier: MIT
"""A soak: a VM, its window and its compositor have a rough time, in a random order that a printed seed
repeats. Afterwards every pixel is right, and the process has the memory, the descriptors and the threads
that it began with.

    nothing_is_left_after_a_rough_time.py --seconds 600 --seed 7
"""

import os
import random
import socket
import time
from pathlib import Path

from harness import check, child_programs, main, options, prepare_vm, wait_for
from picture import known_picture
from sway import Sway

SIZES = ((1024, 768), (1280, 800), (800, 600), (1366, 768))
LAST = SIZES[0]
MEMORY_MIB = 4
BUFFERS = 2 * 4  # of the guest's picture and of VGA's


class Held:
    """What the process has."""

    def __init__(self, pid):
        folder = Path(f"/proc/{pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        self.memory = int(status["RssAnon"].split()[0]) / 1024
        self.threads = int(status["Threads"])
        names = sorted(self._names(folder))
        # A picture has two to four buffers, as the compositor needs them (data/doc/limits.md).
        self.descriptors = [name for name in names if "oriel-pixels" not in name]
        self.buffers = len(names) - len(self.descriptors)

    @staticmethod
    def _names(folder):
        for descriptor in (folder / "fd").iterdir():
            try:
                yield os.readlink(descriptor).split("[")[0]
            except FileNotFoundError:
                pass

    def __str__(self):
        return (f"{self.memory:.1f} MiB, {len(self.descriptors)} descriptors, {self.buffers} buffers, "
                f"{self.threads} threads")


class Desk:
    """A window of oriel's on a sway, a VM in it, and what may happen to them."""

    def __init__(self, lab, dice):
        self._lab = lab
        self._dice = dice
        self.sway = Sway(lab, size=LAST)
        self.oriel = lab.oriel(options=["--size", "{}x{}".format(*LAST), "--keep"],
                               compositor=self.sway.socket)
        self.vm = None
        self.start_vm()

    def start_vm(self):
        self.vm = self._lab.vm(self.oriel, scenario="follow")
        self._boots = 1

    # What may happen.

    def the_vmm_is_killed(self):
        self.vm.kill()
        self.start_vm()

    def the_guest_reboots(self):
        # Not in its firmware: QEMU 11.1 with SeaBIOS hangs after every third reset in the first half
        # second, also with its own virtio-vga (40 of 105).
        self.vm.wait_serial(" up after ", count=self._boots)
        self._boots += 1
        self.vm.qmp("system_reset")

    def the_compositor_crashes(self):
        runtime = self.sway.crash()
        time.sleep(self._dice.choice((0, 0.1, 1)))
        self.sway = Sway(self._lab, size=LAST, runtime=runtime)

    def the_output_changes(self):
        self.sway.message("output * mode --custom {}x{}".format(*self._dice.choice(SIZES)))

    def the_output_is_unplugged(self):
        self.sway.message("output HEADLESS-1 disable")
        time.sleep(self._dice.choice((0, 0.5)))
        self.sway.message("output HEADLESS-1 enable")

    def the_window_is_hidden(self):
        # One that comes back while the other workspace is shown would stay there.
        wait_for(self.sway.sizes, 30, "there is a window")
        self.sway.message("workspace 2")
        time.sleep(self._dice.choice((0, 1)))
        self.sway.message("workspace 1")

    def the_window_is_full_screen(self):
        self.tell_window("fullscreen toggle")

    def tell_window(self, command):
        # It comes back a moment after its compositor.
        wait_for(self.sway.sizes, 30, "there is a window")
        self.sway.message(f"[app_id=oriel.vm] {command}")

    def strangers_knock(self):
        for path in (self.oriel.socket, self._lab.runtime / "oriel" / "vm.sock"):
            for _ in range(50):
                with socket.socket(socket.AF_UNIX) as stranger:
                    stranger.settimeout(5)
                    try:
                        stranger.connect(str(path))
                        stranger.sendall(b"\0" * self._dice.randrange(1, 64))
                    except OSError:
                        pass  # the queue is full, or it was turned away already

    def somebody_looks(self):
        self.oriel.screenshot()
        self.oriel.stats()

    def settle(self, what):
        """The guest's picture at LAST, exactly, and what is held then."""
        self.sway.message("output * mode --custom {}x{}".format(*LAST))
        want = known_picture(*LAST)
        self._lab.wait_picture(self.oriel.screenshot, want, f"the screenshot {what}", 60)
        self._lab.wait_picture(self.sway.capture, want, f"the output {what}", 30)
        self.vm.check_running()
        # The painter of the last line of text ends when it has had nothing to do for 3 s.
        wait_for(lambda: not child_programs.helpers(self.oriel.pid), 10, "oriel's helper has ended")
        return Held(self.oriel.pid)


def happenings(desk):
    return [desk.the_vmm_is_killed, desk.the_guest_reboots, desk.the_compositor_crashes,
            desk.the_output_changes, desk.the_output_is_unplugged, desk.the_window_is_hidden,
            desk.the_window_is_full_screen, desk.strangers_knock, desk.somebody_looks]


def test(lab):
    chosen = options(seconds="40", seed=str(random.randrange(1 << 32)))
    print(f"seed {chosen.seed}")
    prepare_vm("debian")
    dice = random.Random(int(chosen.seed))
    desk = Desk(lab, dice)
    desk.settle("at the start")
    # What is made once, for the first of its kind, is no leak.
    desk.the_compositor_crashes()
    desk.the_vmm_is_killed()
    desk.strangers_knock()
    before = desk.settle("before")

    happened = {}
    end = time.monotonic() + float(chosen.seconds)
    while time.monotonic() < end:
        happening = dice.choice(happenings(desk))
        name = happening.__name__.replace("_", " ")
        happened[name] = happened.get(name, 0) + 1
        print(f"# {name}", flush=True)
        happening()
        time.sleep(dice.choice((0, 0.1, 1)))
        desk.oriel.check_running()
    # A full screen has no other size here, but is another state.
    desk.tell_window("fullscreen disable")
    after = desk.settle("in the end")
    print(", ".join(f"{count} times {name}" for name, count in sorted(happened.items())))
    print(f"before {before}; after {after}")
    check(after.threads == before.threads, f"threads: {before.threads}, now {after.threads}")
    check(after.descriptors == before.descriptors,
          f"descriptors: {before.descriptors}, now {after.descriptors}")
    check(after.buffers <= BUFFERS, f"{after.buffers} buffers")
    check(after.memory <= before.memory + MEMORY_MIB, f"memory: {before}, now {after}")
    check(desk.oriel.quit().returncode == 0 and desk.oriel.wait() == 0, "oriel did not end cleanly")


main(test)
