# SPDX-License-Identifier: MIT
"""A QEMU without a guest (its test accelerator), whose card (Oriel's, or a std VGA of QEMU's own) a test
sets up and draws on itself, through the bochs registers: a VM that shows a colour within a second."""

import base64
import socket
import time

from harness import Failure

# PCI configuration space by I/O ports.
ADDRESS, DATA = 0xCF8, 0xCFC
ORIEL = 0x1050_1AF4
STD_VGA = 0x1111_1234
# Where the card's memory and registers are put; nothing else is there.
MEMORY, REGISTERS = 0xC000_0000, 0xC800_0000
ATTRIBUTES, DISPI = REGISTERS + 0x400, REGISTERS + 0x500
SHOW_PICTURE = 0x20
XRES, YRES, BPP, ENABLE = 1, 2, 3, 4
ENABLED = 0x01 | 0x40  # with a linear frame buffer


def little_endian_pixels(picture):
    """Its pixels as 4 bytes each: blue, green, red and one that means nothing."""
    pixels = bytearray(4 * picture.width * picture.height)
    rows = b"".join(picture.rows)
    pixels[0::4], pixels[1::4], pixels[2::4] = rows[2::3], rows[1::3], rows[0::3]
    return bytes(pixels)


class Qtest:
    """The QEMU that listens on `path` (-qtest unix:PATH,server=on,wait=off), and its PCI bus."""

    def __init__(self, path, timeout=30):
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

    def close(self):
        self._stream.close()
        self._socket.close()

    def do(self, command):
        self._stream.write(command + "\n")
        self._stream.flush()
        while True:
            answer = self._stream.readline()
            if not answer.startswith("IRQ"):
                break
        if not answer.startswith("OK"):
            raise Failure(f"QEMU answers {command!r} with {answer!r}")
        return answer.split()[1:]

    def config(self, slot, register, value=None):
        self.do(f"outl {ADDRESS:#x} {0x80000000 | slot << 11 | register:#x}")
        if value is None:
            return int(self.do(f"inl {DATA:#x}")[0], 16)
        return self.do(f"outl {DATA:#x} {value:#x}")

    def slot_of(self, card):
        found = next((slot for slot in range(32) if self.config(slot, 0) == card), None)
        if found is None:
            raise Failure("the VM has no such card on its root bus")
        return found

    def write(self, address, data):
        self.do(f"b64write {address:#x} {len(data):#x} {base64.b64encode(data).decode()}")


class QtestVm(Qtest):
    """Draws on one of its cards."""

    def __init__(self, path, timeout=30, card=ORIEL):
        super().__init__(path, timeout)
        self._card = card
        self._slot = None

    def _map(self):
        if self._slot is not None:
            return
        self._slot = self.slot_of(self._card)
        self.config(self._slot, 0x10, MEMORY)
        self.config(self._slot, 0x18, REGISTERS)
        self.config(self._slot, 0x04, 0x06)  # memory, bus master
        if self._card == STD_VGA:
            # QEMU's is blank until a BIOS or a driver has done this.
            self.do(f"writeb {ATTRIBUTES:#x} {SHOW_PICTURE:#x}")

    def _set(self, register, value):
        self.do(f"writew {DISPI + 2 * register:#x} {value:#x}")

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
        row = bytes((blue, green, red, 0)) * size[0]
        for y in range(size[1]):
            self.write(MEMORY + 4 * y * size[0], row)

    def draw(self, picture):
        """In a mode of its size, which was set before."""
        self.write(MEMORY, little_endian_pixels(picture))
