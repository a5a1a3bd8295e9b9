# SPDX-License-Identifier: MIT
"""Over the window the compositor's pointer is the guest's cursor, with its hot spot where the
pointer is, to the last pixel; it goes when the guest hides it, and comes back. A screenshot and a
recording have it when it is asked for."""

import socket

from harness import check, main, options, prepare_vm, wait_for
from picture import difference, known_picture, read_png, with_cursor
from sway import Pointer, Sway


class Orders:
    """The other end of the guest's second serial port."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))

    def send(self, order):
        self._socket.sendall(order.encode() + b"\n")


def check_recording(lab, want):
    """One has it, too, where it is asked for."""
    for words in (["record", lab.folder / "frames", "--cursor"], ["record", "stop"]):
        done = lab.ctl("vm", *words)
        check(done.returncode == 0, f"{words}: {done.stderr}")
    wrong = difference(read_png(lab.folder / "frames" / "frame-000001.png"), want)
    check(wrong is None, f"the recording: {wrong}")


def test(lab):
    chosen = options(kernel="debian")
    sway = Sway(lab)
    prepare_vm(chosen.kernel)
    screen = known_picture(1024, 768)
    with Pointer(sway) as pointer:
        pointer.move(300, 200)
        oriel = lab.oriel(options=["--size", "1024x768"], compositor=sway.socket)
        orders_path = lab.runtime / "orders"
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="cursor", args="/dev/ttyS1",
                    extra=["-serial", f"unix:{orders_path},server=on,wait=off"])
        wait_for(orders_path.exists, 20, "QEMU's serial port is there")
        orders = Orders(orders_path)
        vm.wait_serial("cursor at")

        lab.wait_picture(sway.capture, with_cursor(screen, 300, 200), "the cursor at 300,200")
        # The last one is cut by the screen's edge.
        for x, y in ((611, 433), (5, 7), (1023, 3)):
            pointer.move(x, y)
            lab.wait_picture(sway.capture, with_cursor(screen, x, y), f"the cursor at {x},{y}")
        # Where the guest has it: the plane's corner is at 100,80, the hot spot 5,7 from there.
        lab.wait_picture(lambda: oriel.screenshot(0, "--cursor"), with_cursor(screen, 105, 87),
                         "a screenshot with the cursor")
        check_recording(lab, with_cursor(screen, 105, 87))
        orders.send("hide")
        vm.wait_serial("cursor hidden")
        lab.wait_picture(sway.capture, screen, "no cursor")
        lab.wait_picture(lambda: oriel.screenshot(0, "--cursor"), screen,
                         "a screenshot without a cursor")
        pointer.move(700, 500)
        lab.wait_picture(sway.capture, screen, "no cursor after a move")
        orders.send("show")
        vm.wait_serial("cursor shown")
        lab.wait_picture(sway.capture, with_cursor(screen, 700, 500), "the cursor at 700,500")
        check(oriel.screenshot().rows == screen.rows, "the cursor is in the screenshot")


main(test)
