# SPDX-License-Identifier: MIT
"""Runs inside the lab VM, with the harness of tests/e2e: what zero_copy.py checks where a real
/dev/udmabuf is. Each check prints "PASS name: note" or "FAIL name: reason"; the host reads that.

usage: zero_copy_in_vm.py composited|scanout
"""

import os
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, "/share/e2e")

import device_model  # noqa: E402
import harness  # noqa: E402
import picture  # noqa: E402
import wayland_client  # noqa: E402
from vm_checks import OUT, Captures, black, judge, known, look_for_mixes, main, scanout_of  # noqa: E402

PARAMETERS = Path("/sys/module/udmabuf/parameters")
# Small, because llvmpipe in an emulated CPU needs 0.2 to 0.5 s to draw 640x480 pixels, and the
# pacing rule waits for no compositor that slow.
SIZE = (160, 120)
SCANOUT_SIZE = (1024, 768)
FRAMES = 300
WARM_UP_FRAMES = 20
FLIPS = 80
# Of the guest's mode, in Hz: the slower, the more time the compositor has for a frame.
REFRESH = "20"
PRESENTED_ZERO_COPY = 8
# A guest's answers: an emulated CPU that shares its host is slow now and then.
ANSWER_TIMEOUT = 60


class Guest:
    """blob_guest, obeying one line after the other. See blob_guest.cpp for the lines."""

    def __init__(self, lab, oriel, *options):
        self._process = subprocess.Popen(
            ["/share/blob-guest", oriel.socket, *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=lab.environment())
        self._answer("start")

    def _answer(self, line):
        timer = threading.Timer(ANSWER_TIMEOUT, self._process.kill)
        timer.start()
        answer = self._process.stdout.readline().split()
        timer.cancel()
        harness.check(answer[:1] == ["ok"],
                      f"the guest's {line!r}: {' '.join(answer) or 'no answer'}")
        return int(answer[1]) if len(answer) > 1 else None

    def say(self, line):
        """Sends a line and returns what it took in the guest, in us."""
        self.begin(line)
        return self._answer(line)

    def begin(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def end(self):
        return self._answer("the line before")

    def close(self):
        self._process.kill()
        self._process.wait()


def wait_direct(desk, what=""):
    """An emulated compositor is busy for seconds at times. A buffer that it doesn't answer for within
    half a second is copied until it does (data/doc/limits.md), and from then on it is direct."""
    try:
        harness.wait_for(lambda: scanout_of(desk.oriel)["path"] == "direct", 30, "the path is direct")
    except harness.Failure:
        stats = scanout_of(desk.oriel)
        raise harness.Failure(
            f"{what}path {stats['path']} ({stats.get('path_reason')}), not direct") from None


def set_parameter(name, value):
    (PARAMETERS / name).write_text(str(value))


def mapped_gl(pid):
    """What of a GL stack a process has mapped."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    found = re.findall(r"/(\S*(?:libEGL|libGLES|libGL\.|libgallium|_dri\.so)\S*)", maps)
    return sorted(set(found))


class DrmWeston(harness.Process):
    """Weston on the VM's display. Its screenshooter can't be used: it draws everything itself then."""

    def __init__(self, lab):
        environment = lab.environment(SEATD_VTBOUND="0", LIBSEAT_BACKEND="seatd")
        harness.Process(lab, "seatd", ["seatd", "-g", "root"], environment)
        harness.wait_for(lambda: Path("/run/seatd.sock").exists(), 20, "seatd listens")
        config = lab.folder / "weston.ini"
        config.write_text("[core]\nidle-time=0\n")
        super().__init__(lab, "weston", [
            "weston", f"--config={config}", f"--socket={harness.Weston.SOCKET}", "--backend=drm",
            "--continue-without-input", "--renderer=gl", "--shell=kiosk"], environment)
        socket = lab.runtime / harness.Weston.SOCKET
        harness.wait_for(
            lambda: self.check_running() or
            "xdg_wm_base" in wayland_client.offered_globals(socket), harness.START_TIMEOUT, "weston accepts clients")


class Desk:
    """Weston and oriel as a user has them, with a guest that can be replaced."""

    def __init__(self, lab, weston, size=SIZE):
        self.lab = lab
        self.size = size
        self.weston = weston
        self.oriel = None
        self.guest = None
        self.start_oriel()
        self.start_guest()

    def start_oriel(self, *options):
        if self.oriel is not None:
            self.oriel.kill()
            self.oriel.socket.unlink(missing_ok=True)
        self.oriel = self.lab.oriel(options=["--size", "{}x{}@{}".format(*self.size, REFRESH), "--fullscreen", "--keep", *options])

    def start_guest(self, *options):
        if self.guest is not None:
            self.guest.close()
            # Its last picture is dimmed first, which takes the emulated compositor a while: it would
            # be too busy to take the next guest's buffer in time.
            harness.wait_for(lambda: not self.oriel.stats()["attached"], 30, "the guest is gone")
            self.weston.capture()
        self.guest = Guest(self.lab, self.oriel, *options)

    def draw_known(self, index, blob=1, pages="pages"):
        """A new buffer with the known picture, shown."""
        self.guest.say("create {} {} {} {}".format(blob, *self.size, pages))
        self.guest.say(f"draw {blob} {index}")
        self.flip(blob)

    def flip(self, blob):
        self.guest.say(f"show {blob}")
        return self.guest.say(f"flush {blob}")

    def show_known(self, index):
        """The same, and Weston's output has it."""
        self.draw_known(index)
        self.wait_shown(known(index, SIZE), f"known-{index}")

    def wait_shown(self, want, name):
        try:
            self.lab.wait_picture(self.weston.capture, want, "Weston shows the guest's picture")
        except harness.Failure:
            picture.write_png(OUT / f"{name}-captured.png", self.weston.last_capture)
            raise


def surroundings():
    harness.check(Path("/dev/udmabuf").exists(), "no /dev/udmabuf")
    harness.check(not Path("/dev/dri").exists(), "there is a DRM device")


def exact(desk):
    desk.show_known(1)
    wait_direct(desk)


def changed(desk):
    """The same buffer again, drawn over: its wl_buffer is still right."""
    desk.guest.say("draw 1 2")
    desk.guest.say("flush 1")
    desk.wait_shown(known(2, SIZE), "redrawn")


def nothing_copied(desk):
    stats = scanout_of(desk.oriel)
    harness.check(stats["path"] == "direct", f"path {stats['path']}")
    harness.check(stats["committed"] > 0, "nothing was committed")
    harness.check(stats["bytes_copied"] == 0, f"{stats['bytes_copied']} bytes copied")
    return f"{stats['committed']} frames committed"


def no_gl(desk):
    found = mapped_gl(desk.oriel.pid)
    harness.check(not found, f"oriel has mapped {', '.join(found)}")
    harness.check(mapped_gl(desk.weston.pid), "not even Weston has: this check finds nothing")


def capture_colours(desk, frames):
    """Lets the guest show colours and captures meanwhile."""
    guest = desk.guest
    for blob in (11, 12):
        guest.say(f"create {blob} {SIZE[0]} {SIZE[1]} pages")
        guest.say(f"fill {blob} 000000")
    guest.say("show 11")
    guest.say("flush 11")
    desk.lab.wait_picture(desk.weston.capture, black(SIZE), "the screen is black")
    captures = Captures(desk.weston)
    captures.start()
    guest.begin(f"colours 12 11 {frames}")
    timer = threading.Timer(60, guest.close)
    timer.start()
    took = guest.end()
    timer.cancel()
    captures.stop()
    for blob in (11, 12):
        guest.say(f"destroy {blob}")
    return captures, took


def tearing_run(desk):
    # What the compositor has to compile for a flip is compiled.
    capture_colours(desk, WARM_UP_FRAMES)
    before = scanout_of(desk.oriel)
    captures, took = capture_colours(desk, FRAMES)
    stats = scanout_of(desk.oriel)
    by_timer = stats["answered_by_timer"] - before["answered_by_timer"]
    note, mixed = judge(captures, f"{FRAMES} frames in {took / 1e6:.1f} s, {by_timer} flushes "
                                  "answered by the timer")
    harness.check(stats["bytes_copied"] == before["bytes_copied"], "bytes were copied")
    return note, mixed, by_timer


def tearing(desk):
    return look_for_mixes(lambda: tearing_run(desk))


def first_presentation(desk):
    """Under TCG these figures say little; the bounds only catch what is out of all proportion."""
    set_parameter("list_limit", 16384)
    desk.start_guest()
    notes = []
    for pages, bound_ms in (("pages", 2000), ("runs", 1000)):
        totals = []
        for blob in range(20, 23):
            create = desk.guest.say(f"create {blob} 3840 2160 {pages}")
            show = desk.guest.say(f"show {blob}")
            flush = desk.guest.say(f"flush {blob}")
            totals.append((create + show, flush))
        ready = statistics.median(total[0] for total in totals) / 1000
        answered = statistics.median(total[1] for total in totals) / 1000
        notes.append(f"{pages}: created and attached {ready:.1f} ms, flush answered after "
                     f"{answered:.1f} ms")
        wait_direct(desk, f"{pages}: ")
        harness.check(ready < bound_ms, f"{notes[-1]}: more than {bound_ms} ms")
        for blob in range(20, 23):
            desk.guest.say(f"destroy {blob}")
    return "emulated CPU, 4K: " + "; ".join(notes)


def copied_because(desk, index, expected):
    """The kernel refuses: the picture is copied, exact, and stats say why."""
    desk.show_known(index)
    stats = scanout_of(desk.oriel)
    reason = stats.get("path_reason", "")
    harness.check(stats["path"] != "direct", "path direct, but the kernel should have refused")
    harness.check(stats["bytes_copied"] > 0, "nothing copied")
    harness.check("\n" not in reason and re.search(expected, reason),
                  f"the reason {reason!r} does not say {expected!r}")
    return f"{stats['path']}: {reason}"


def list_limit(desk):
    set_parameter("list_limit", 16)
    try:
        desk.start_guest()
        return copied_because(desk, 3, "list_limit")
    finally:
        set_parameter("list_limit", 16384)


def size_limit(desk):
    set_parameter("size_limit_mb", 0)
    try:
        desk.start_guest()
        return copied_because(desk, 1, "size_limit_mb")
    finally:
        set_parameter("size_limit_mb", 64)


def unsealed(desk):
    desk.start_guest("unsealed")
    return copied_because(desk, 2, "(?i)seal")


def direct_again(desk):
    """What was refused before does not stick."""
    desk.start_guest()
    exact(desk)


def acrns_display(desk):
    """A device model that is linked with liboriel-vdpy, in oriel's place."""
    desk.guest.close()
    desk.oriel.kill()
    os.environ["ORIEL_VDPY_DEVICE_MODEL"] = "/share/vdpy-device-model"
    model = device_model.DeviceModel(desk.lab, WAYLAND_DISPLAY=harness.Weston.SOCKET)
    model.start("geometry=fullscreen")
    longest = 0
    for index in (1, 2, 3):
        longest = max(longest, model.blob(0, known(index, SIZE), kind="udmabuf"))
        desk.wait_shown(known(index, SIZE), f"acrn-{index}")
    log = model.log()
    model.end()
    harness.check("pictures go by direct" in log, f"not the direct path: {log}")
    harness.check("pictures go by shm" not in log, f"something was copied: {log}")
    return f"an update took {longest:.0f} ms at most"


def composited(lab, checks):
    set_parameter("list_limit", 1024)
    desk = Desk(lab, lab.weston(renderer="gl", size=SIZE, shell="kiosk"))
    print(f"Weston and oriel are up after {Path('/proc/uptime').read_text().split()[0]} s",
          flush=True)
    checks.run("a udmabuf and no DRM device", surroundings)
    checks.run("Weston shows a scattered guest buffer's exact pixels", exact, desk)
    checks.run("a buffer drawn over shows again", changed, desk)
    checks.run("no byte is copied", nothing_copied, desk)
    checks.run("oriel holds no GL context", no_gl, desk)
    checks.run("no captured frame mixes two", tearing, desk)
    checks.run("a new 4K buffer's first presentation", first_presentation, desk)
    checks.run("more pages than list_limit are copied", list_limit, desk)
    checks.run("a buffer over size_limit_mb is copied", size_limit, desk)
    checks.run("memory that could shrink is copied", unsealed, desk)
    checks.run("what was refused once is direct again", direct_again, desk)
    checks.run("ACRN's display shows udmabufs' exact pixels, uncopied", acrns_display, desk)


def scanned_out(desk):
    """Weston gives the guest's buffer to the display, and says so."""
    for index, blob in ((1, 1), (2, 2)):
        desk.draw_known(index, blob)
    for _ in range(FLIPS // 2):
        desk.flip(1)
        desk.flip(2)
    stats = scanout_of(desk.oriel)
    flags = [int(line.rsplit(",", 1)[1]) for line in re.findall(
        r"wp_presentation_feedback[@#]\d+\.presented\(([^)]*)\)", desk.oriel.log())]
    zero_copy = sum(1 for flag in flags if flag & PRESENTED_ZERO_COPY)
    note = (f"{zero_copy} of {len(flags)} presented frames have ZERO_COPY, path {stats['path']}, "
            f"{stats['committed']} committed, {stats['answered_by_timer']} flushes answered by "
            f"the timer")
    harness.check(stats["path"] == "direct", f"{note} ({stats.get('path_reason')})")
    harness.check(stats["bytes_copied"] == 0, f"{stats['bytes_copied']} bytes copied")
    # Feedback is asked for a few times a second only.
    harness.check(zero_copy == len(flags) >= 5, note)
    return note


def dumped(seconds):
    """The host takes a picture of the VM's display when it reads this, and compares it itself."""
    time.sleep(2)
    print("dump now", flush=True)
    time.sleep(seconds)


def scanout(lab, checks):
    environment = lab.environment
    weston = DrmWeston(lab)
    lab.environment = lambda **more: environment(**{"WAYLAND_DEBUG": "1", **more})
    desk = Desk(lab, weston, SCANOUT_SIZE)
    print(f"Weston and oriel are up after {Path('/proc/uptime').read_text().split()[0]} s",
          flush=True)
    checks.run("Weston scans the guest's buffer out", scanned_out, desk)
    dumped(5)
    checks.run("oriel holds no GL context", no_gl, desk)


main({"composited": composited, "scanout": scanout}[sys.argv[1]])
