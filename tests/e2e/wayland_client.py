# SPDX-License-Identifier: MIT
"""A very small Wayland client: what the harness needs to know whether a compositor is ready, and to
read the pixels on Weston's output. Not weston-screenshooter: that of Weston 10 writes the unused byte of
an XRGB picture as alpha, so that a guest's picture comes out black.
"""

import mmap
import os
import socket
import struct

import picture

DISPLAY = 1
REGISTRY = 2
# wl_shm has numbers of its own for these two; all other formats are DRM's fourcc codes.
SHM_FORMATS = {b"AR24": 0, b"XR24": 1}
# Where red, green and blue are in a pixel's four bytes.
ORDERS = {b"AR24": (2, 1, 0), b"XR24": (2, 1, 0), b"AB24": (0, 1, 2), b"XB24": (0, 1, 2)}
CAPTURE_SOURCE_FRAMEBUFFER = 1


class ProtocolError(Exception):
    """The compositor ended the conversation, or answered something unexpected."""


class Connection:
    """One connection to a compositor; events are queued as (object, opcode, body)."""

    def __init__(self, path, timeout=10):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._data = b""
        self._last_id = REGISTRY
        self.globals = {}  # interface: [(name, version)]
        try:
            self._socket.connect(str(path))
            self.request(DISPLAY, 1, struct.pack("=I", REGISTRY))  # get_registry
            self.roundtrip(self._on_global)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def new_id(self):
        self._last_id += 1
        return self._last_id

    def request(self, target, opcode, body=b"", fds=()):
        message = struct.pack("=IHH", target, opcode, 8 + len(body)) + body
        socket.send_fds(self._socket, [message], list(fds))

    def bind(self, interface, version=1, index=0):
        """Binds a global that the compositor offers and returns the new object."""
        name, offered = self.globals[interface][index]
        text = interface.encode() + b"\0"
        new = self.new_id()
        self.request(REGISTRY, 0, struct.pack("=II", name, len(text)) +
                     text.ljust((len(text) + 3) & ~3, b"\0") +
                     struct.pack("=II", min(version, offered), new))
        return new

    def next_event(self):
        while True:
            if len(self._data) >= 8:
                target, opcode, size = struct.unpack_from("=IHH", self._data)
                if len(self._data) >= size:
                    body = self._data[8:size]
                    self._data = self._data[size:]
                    if (target, opcode) == (DISPLAY, 0):
                        raise ProtocolError(f"wl_display.error: {body[12:]!r}")
                    return target, opcode, body
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ProtocolError("the compositor closed the connection")
            self._data += chunk

    def roundtrip(self, on_event=lambda *event: None):
        """Gives each event to on_event until the compositor has answered all requests so far."""
        callback = self.new_id()
        self.request(DISPLAY, 0, struct.pack("=I", callback))  # sync
        while True:
            event = self.next_event()
            if event[0] == callback:
                return
            on_event(*event)

    def _on_global(self, target, opcode, body):
        if (target, opcode) == (REGISTRY, 0):
            name, length = struct.unpack_from("=II", body)
            interface = body[8:8 + length - 1].decode()
            (version,) = struct.unpack_from("=I", body, 8 + ((length + 3) & ~3))
            self.globals.setdefault(interface, []).append((name, version))


def offered_globals(path):
    """The interfaces that the compositor at this socket offers; empty where there is none."""
    try:
        with Connection(path, timeout=2) as connection:
            return set(connection.globals)
    except (OSError, ProtocolError):
        return set()


class Buffer:
    """A wl_buffer of 32-bit pixels that both sides see."""

    def __init__(self, connection, width, height, fourcc=b"XR24"):
        self.size = (width, height)
        self._order = ORDERS[fourcc]
        code = SHM_FORMATS.get(fourcc, int.from_bytes(fourcc, "little"))
        stride = 4 * width
        descriptor = os.memfd_create("capture")
        try:
            os.ftruncate(descriptor, stride * height)
            self._map = mmap.mmap(descriptor, stride * height)
            shm = connection.bind("wl_shm")
            pool = connection.new_id()
            connection.request(shm, 0, struct.pack("=Ii", pool, stride * height), [descriptor])
            self.object = connection.new_id()
            connection.request(pool, 0, struct.pack("=IiiiiI", self.object, 0, width, height,
                                                    stride, code))
        finally:
            os.close(descriptor)

    def picture(self):
        width, height = self.size
        red, green, blue = self._order
        rows = []
        for y in range(height):
            line = self._map[4 * width * y:4 * width * (y + 1)]
            row = bytearray(3 * width)
            row[0::3], row[1::3], row[2::3] = line[red::4], line[green::4], line[blue::4]
            rows.append(bytes(row))
        return picture.Picture(width, height, rows)


def capture_output(path, index=0):
    """What Weston (started with --debug) has on one of its outputs."""
    with Connection(path) as connection:
        if "weston_capture_v1" in connection.globals:
            return _capture(connection, index)
        return _shoot(connection, index)


def _shoot(connection, index):
    """Weston 10 and 11: weston_screenshooter."""
    modes = []
    output = connection.bind("wl_output", 2, index)

    def on_event(target, opcode, body):
        if (target, opcode) == (output, 1):  # mode: flags (1: current), width, height, refresh
            flags, width, height, _ = struct.unpack_from("=Iiii", body)
            if flags & 1:
                modes.append((width, height))
    connection.roundtrip(on_event)
    buffer = Buffer(connection, *modes[-1])
    shooter = connection.bind("weston_screenshooter")
    connection.request(shooter, 0, struct.pack("=II", output, buffer.object))  # shoot
    while connection.next_event()[:2] != (shooter, 0):  # done
        pass
    return buffer.picture()


def _capture(connection, index):
    """Weston 12 and newer: weston_capture_v1."""
    output = connection.bind("wl_output", 2, index)
    capture = connection.bind("weston_capture_v1")
    source = connection.new_id()
    connection.request(capture, 1, struct.pack("=III", output, CAPTURE_SOURCE_FRAMEBUFFER,
                                               source))
    wanted = {}

    def on_event(target, opcode, body):
        if target == source and opcode == 0:  # format
            wanted["fourcc"] = body[:4]
        elif target == source and opcode == 1:
            wanted["width"], wanted["height"] = struct.unpack_from("=ii", body)

    connection.roundtrip(on_event)
    for _ in range(10):
        if len(wanted) < 3 or wanted["fourcc"] not in ORDERS:
            raise ProtocolError(f"Weston can't capture its framebuffer: {wanted}")
        buffer = Buffer(connection, **wanted)
        connection.request(source, 1, struct.pack("=I", buffer.object))
        while True:
            target, opcode, body = connection.next_event()
            on_event(target, opcode, body)
            if target == source and opcode == 2:  # complete
                return buffer.picture()
            if target == source and opcode == 3:  # retry: the output has changed
                break
            if target == source and opcode == 4:
                raise ProtocolError(f"Weston's capture failed: {body[4:]!r}")
    raise ProtocolError("Weston's output changes all the time")
