# SPDX-License-Identifier: MIT
"""Runs inside the lab VM, with the harness of tests/e2e: a QEMU with -display dbus,gl=on on a render node
without a GPU (vgem, llvmpipe), whose dma-bufs oriel shows. The guest is this program, by QEMU's test
accelerator. What is reported, and how: see vm_checks.py.
"""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, "/share/e2e")

import harness  # noqa: E402
import picture  # noqa: E402
from dbus_display import Viewer  # noqa: E402
from qtest_gpu import QtestGpu  # noqa: E402
from qtest_vm import STD_VGA, QtestVm  # noqa: E402
from vm_checks import OUT, Captures, black, judge, known, look_for_mixes, main, scanout_of  # noqa: E402

# Where the initramfs is, seen from a root of its own.
MODULES = Path("/proc/1/root/modules/render")
NODE = Path("/dev/dri/renderD128")
SIZE = (160, 120)
# What is drawn over: not as high as half of the picture, so that it can't be told from above and from below.
PART = (24, 8, 88, 40)
# What is asked for, and the way that pictures must take then.
PATHS = {"auto": "direct", "gles": "gles", "shm": "shm"}
WARM_UP_FRAMES = 20


class GlQemu(harness.Process):
    """A QEMU without a guest, its card as wished, its display by D-Bus and with OpenGL."""

    def __init__(self, lab, *devices):
        self.qmp_path = lab.runtime / "vm.qmp"
        self.qtest_path = lab.runtime / "vm.qtest"
        for path in (self.qmp_path, self.qtest_path):
            path.unlink(missing_ok=True)
        super().__init__(lab, "qemu", [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-vga", "none",
            "-machine", "q35,memory-backend=ram", "-m", "64",
            "-object", "memory-backend-memfd,id=ram,size=64M,share=on",
            "-accel", "qtest", "-qtest", f"unix:{self.qtest_path},server=on,wait=off",
            "-qtest-log", "/dev/null", "-display", f"dbus,p2p=yes,gl=on,rendernode={NODE}",
            "-qmp", f"unix:{self.qmp_path},server=on,wait=off", *devices])
        harness.wait_for(lambda: self.check_running() or self.qmp_path.exists(),
                         harness.START_TIMEOUT, "QEMU is up")

    def check_alive(self):
        self.check_running()
        state = harness.qmp(self.qmp_path, "query-status")["status"]
        harness.check(state == "running", f"QEMU is {state}")


class VirtioCard:
    """A virtio-gpu's two resources, between which a guest flips."""

    def __init__(self, path, blob):
        self._gpu = QtestGpu(path)
        for resource in (1, 2):
            self._gpu.create(resource, SIZE, blob)

    def draw(self, want):
        """A whole new picture, on a resource of its own until it is shown."""
        self._gpu.draw(1, want)
        self._gpu.transfer(1)
        self._gpu.show(1)
        self._gpu.flush(1)

    def draw_part(self, want):
        """The same picture but in PART; nothing else is said to be new."""
        self._gpu.draw(1, want)
        self._gpu.transfer(1, PART)
        self._gpu.flush(1, PART)

    def flip(self, count):
        """Grey pictures, each on the resource that is not shown (after draw()); neighbours differ in every pixel."""
        for frame in range(count):
            resource = 2 - frame % 2
            self._gpu.fill(resource, (37 * frame + 16) & 0xFF)
            self._gpu.transfer(resource)
            self._gpu.show(resource)
            self._gpu.flush(resource)


class VgaCard:
    """A std VGA in a linear mode: QEMU uploads what it sees changed."""

    def __init__(self, path):
        self._vga = QtestVm(path, timeout=60, card=STD_VGA)
        self._vga.mode(SIZE)

    def draw(self, want):
        self._vga.draw(want)

    draw_part = draw


class Desk:
    """Weston, a QEMU and an oriel that can be another one."""

    def __init__(self, lab, weston, devices, card):
        self.lab = lab
        self.weston = weston
        self.qemu = GlQemu(lab, *devices)
        self.card = card(self.qemu.qtest_path)
        self.oriel = None

    def start_oriel(self, path):
        if self.oriel is not None:
            self.oriel.quit()
            self.oriel.wait(30)
        self.oriel = Viewer(self.lab, self.qemu.qmp_path,
                            options=["--fullscreen", "--path", path, "--log-level", "info"])
        self.oriel.wait_attached()

    def wait_shown(self, want, what):
        """In the window, and in oriel's own screenshot."""
        try:
            self.lab.wait_picture(self.weston.capture, want, f"{what}: Weston shows it")
        except harness.Failure:
            picture.write_png(OUT / f"{what}.png", self.weston.last_capture)
            raise
        self.lab.wait_picture(self.oriel.screenshot, want, f"{what}: the screenshot has it")

    def close(self):
        for process in (self.oriel, self.qemu):
            if process is not None:
                process.kill()


def surroundings():
    """Weston has started before: with vgem's node Mesa crashes in it when it shows a udmabuf."""
    for name in (MODULES / "order").read_text().split():
        subprocess.run(["/usr/bin/busybox", "insmod", MODULES / name], check=True)
    harness.wait_for(NODE.exists, 10, f"{NODE} is there")


def with_part(below, above):
    """A picture with another one's PART."""
    x, y, width, height = PART
    rows = [bytearray(row) for row in below.rows]
    for line in range(y, y + height):
        rows[line][3 * x:3 * (x + width)] = above.rows[line][3 * x:3 * (x + width)]
    return picture.Picture(*below.size, [bytes(row) for row in rows])


def wait_way(desk, way, shown):
    """What a compositor takes half a second to answer for is copied, and an emulated one does: then the
    guest draws the same once more."""
    def taken():
        if scanout_of(desk.oriel)["path"] == way:
            return True
        desk.card.draw_part(shown)
        return False
    try:
        harness.wait_for(taken, 30, f"pictures go by {way}", 0.5)
    except harness.Failure as failure:
        raise harness.Failure(f"{failure}: {scanout_of(desk.oriel)}") from None


def exact(desk):
    """Whatever path the pixels take, and however the buffer lies in memory."""
    first, second = known(1, SIZE), known(2, SIZE)
    mixed = with_part(first, second)
    for path, way in PATHS.items():
        desk.start_oriel(path)
        desk.card.draw(first)
        desk.wait_shown(first, f"{path}-1")
        wait_way(desk, way, first)
        desk.card.draw_part(mixed)
        desk.wait_shown(mixed, f"{path}-part")
        wait_way(desk, way, mixed)
        desk.wait_shown(mixed, f"{path}-again")
        counted = desk.oriel.stats()["dbus"]
        harness.check(counted["scanout_dmabufs"] > 0 and counted["update_dmabufs"] > 0,
                      f"{path}: no dma-buf came: {counted}")
        harness.check(counted["malformed"] == 0, f"{path}: malformed: {counted}")
    desk.qemu.check_alive()
    return "direct, by OpenGL ES, and copied"


def flips(desk, count):
    desk.card.draw(black(SIZE))
    desk.lab.wait_picture(desk.weston.capture, black(SIZE), "the screen is black")
    captures = Captures(desk.weston)
    captures.start()
    start = time.monotonic()
    desk.card.flip(count)
    took = time.monotonic() - start
    captures.stop()
    return captures, took


def paced_run(desk, frames):
    before = scanout_of(desk.oriel)
    captures, took = flips(desk, frames)
    stats = scanout_of(desk.oriel)
    by_timer = stats["answered_by_timer"] - before["answered_by_timer"]
    note, mixed = judge(captures, f"{frames} frames in {took:.1f} s by {stats['path']}, "
                                  f"{by_timer} answered by the timer")
    return note, mixed, by_timer


def paced(desk, frames):
    desk.start_oriel("auto")
    flips(desk, WARM_UP_FRAMES)
    note = look_for_mixes(lambda: paced_run(desk, frames))
    desk.qemu.check_alive()
    return note


def scenario(lab, checks):
    # Its kiosk shell crashes now and then when one full screen follows another (weston_view_move_to_layer).
    weston = lab.weston(renderer="gl", size=SIZE)
    checks.run("a render node without a GPU", surroundings)
    cards = (
        ("virgl's upside-down pictures are exact", "virgl's", 300, "virtio-gpu-gl-pci",
         lambda path: VirtioCard(path, blob=False)),
        ("pictures that QEMU uploads are exact", None, 0, "VGA", VgaCard),
        ("a blob's pictures without a modifier are exact", "a blob's", 100, "virtio-gpu-pci,blob=true",
         lambda path: VirtioCard(path, blob=True)),
    )
    for name, whose, frames, device, card in cards:
        desk = Desk(lab, weston, ["-device", device], card)
        checks.run(name, exact, desk)
        if whose is not None:
            checks.run(f"{whose} flips are paced, and no captured frame mixes two", paced, desk, frames)
        desk.close()


main(scenario)
