# SPDX-License-Identifier: MIT
"""A virtio-gpu of QEMU's without a guest: a test is its driver, by QEMU's test accelerator. Commands go
one after the other, and each is waited for."""

import struct
import time

from harness import Failure, check
from qtest_vm import Qtest, little_endian_pixels

VIRTIO_GPU = 0x1050_1AF4
REGISTERS = 0xC000_0000
# Where what the driver shares with the device lies in the VM's memory; pictures follow.
QUEUE, COMMAND, ANSWER, PICTURES = 0x10_0000, 0x11_0000, 0x12_0000, 0x100_0000
QUEUE_SIZE = 16
# In the virtio specification's words: 4.1.4 (structures behind PCI capabilities), 2.1 (status).
COMMON, NOTIFY = 1, 2
FEATURE_SELECT, FEATURES, DRIVER_SELECT, DRIVER_FEATURES, STATUS = 0x00, 0x04, 0x08, 0x0C, 0x14
QUEUE_SELECT, QUEUE_LENGTH, QUEUE_ENABLE, QUEUE_NOTIFY = 0x16, 0x18, 0x1C, 0x1E
DESCRIPTORS, AVAILABLE, USED = 0x20, 0x28, 0x30
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
BLOB_FEATURE = 1 << 3
NEXT, WRITTEN_BY_DEVICE = 1, 2
# 5.7.6: commands, and the answers from which on they are errors.
CREATE_2D, UNREF, SET_SCANOUT, FLUSH, TRANSFER, ATTACH_BACKING = (
    0x101, 0x102, 0x103, 0x104, 0x105, 0x106)
CREATE_BLOB, SET_SCANOUT_BLOB = 0x10C, 0x10D
FIRST_ERROR = 0x1200
FENCED = 1
B8G8R8X8 = 2
GUEST_MEMORY, MAPPABLE = 1, 1
# QEMU gives up waiting for its display after a second.
ANSWER_TIMEOUT = 20


class QtestGpu(Qtest):
    """The device's control queue, and resources with their memory."""

    def __init__(self, path):
        super().__init__(path, timeout=60)
        self._slot = self.slot_of(VIRTIO_GPU)
        self._common = self._notify = 0
        self._map()
        self._sent = 0
        self._fence = 0
        self._next_memory = PICTURES
        self._memory = {}
        self._start()

    def _map(self):
        """Finds the device's registers, and puts their BAR where nothing else is."""
        capability = self.config(self._slot, 0x34) & 0xFC
        multiplier = 0
        while capability:
            head, bar, offset = (self.config(self._slot, capability + 4 * i) for i in range(3))
            kind = head >> 24
            if head & 0xFF == 0x09 and kind in (COMMON, NOTIFY):
                self.config(self._slot, 0x10 + 4 * (bar & 0xFF), REGISTERS)
                if kind == COMMON:
                    self._common = REGISTERS + offset
                else:
                    self._notify = REGISTERS + offset
                    multiplier = self.config(self._slot, capability + 16)
            capability = head >> 8 & 0xFC
        check(self._common and self._notify, "the device is no virtio 1")
        self.config(self._slot, 0x04, 0x06)  # memory, bus master
        self._set("w", QUEUE_SELECT, 0)
        self._notify += multiplier * self._get("w", QUEUE_NOTIFY)

    def _set(self, width, register, value):
        self.do(f"write{width} {self._common + register:#x} {value:#x}")

    def _get(self, width, register):
        return int(self.do(f"read{width} {self._common + register:#x}")[0], 16)

    def _start(self):
        for status in (0, ACKNOWLEDGE, ACKNOWLEDGE | DRIVER):
            self._set("b", STATUS, status)
        self._set("l", FEATURE_SELECT, 0)
        for word, features in ((0, self._get("l", FEATURES) & BLOB_FEATURE), (1, 1)):  # 1: virtio 1
            self._set("l", DRIVER_SELECT, word)
            self._set("l", DRIVER_FEATURES, features)
        self._set("b", STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK)
        self._set("w", QUEUE_LENGTH, QUEUE_SIZE)
        for register, at in ((DESCRIPTORS, 0), (AVAILABLE, 0x1000), (USED, 0x2000)):
            self._set("l", register, QUEUE + at)
            self._set("l", register + 4, 0)
        # One chain for ever: the command's page, then the answer's.
        self.write(QUEUE, struct.pack("<QIHHQIHH", COMMAND, 4096, NEXT, 1,
                                      ANSWER, 4096, WRITTEN_BY_DEVICE, 0))
        self._set("w", QUEUE_ENABLE, 1)
        self._set("b", STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)

    def _command(self, kind, body, fenced=False):
        self._fence += fenced
        self.write(COMMAND, struct.pack("<IIQII", kind, FENCED if fenced else 0,
                                        self._fence if fenced else 0, 0, 0) + body)
        self._sent += 1
        self.do(f"writew {QUEUE + 0x1002:#x} {self._sent & 0xFFFF:#x}")
        self.do(f"writew {self._notify:#x} 0")
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while int(self.do(f"readw {QUEUE + 0x2002:#x}")[0], 16) != self._sent & 0xFFFF:
            if time.monotonic() > deadline:
                raise Failure(f"no answer to the command {kind:#x} within {ANSWER_TIMEOUT} s")
            time.sleep(0.001)
        answer = int(self.do(f"readl {ANSWER:#x}")[0], 16)
        check(answer < FIRST_ERROR, f"the command {kind:#x} is answered with {answer:#x}")

    def create(self, resource, size, blob=False):
        """A resource of this size with memory of its own, XRGB8888; the memory is a blob's if asked."""
        length = (4 * size[0] * size[1] + 0xFFF) & ~0xFFF
        at = self._next_memory
        self._next_memory += length
        self._memory[resource] = (at, size, blob)
        if blob:
            self._command(CREATE_BLOB, struct.pack("<IIIIQQQII", resource, GUEST_MEMORY, MAPPABLE, 1,
                                                   0, length, at, length, 0))
        else:
            self._command(CREATE_2D, struct.pack("<IIII", resource, B8G8R8X8, *size))
            self._command(ATTACH_BACKING, struct.pack("<IIQII", resource, 1, at, length, 0))

    def destroy(self, resource):
        self._command(UNREF, struct.pack("<II", resource, 0))
        del self._memory[resource]

    def draw(self, resource, picture):
        """Into the resource's memory; the device takes it with transfer(), a blob's at once."""
        self.write(self._memory[resource][0], little_endian_pixels(picture))

    def fill(self, resource, value):
        """A whole picture of bytes of this value."""
        at, size, _ = self._memory[resource]
        self.do(f"memset {at:#x} {4 * size[0] * size[1]:#x} {value:#x}")

    def transfer(self, resource, rect=None):
        """`rect`: x, y, width, height. A blob has nothing to transfer."""
        _, size, blob = self._memory[resource]
        if not blob:
            x, y, width, height = rect or (0, 0, *size)
            self._command(TRANSFER, struct.pack("<IIIIQII", x, y, width, height,
                                                4 * (y * size[0] + x), resource, 0))

    def show(self, resource):
        _, size, blob = self._memory[resource]
        if blob:
            self._command(SET_SCANOUT_BLOB, struct.pack(
                "<IIIIIIIIII8I", 0, 0, *size, 0, resource, *size, B8G8R8X8, 0,
                4 * size[0], 0, 0, 0, 0, 0, 0, 0))
        else:
            self._command(SET_SCANOUT, struct.pack("<IIIIII", 0, 0, *size, 0, resource))

    def flush(self, resource, rect=None):
        """Fenced, as page flips of Linux are; it is answered when QEMU's display is done with it."""
        size = self._memory[resource][1]
        self._command(FLUSH, struct.pack("<IIIIII", *(rect or (0, 0, *size)), resource, 0),
                      fenced=True)
