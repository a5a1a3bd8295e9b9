# SPDX-License-Identifier: MIT
"""A guest's driver of virtio-gpu or virtio-input: two queues, requests by descriptor pairs."""

import struct
import time

import vfio_user

INDIRECT = 1 << 28
VERSION_1 = 1 << 32
GPU_EDID, GPU_BLOB = 1 << 1, 1 << 3
NEXT, WRITE, IS_INDIRECT = 1, 2, 4
RESPONSE_BYTES = 1100
OK_NODATA, OUT_OF_MEMORY = 0x1100, 0x1201


def page(value):
    return (value + 4095) & ~4095


class Queue:
    """A split ring in guest memory."""

    def __init__(self, ram, size, at):
        self._ram, self.size = ram, size
        self.descriptors = at
        self.available = at + 16 * size
        self.used = page(self.available + 6 + 2 * size)
        self.end = page(self.used + 6 + 8 * size)
        self.index = 0

    def descriptor(self, number, address, length, flags, following=0):
        self._ram.write(self.descriptors + 16 * number,
                        struct.pack("<QIHH", address, length, flags, following))

    def offer(self, heads):
        for head in heads:
            self._ram.write(self.available + 4 + 2 * (self.index % self.size),
                            struct.pack("<H", head))
            self.index = (self.index + 1) & 0xffff
        self._ram.write(self.available + 2, struct.pack("<H", self.index))

    def answered(self):
        return struct.unpack("<H", self._ram.read(self.used + 2, 2))[0]


class Guest:
    """Attaches, negotiates and starts the driver. `sizes` are those of its queues."""

    bar, common, notify = 2, 0x1000, 0x3000
    features = VERSION_1 | INDIRECT | GPU_EDID | GPU_BLOB
    sizes = (256, 64)
    slot_bytes = 8192

    def __init__(self, path, ram_mib=64, timeout=20):
        self.vmm = vfio_user.Vmm(path, timeout)
        self.vmm.negotiate()
        self.ram = vfio_user.Ram(ram_mib << 20)
        self.vmm.map(0, self.ram.size, self.ram.fd)
        self.interrupts = vfio_user.eventfds(3)
        self.vmm.interrupts(self.interrupts)
        at, self.queues = 0x10000, []
        for size in self.sizes:
            self.queues.append(Queue(self.ram, size, at))
            at = self.queues[-1].end
        self._slots = at
        self.free = page(at + self.slot_bytes * max(self.sizes))
        self.start()

    def _set(self, offset, data):
        self.vmm.write(self.bar, self.common + offset, data)

    def start(self):
        for status in (b"\0", b"\1", b"\3"):
            self._set(0x14, status)
        for half in range(2):
            self._set(0x08, struct.pack("<I", half))
            self._set(0x0c, struct.pack("<I", (self.features >> (32 * half)) & 0xffffffff))
        self._set(0x14, b"\x0b")
        for number, queue in enumerate(self.queues):
            queue.index = 0
            self.ram.write(queue.available, bytes(6 + 2 * queue.size))
            self.ram.write(queue.used, bytes(6 + 8 * queue.size))
            self._set(0x16, struct.pack("<H", number))
            self._set(0x18, struct.pack("<H", queue.size))
            self._set(0x1a, struct.pack("<H", number + 1))
            for offset, address in ((0x20, queue.descriptors), (0x28, queue.available),
                                    (0x30, queue.used)):
                self._set(offset, struct.pack("<Q", address))
            self._set(0x1c, struct.pack("<H", 1))
        self._set(0x14, b"\x0f")

    def status(self):
        return self.vmm.read(self.bar, self.common + 0x14, 1)[0]

    def kick(self, queue=0):
        self.vmm.write(self.bar, self.notify + 4 * queue, b"\0\0")

    def post_kick(self, queue=0):
        self.vmm.post(self.bar, self.notify + 4 * queue, b"\0\0")

    def slot(self, number):
        return self._slots + number * self.slot_bytes

    def stage(self, number, request, queue=0):
        """Puts a request into descriptors 2n and 2n + 1; the head. A long one is (bytes, address)
        of what is in memory already."""
        slot = self.slot(number)
        if isinstance(request, tuple):
            length, address = request
        else:
            length, address = len(request), slot
            self.ram.write(slot, request)
        ring = self.queues[queue]
        ring.descriptor(2 * number, address, length, NEXT, 2 * number + 1)
        ring.descriptor(2 * number + 1, slot + self.slot_bytes - RESPONSE_BYTES, RESPONSE_BYTES,
                        WRITE)
        return 2 * number

    def answer(self, number=0):
        return struct.unpack(
            "<I", self.ram.read(self.slot(number) + self.slot_bytes - RESPONSE_BYTES, 4))[0]

    def ask(self, request, queue=0, timeout=20):
        """Sends one request and waits for the answer's type."""
        before = self.queues[queue].answered()
        self.send([request], queue)
        self._wait(lambda: self.queues[queue].answered() != before, timeout)
        return self.answer()

    def wait_while(self, condition, timeout=20):
        """Without sleeping: for many quick turns."""
        deadline, tries = time.monotonic() + timeout, 0
        while condition():
            tries += 1
            if tries % 1000 == 0:
                self.vmm.look()
                if time.monotonic() > deadline:
                    raise TimeoutError("a request was not answered")

    def _wait(self, condition, timeout):
        deadline, looked = time.monotonic() + timeout, time.monotonic()
        while not condition():
            now = time.monotonic()
            if now > deadline:
                raise TimeoutError("a request was not answered")
            if now > looked + 0.05:
                looked = now
                self.vmm.look()
            time.sleep(0.0002)

    def send(self, requests, queue=0):
        """Sends many at once, at most half as many as the queue has descriptors."""
        self.queues[queue].offer(
            [self.stage(number, request, queue) for number, request in enumerate(requests)])
        self.kick(queue)

    def wait_for_all(self, queue=0, timeout=20):
        """Waits until all that was offered is answered."""
        ring = self.queues[queue]
        self._wait(lambda: ring.answered() == ring.index, timeout)

    def ask_all(self, requests, queue=0):
        """Sends at most half as many as the queue has descriptors, and waits; the answers' types."""
        self.send(requests, queue)
        self.wait_for_all(queue)
        return [self.answer(number) for number in range(len(requests))]

    def close(self):
        self.vmm.close()


class InputGuest(Guest):
    bar, common, notify = 0, 0x0000, 0x3000
    features = VERSION_1 | INDIRECT
    sizes = (64, 64)
    slot_bytes = 2048
