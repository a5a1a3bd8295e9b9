# SPDX-License-Identifier: MIT
"""A VMM's end of vhost-user."""

import os
import socket
import struct

import vfio_user

(GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE, SET_VRING_NUM, SET_VRING_ADDR,
 SET_VRING_BASE, GET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL) = 1, 2, 3, 5, 8, 9, 10, 11, 12, 13
SET_VRING_ENABLE, SET_BACKEND_REQ_FD, GET_CONFIG, GPU_SET_SOCKET, RESET_DEVICE = 18, 21, 24, 33, 34
USER = 0x7f0000000000
FEATURES = 1 << 32 | 1 << 30 | 1 << 28


class FrontEnd:
    def __init__(self, path, timeout=20):
        self.socket = vfio_user.connect(path, timeout)

    def send(self, request, payload=b"", fds=(), flags=0):
        vfio_user.with_fds(self.socket,
                           struct.pack("<III", request, 1 | flags, len(payload)) + payload, fds)

    def state(self, request, index, number):
        self.send(request, struct.pack("<II", index, number))

    def receive(self):
        header = self._bytes(12)
        return self._bytes(struct.unpack("<III", header)[2])

    def _bytes(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("oriel closed the connection")
            data += part
        return data

    def ask(self, request, payload=b""):
        self.send(request, payload)
        return self.receive()

    def memory(self, ram):
        self.send(SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, 0, ram.size, USER, 0), [ram.fd])

    def start(self, ram, kick, call, size=256):
        """An owner with a control queue at 64 KiB, which runs."""
        self.send(SET_OWNER)
        self.send(SET_FEATURES, struct.pack("<Q", FEATURES))
        self.memory(ram)
        self.state(SET_VRING_NUM, 0, size)
        self.state(SET_VRING_BASE, 0, 0)
        at = USER + 0x10000
        self.send(SET_VRING_ADDR, struct.pack("<IIQQQQ", 0, 0, at, at + 0x4000, at + 0x2000, 0))
        self.send(SET_VRING_CALL, struct.pack("<Q", 0), [call])
        self.send(SET_VRING_KICK, struct.pack("<Q", 0), [kick])
        self.state(SET_VRING_ENABLE, 0, 1)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def pair(attack):
    """A socket pair of which the program gets one end."""
    ours, theirs = socket.socketpair()
    attack.closes(ours.close)
    attack.closes(theirs.close)
    return theirs.fileno()


def kick(eventfd):
    os.write(eventfd, struct.pack("<Q", 1))
