# SPDX-License-Identifier: MIT
"""Firmware on each of QEMU's own cards is in oriel's screenshot and on the compositor's output as
QEMU's own screendump has it, to the pixel; a QEMU that is killed ends its viewer, or is waited for."""

import signal
import socket
import time

from dbus_display import Firmware, Viewer
from harness import Process, check, main, need_program, wait_for
from newest_qemu import every_qemu

SIZE = (1400, 1100)
CARDS = ("VGA", "virtio-vga", "bochs-display", "ramfb")


def exact(lab, qemu, viewer, weston, what):
    """The VM is stopped for it, as a text cursor blinks."""
    wait_for(lambda: len(qemu.screendump().colours()) > 1, 30, f"{what}: firmware draws")
    time.sleep(1)
    qemu.qmp("stop")
    want = qemu.screendump()
    lab.wait_picture(viewer.screenshot, want, f"the screenshot, {what}")
    if weston:
        lab.wait_shown(weston, want, f"the compositor, {what}")
    return want


def on_a_bus(lab, program):
    """A QEMU and its viewer on a message bus."""
    need_program("dbus-daemon")
    socket = lab.runtime / f"bus-{program.rpartition('/')[2]}"
    address = f"unix:path={socket}"
    Process(lab, "bus", ["dbus-daemon", "--session", "--nofork", "--nopidfile",
                         f"--address={address}"])
    wait_for(socket.exists, 20, "the bus is there")
    qemu = Firmware(lab, program, "VGA", ["-display", f"dbus,addr={address}"])
    viewer = Viewer(lab, address, command="headless", name="on-bus")
    viewer.wait_attached()
    exact(lab, qemu, viewer, None, f"{program} on a bus")
    qemu.kill()
    check(viewer.wait() == 0, "the viewer did not end with its QEMU")


def listens(path):
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def stopped_first(lab, program, weston):
    """A QEMU that is stopped before it has a viewer is told of once, and shown when it goes on."""
    qemu = Firmware(lab, program, "VGA")
    # Where an earlier QEMU has left its socket, nobody listens at first.
    wait_for(lambda: listens(qemu.qmp_path), 20, "QEMU has a monitor")
    qemu.signal(signal.SIGSTOP)
    viewer = Viewer(lab, qemu.qmp_path, options=["--resize", "scale"])
    told = "does not answer (is another program connected to it, or is QEMU stopped?)"
    wait_for(lambda: told in viewer.log(), 20, "the viewer tells of a QEMU that is stopped")
    time.sleep(3)
    check(not viewer.stats()["attached"], "what is stopped can't be attached")
    check(viewer.log().count(told) == 1, viewer.log())
    qemu.signal(signal.SIGCONT)
    viewer.wait_attached()
    exact(lab, qemu, viewer, weston, f"{program} that was stopped")
    qemu.kill()
    check(viewer.wait() == 0, "the viewer did not end with its QEMU")


def stopped_viewer(lab, program, weston):
    """A viewer that is stopped is no reason for QEMU to stand still, and shows the newest afterwards."""
    qemu = Firmware(lab, program, "VGA")
    viewer = Viewer(lab, qemu.qmp_path, options=["--resize", "scale"])
    viewer.wait_attached()
    exact(lab, qemu, viewer, weston, f"{program} before its viewer is stopped")
    qemu.qmp("cont")
    viewer.signal(signal.SIGSTOP)
    for _ in range(3):
        # A text mode, and what the firmware writes: a new picture each time.
        qemu.qmp("system_reset")
        begun = time.monotonic()
        check(qemu.qmp("query-status")["running"], "the VM does not run")
        # QEMU waits for a viewer that it shares memory with, for a second at most.
        check(time.monotonic() - begun < 3, f"{program} stands still with its viewer")
        time.sleep(1)
    viewer.signal(signal.SIGCONT)
    exact(lab, qemu, viewer, weston, f"{program} after its viewer was stopped")
    qemu.kill()
    check(viewer.wait() == 0, "the viewer did not end with its QEMU")


def test(lab):
    weston = lab.weston(size=SIZE)
    for program in every_qemu(lab):
        for card in CARDS:
            qemu = Firmware(lab, program, card)
            viewer = Viewer(lab, qemu.qmp_path, options=["--resize", "scale"])
            viewer.wait_attached()
            picture = exact(lab, qemu, viewer, weston, f"{program} {card}")
            stats = viewer.stats()
            print(f"{program} {card}: {picture.width}x{picture.height}, {stats['dbus']}")
            check(stats["dbus"]["malformed"] == 0, f"{stats['dbus']}")
            check(stats["scanouts"][0]["source"].startswith("qemu"), f"{stats['scanouts']}")
            qemu.kill()
            check(viewer.wait() == 0, "the viewer did not end with its QEMU")
            check("QEMU's display is gone" in viewer.log(), viewer.log())

        # With --keep the next QEMU shows in the same window; its end is no news for the first one.
        monitor = lab.runtime / f"{program.rpartition('/')[2]}-VGA.qmp"
        viewer = Viewer(lab, monitor, options=["--keep", "--resize", "scale"])
        for _ in range(2):
            qemu = Firmware(lab, program, "VGA")
            viewer.wait_attached()
            exact(lab, qemu, viewer, weston, f"{program} with --keep")
            # The compositor crashes and comes back.
            weston.kill()
            wait_for(lambda: viewer.stats()["compositor"]["state"] == "away", 20, "it is away")
            weston = lab.weston(size=SIZE)
            wait_for(lambda: viewer.stats()["compositor"]["state"] == "shown", 20, "it is back")
            exact(lab, qemu, viewer, weston, f"{program} on the next compositor")
            qemu.signal(signal.SIGSTOP)
            time.sleep(0.5)
            check(viewer.stats()["attached"], "a QEMU that is stopped is still there")
            qemu.kill()
            wait_for(lambda: not viewer.stats()["attached"], 20, "the viewer notices")
        on_a_bus(lab, program)
        check(viewer.quit().returncode == 0, "ctl quit")
        check(viewer.wait() == 0, "the viewer's status")
        stopped_first(lab, program, weston)
        stopped_viewer(lab, program, weston)


main(test)
