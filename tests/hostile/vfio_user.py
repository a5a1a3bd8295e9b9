# SPDX-License-Identifier: MIT
"""A VMM's end of vfio-user, and memory for a guest."""

import array
import ctypes
import fcntl
import mmap
import os
import select
import socket
import struct
import time

VERSION, DMA_MAP, DMA_UNMAP, SET_IRQS, REGION_READ, REGION_WRITE = 1, 2, 3, 8, 9, 10
NO_REPLY = 0x10
ERROR = 0x20
# VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, and the index of MSI-X.
EVENTFD_TRIGGER = 0x24
MSIX = 2
F_ADD_SEALS, F_SEAL_SHRINK = 1033, 2
EFD_NONBLOCK = 0o4000
_libc = ctypes.CDLL(None, use_errno=True)


def with_fds(connection, data, fds):
    """Sends all of `data`, the descriptors with its first byte."""
    sent = connection.sendmsg(
        [data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
    if sent < len(data):
        connection.sendall(data[sent:])


def message(identity, command, payload, flags=0):
    return struct.pack("<HHIII", identity, command, 16 + len(payload), flags, 0) + payload


def connect(path, timeout):
    """A path is there a moment before somebody listens on it."""
    deadline = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            connection.connect(str(path))
            return connection
        except ConnectionRefusedError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


class Vmm:
    def __init__(self, path, timeout=20):
        self.socket = connect(path, timeout)
        self._id = 0

    def send(self, command, payload=b"", fds=(), flags=0):
        self._id = (self._id + 1) & 0xffff
        with_fds(self.socket, message(self._id, command, payload, flags), fds)

    def _receive(self, count):
        data = bytearray()
        while len(data) < count:
            part, rights, _, _ = self.socket.recvmsg(count - len(data), 256)
            for _, _, fds in rights:
                for fd in array.array("i", fds[:len(fds) - len(fds) % 4]):
                    os.close(fd)
            if not part:
                raise EOFError("oriel closed the connection")
            data += part
        return bytes(data)

    def receive(self):
        """(error, payload) of the next message."""
        _, _, size, flags, error = struct.unpack("<HHIII", self._receive(16))
        body = self._receive(size - 16)
        return (error if flags & ERROR else 0), body

    def call(self, command, payload=b"", fds=()):
        self.send(command, payload, fds)
        return self.receive()

    def negotiate(self):
        text = b'{"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}}\0'
        return self.call(VERSION, struct.pack("<HH", 0, 0) + text)

    def map(self, address, size, fd, offset=0):
        return self.call(DMA_MAP, struct.pack("<IIQQQ", 32, 3, offset, address, size), [fd])

    def unmap(self, address, size):
        return self.call(DMA_UNMAP, struct.pack("<IIQQ", 24, 0, address, size))

    def read(self, region, offset, count):
        error, body = self.call(REGION_READ, struct.pack("<QII", offset, region, count))
        return None if error else body[16:]

    def write(self, region, offset, data):
        return self.call(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data)[0]

    def post(self, region, offset, data):
        """A write that wants no reply."""
        self.send(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data,
                  flags=NO_REPLY)

    def interrupts(self, fds):
        return self.call(SET_IRQS, struct.pack("<IIIII", 20, EVENTFD_TRIGGER, MSIX, 0, len(fds)),
                         fds)[0]

    def look(self):
        """Raises EOFError if the other side is gone."""
        if select.select([self.socket], [], [], 0)[0] and not self.socket.recv(1, socket.MSG_PEEK):
            raise EOFError("oriel closed the connection")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def eventfds(count):
    return [_libc.eventfd(0, EFD_NONBLOCK) for _ in range(count)]


class Ram:
    """Guest memory in a file that can't shrink."""

    def __init__(self, size):
        self.size = size
        self.fd = os.memfd_create("hostile-guest", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        os.ftruncate(self.fd, size)
        fcntl.fcntl(self.fd, F_ADD_SEALS, F_SEAL_SHRINK)
        self.inode = os.fstat(self.fd).st_ino
        self.bytes = mmap.mmap(self.fd, size)

    def write(self, at, data):
        self.bytes[at:at + len(data)] = data

    def read(self, at, count):
        return bytes(self.bytes[at:at + count])

    def close(self):
        self.bytes.close()
        os.close(self.fd)
