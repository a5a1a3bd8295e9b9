# SPDX-License-Identifier: MIT
"""A QEMU without a guest (its test accelerator), whose card (Oriel's, or a std VGA of QEMU's own) a test
sets up and draws on itself, through the bochs registers: a VM that shows a colour within a second."""

import socket
import time

from harness import Failure

# PCI configuration space by I/O ports.
ADDRESS, DATA = 0xCF8, 0xCFC
ORIEL = 0x1050_1AF4
STD_VGA = 0x1111_1234
# Where the card's memory and registers are put; nothing else is there.
MEMORY, REGISTERS = 0xC000_0000, 0xC800_0000
DISPI = REGISTERS + 0x500
XRES, YRES, BPP, ENABLE = 1, 2, 3, 4
ENABLED = 0x01 | 0x40  # with a linear frame buffer


class QtestVm:
    """The QEMU that listens on `path` (-qtest unix:PATH,server=on,wait=off)."""

    def __init__(self, path, timeout=30, card=ORIEL):
        self._card = card
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        deadline = time.monotonic() + timeout
        while True:
            try:
                self._socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise Failure(f"no QEMU at {path}") from None
                time.sleep(0.05)
        self._stream = self._socket.makefile("rw")
        self._slot = None

    def close(self):
        self._stream.close()
        self._socket.close()

    def _do(self, command):
        self._stream.write(command + "\n")
        self._stream.flush()
        while True:
            answer = self._stream.readline()
            if not answer.startswith("IRQ"):
                break
        if not answer.startswith("OK"):
            raise Failure(f"QEMU answers {command!r} with {answer!r}")
        return answer.split()[1:]

    def _config(self, slot, register, value=None):
        self._do(f"outl {ADDRESS:#x} {0x80000000 | slot << 11 | register:#x}")
        if value is None:
            return int(self._do(f"inl {DATA:#x}")[0], 16)
        return self._do(f"outl {DATA:#x} {value:#x}")

    def _map(self):
        if self._slot is not None:
            return
        self._slot = next((slot for slot in range(32) if self._config(slot, 0) == self._card), None)
        if self._slot is None:
            raise Failure("the VM has no such card on its root bus")
        self._config(self._slot, 0x10, MEMORY)
        self._config(self._slot, 0x18, REGISTERS)
        self._config(self._slot, 0x04, 0x06)  # memory, bus master

    def _set(self, register, value):
        self._do(f"writew {DISPI + 2 * register:#x} {value:#x}")

    def mode(self, size):
        """Of 32 bits a pixel; the screen is black."""
        self._map()
        self._set(ENABLE, 0)
        self._set(XRES, size[0])
        self._set(YRES, size[1])
        self._set(BPP, 32)
        self._set(ENABLE, ENABLED)

    def fill(self, colour, size=(640, 480)):
        """A whole screen of the colour (R, G, B)."""
        self.mode(size)
        red, green, blue = colour
        row = f"{blue:02x}{green:02x}{red:02x}00" * size[0]
        for y in range(size[1]):
            self._do(f"write {MEMORY + 4 * y * size[0]:#x} {4 * size[0]:#x} 0x{row}")
