# SPDX-License-Identifier: MIT
"""A very small D-Bus: a bus for one test, and a client that calls methods. Types: y b i u s o d h v
a{sv} and variants of these; arrays of other things are not understood."""

import os
import socket
import struct

from harness import Process, need_program, wait_for
from wayland_client import ProtocolError

SIMPLE = {"y": (1, "B"), "b": (4, "I"), "i": (4, "i"), "u": (4, "I"), "d": (8, "d"), "h": (4, "I"),
          "n": (2, "h"), "q": (2, "H"), "x": (8, "q"), "t": (8, "Q")}
METHOD_CALL, METHOD_RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE, UNIX_FDS = range(1, 10)


class Bus(Process):
    """A session bus of the lab's own; `address` is for DBUS_SESSION_BUS_ADDRESS."""

    def __init__(self, lab, folder):
        self.path = folder / "bus"
        self.address = f"unix:path={self.path}"
        super().__init__(lab, "dbus", [need_program("dbus-daemon"), "--session", "--nofork", "--nopidfile",
                                       f"--address={self.address}"])
        wait_for(self.path.exists, 20, "the bus is there")


class Writer:
    def __init__(self):
        self.data = bytearray()

    def align(self, size):
        self.data += bytes(-len(self.data) % size)

    def put(self, kind, value):
        if kind in SIMPLE:
            size, code = SIMPLE[kind]
            self.align(size)
            self.data += struct.pack("<" + code, value)
        elif kind in "so":
            text = value.encode()
            self.put("u", len(text))
            self.data += text + b"\0"
        elif kind == "g":
            self.data += bytes([len(value)]) + value.encode() + b"\0"
        elif kind == "v":
            inner, content = value
            self.put("g", inner)
            self.put(inner, content)
        elif kind == "a{sv}":
            self.put("u", 0)
            length_at = len(self.data) - 4
            self.align(8)
            start = len(self.data)
            for key, variant in value.items():
                self.align(8)
                self.put("s", key)
                self.put("v", variant)
            struct.pack_into("<I", self.data, length_at, len(self.data) - start)
        else:
            raise ValueError(kind)


class Reader:
    def __init__(self, data):
        self._data, self._at = data, 0

    def align(self, size):
        self._at += -self._at % size

    def get(self, kind):
        if kind in SIMPLE:
            size, code = SIMPLE[kind]
            self.align(size)
            (value,) = struct.unpack_from("<" + code, self._data, self._at)
            self._at += size
            return value
        if kind in "so":
            length = self.get("u")
        elif kind == "g":
            length = self.get("y")
        elif kind == "v":
            return self.get(self.get("g"))
        elif kind == "a{sv}":
            end = self.get("u")
            self.align(8)
            end += self._at
            found = {}
            while self._at < end:
                self.align(8)
                key = self.get("s")
                found[key] = self.get("v")
            return found
        else:
            raise ValueError(kind)
        text = self._data[self._at:self._at + length].decode()
        self._at += length + 1
        return text


def split(signature):
    """"sa{sv}h" as a list of types."""
    kinds = []
    while signature:
        kind = "a{sv}" if signature.startswith("a{sv}") else signature[0]
        kinds.append(kind)
        signature = signature[len(kind):]
    return kinds


class Client:
    def __init__(self, bus, timeout=15):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(bus.path))
        self._serial = 0
        self._socket.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
        self._expect(b"OK ")
        self._socket.sendall(b"NEGOTIATE_UNIX_FD\r\n")
        self._expect(b"AGREE_UNIX_FD")
        self._socket.sendall(b"BEGIN\r\n")
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")

    def _expect(self, start):
        line = b""
        while not line.endswith(b"\r\n"):
            line += self._read(1)
        if not line.startswith(start):
            raise ProtocolError(f"D-Bus: {line!r}")

    def _read(self, count):
        data = b""
        while len(data) < count:
            chunk = self._socket.recv(count - len(data))
            if not chunk:
                raise ProtocolError("the bus closed the connection")
            data += chunk
        return data

    def has(self, name):
        """Somebody on the bus has this name."""
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "NameHasOwner", "s", name)[0] != 0

    def call(self, destination, path, interface, member, signature="", *arguments, fds=()):
        """The reply's values. Throws ProtocolError with the error's name and text."""
        self._serial += 1
        body = Writer()
        for kind, value in zip(split(signature), arguments):
            body.put(kind, value)
        head = Writer()
        fields = [(PATH, "o", path), (INTERFACE, "s", interface), (MEMBER, "s", member),
                  (DESTINATION, "s", destination)]
        if signature:
            fields.append((SIGNATURE, "g", signature))
        if fds:
            fields.append((UNIX_FDS, "u", len(fds)))
        for code, kind, value in fields:
            head.align(8)
            head.put("y", code)
            head.put("v", (kind, value))
        message = Writer()
        message.data += struct.pack("<BBBBIII", ord("l"), METHOD_CALL, 0, 1, len(body.data),
                                    self._serial, len(head.data))
        message.data += head.data
        message.align(8)
        socket.send_fds(self._socket, [bytes(message.data + body.data)], list(fds))
        while True:
            kind, found, values = self._receive()
            if found.get(REPLY_SERIAL) != self._serial:
                continue
            if kind == ERROR:
                raise ProtocolError(f"D-Bus: {member}: {found.get(ERROR_NAME)}: {values}")
            return values

    def _receive(self):
        _, kind, _, _, body_length, _, head_length = struct.unpack("<BBBBIII", self._read(16))
        head = self._read(head_length + -head_length % 8)
        body = Reader(self._read(body_length))
        found = {}
        # The fields begin at a multiple of 8 of the message, so they can be read from 0.
        reader = Reader(head[:head_length])
        while reader._at < head_length:  # pylint: disable=protected-access
            reader.align(8)
            code = reader.get("y")
            found[code] = reader.get("v")
        try:
            values = [body.get(part) for part in split(found.get(SIGNATURE, ""))]
        except ValueError:
            values = []  # a signal that is nothing to us
        return kind, found, values
