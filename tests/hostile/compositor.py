# SPDX-License-Identifier: MIT
"""A Wayland compositor that behaves as badly as a scenario says: it speaks the wire protocol itself,
with the signatures of the protocols' XML, and decides when it reads, answers and releases."""

import array
import collections
import functools
import os
import select
import socket
import struct
import threading
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from vfio_user import with_fds

GLOBALS = {"wl_compositor": 5, "wl_shm": 1, "wl_subcompositor": 1, "wl_seat": 7, "wl_output": 4,
           "xdg_wm_base": 4, "wp_viewporter": 1, "zxdg_decoration_manager_v1": 1,
           "wl_data_device_manager": 3}
FIRST_SERVER_ID = 0xff000000
POINTER, KEYBOARD, TOUCH = 1, 2, 4


class Interface:
    def __init__(self, element):
        self.requests = [self._message(request) for request in element.findall("request")]
        self.events = {event.get("name"): (opcode, self._message(event)[1])
                       for opcode, event in enumerate(element.findall("event"))}

    @staticmethod
    def _message(element):
        arguments = [(argument.get("type"), argument.get("interface"))
                     for argument in element.findall("arg")]
        return element.get("name"), arguments, element.get("type") == "destructor"


@functools.cache
def read_interfaces():
    paths = [Path("/usr/share/wayland/wayland.xml")]
    paths += [path for path in sorted(Path("/usr/share/wayland-protocols").rglob("*.xml"))
              if "unstable/xdg-shell" not in str(path)]
    interfaces = {}
    for path in paths:
        for element in ElementTree.parse(path).getroot().findall("interface"):
            interfaces.setdefault(element.get("name"), Interface(element))
    return interfaces


def padded(data):
    return struct.pack("<I", len(data)) + data + bytes(-len(data) % 4)


class Client:
    """One connection, and what it has made."""

    def __init__(self, compositor, connection):
        self.compositor, self._socket = compositor, connection
        self.objects = {1: ("wl_display", 1)}
        self.dead = False
        self.count = collections.Counter()
        self.last = {}           # the latest arguments of each request
        self.all = collections.defaultdict(list)  # the same, all of them, where asked for
        self.pointer = self.keyboard = self.touch = self.data_device = None
        self.current = {}        # surface: the buffer that it shows
        self._input, self._fds = b"", []
        self._serial = 0
        self._attached, self._asked, self._callbacks = {}, {}, []
        self._surface_of, self._toplevels, self._configured = {}, {}, set()
        self._next_id = FIRST_SERVER_ID
        self._seat = None        # has not told what it has: it does so when there is a surface
        self._sending = threading.Lock()

    # Events ------------------------------------------------------------------------------------

    def event(self, sender, name, *arguments, fd=None):
        """Sends an event; a string is bytes or str, a descriptor goes in `fd` and not in between."""
        opcode, kinds = self.compositor.interfaces[self.objects[sender][0]].events[name]
        values, body = iter(arguments), b""
        for kind, _ in kinds:
            if kind == "fd":
                continue
            value = next(values)
            if kind == "string":
                body += padded((value if isinstance(value, bytes) else value.encode()) + b"\0")
            elif kind == "array":
                body += padded(value)
            else:
                body += struct.pack("<I", value & 0xffffffff)
        self.raw(struct.pack("<II", sender, ((8 + len(body)) << 16) | opcode) + body, fd)

    def raw(self, data, fd=None):
        with self._sending:
            try:
                with_fds(self._socket, data, [] if fd is None else [fd])
            except OSError:
                self.dead = True

    def new_object(self, interface, version=1):
        identity, self._next_id = self._next_id, self._next_id + 1
        self.objects[identity] = (interface, version)
        return identity

    def serial(self):
        self._serial += 1
        return self._serial

    def window(self):
        """The surface of the first window."""
        for toplevel, shell in self._toplevels.items():
            if toplevel in self.objects:
                return self._surface_of[shell]
        return None

    def configure(self, surface, width=0, height=0, states=()):
        for toplevel, shell in list(self._toplevels.items()):
            if self._surface_of.get(shell) == surface and {toplevel, shell} <= self.objects.keys():
                self.event(toplevel, "configure", width, height,
                           struct.pack(f"<{len(states)}I", *states))
                self.event(shell, "configure", self.serial())

    def fire_frames(self):
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            if callback in self.objects:
                self.event(callback, "done", int(time.monotonic() * 1000))
                self._gone(callback)

    def _gone(self, identity):
        self.objects.pop(identity, None)
        if identity < FIRST_SERVER_ID:
            self.event(1, "delete_id", identity)

    # Requests ----------------------------------------------------------------------------------

    def pump(self, timeout):
        """Reads and serves what is there. False when the connection is over."""
        if not select.select([self._socket], [], [], timeout)[0]:
            return not self.dead
        try:
            data, rights, _, _ = self._socket.recvmsg(65536, 4096)
        except OSError:
            return False
        for _, _, fds in rights:
            self._fds += array.array("i", fds[:len(fds) - len(fds) % 4])
        self._input += data
        while len(self._input) >= 8:
            sender, word = struct.unpack_from("<II", self._input)
            if len(self._input) < word >> 16:
                break
            body, self._input = self._input[8:word >> 16], self._input[word >> 16:]
            self._request(sender, word & 0xffff, body)
        return bool(data) and not self.dead

    def _request(self, sender, opcode, body):
        if sender not in self.objects:
            return
        interface, version = self.objects[sender]
        name, kinds, destroys = self.compositor.interfaces[interface].requests[opcode]
        full = f"{interface}.{name}"
        arguments = self._parse(kinds, version, body)
        self.count[full] += 1
        self.last[full] = arguments
        if full in self.compositor.remembered:
            self.all[full].append((sender, arguments))
        hook = self.compositor.hooks.get(full)
        if not (hook and hook(self, sender, arguments)):
            self._serve(sender, full, arguments)
        for (kind, _), value in zip(kinds, arguments):
            if kind == "fd" and value >= 0:
                os.close(value)
        if destroys:
            self._gone(sender)

    def _parse(self, kinds, version, body):
        at, arguments = 0, []

        def word(layout="<I"):
            nonlocal at
            at += 4
            return struct.unpack_from(layout, body, at - 4)[0]

        def text():
            nonlocal at
            length = word()
            at += (length + 3) & ~3
            return body[at - ((length + 3) & ~3):][:length]

        for kind, target in kinds:
            if kind == "fd":
                arguments.append(self._fds.pop(0) if self._fds else -1)
            elif kind in ("string", "array"):
                arguments.append(text())
            elif kind == "new_id" and target is None:
                interface = text()[:-1].decode()
                new = (interface, word(), word())
                self.objects[new[2]] = new[:2]
                arguments.append(new)
            elif kind == "new_id":
                arguments.append(word())
                self.objects[arguments[-1]] = (target, version)
            else:
                arguments.append(word("<i" if kind in ("int", "fixed") else "<I"))
        return arguments

    def _serve(self, sender, full, arguments):
        new = arguments[0] if arguments else None
        if full == "wl_display.sync":
            if self.compositor.early and self.count[full] == 1:
                time.sleep(0.2)  # the binds are here meanwhile, and are answered first
                self.pump(0)
            self.event(new, "done", 0)
            self._gone(new)
        elif full == "wl_display.get_registry":
            for number, (name, version) in enumerate(self.compositor.globals.items(), 1):
                self.event(new, "global", number, name, version)
        elif full == "wl_registry.bind":
            self._bound(*arguments[1])
        elif full.startswith("wl_seat.get_"):
            setattr(self, full.removeprefix("wl_seat.get_"), new)
        elif full == "wl_data_device_manager.get_data_device":
            self.data_device = new
        elif full == "xdg_wm_base.get_xdg_surface":
            self._surface_of[new] = arguments[1]
        elif full == "xdg_surface.get_toplevel":
            self._toplevels[new] = sender
        elif full == "wl_surface.frame":
            self._asked.setdefault(sender, []).append(new)
        elif full == "wl_surface.attach":
            self._attached[sender] = new
        elif full == "wl_surface.commit":
            self._commit(sender)

    def _bound(self, interface, version, identity):
        self.last[f"bound {interface}"] = identity
        if interface == "wl_shm":
            self.event(identity, "format", 0)
            self.event(identity, "format", 1)
        elif interface == "wl_seat":
            if self.compositor.early:
                self.event(identity, "capabilities", self.compositor.seat)
            else:
                self._seat = identity
        elif interface == "wl_output":
            output = self.compositor.output
            self.event(identity, "geometry", 0, 0, *output.get("mm", (300, 200)), 0, "x", "y", 0)
            self.event(identity, "mode", 1, *output.get("mode", (1920, 1080, 60000)))
            self.event(identity, "scale", output.get("scale", 1))
            self.event(identity, "name", "X-1")
            self.event(identity, "done")

    def _commit(self, surface):
        if self._seat:
            self.event(self._seat, "capabilities", self.compositor.seat)
            self._seat = None
        shells = [shell for shell, of in self._surface_of.items() if of == surface]
        if surface not in self._configured and any(shell in shells
                                                   for shell in self._toplevels.values()):
            self._configured.add(surface)
            self.configure(surface, *self.compositor.first_size)
        buffer = self._attached.pop(surface, None)
        if buffer is not None:
            self.current[surface] = buffer
            if buffer in self.objects and self.compositor.releases:
                self.event(buffer, "release")
        self._callbacks += self._asked.pop(surface, [])

    def close(self):
        self.dead = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Compositor:
    """`frame_hz`: how often frame callbacks come (0: never). `hooks`: a function for a request,
    called with (client, object, arguments); if it returns True, the request is served. `early`: what
    is bound tells what it is like before the list of globals ends."""

    def __init__(self, path, *, more_globals=None, output=None, hooks=None, frame_hz=60,
                 releases=True, first_size=(0, 0), seat=POINTER | KEYBOARD, remembered=(),
                 early=False):
        self.interfaces = read_interfaces()
        self.globals = {**GLOBALS, **(more_globals or {})}
        self.output, self.hooks, self.remembered = output or {}, hooks or {}, set(remembered)
        self.releases, self.first_size, self.seat = releases, first_size, seat
        self.early, self.reading = early, True
        self.clients = []
        self._frame_hz, self._stopped = frame_hz, False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def client(self):
        return self.clients[-1]

    def _accept(self):
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            client = Client(self, connection)
            self.clients.append(client)
            threading.Thread(target=self._serve, args=(client, connection), daemon=True).start()

    def _serve(self, client, connection):
        next_frame = time.monotonic()
        while not self._stopped:
            if not self.reading:
                time.sleep(0.005)
                continue
            if not client.pump(0.004):
                break
            if self._frame_hz and time.monotonic() >= next_frame:
                client.fire_frames()
                next_frame = time.monotonic() + 1 / self._frame_hz
        client.dead = True
        connection.close()

    def close(self):
        self._stopped = True
        for end in [self._listener]:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
        for client in self.clients:
            client.close()
