# SPDX-License-Identifier: MIT
"""A headless sway: a compositor with a seat, whose pointer a test moves, and whose output is
captured with the pointer on it (protocols of wlroots: virtual pointer, screencopy)."""

import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import wayland_client
from harness import Process, check, need_program, wait_for

NOBODY = 65534
# Of a sway with several outputs, side by side.
OUTPUT = "output {name} position {x} 0\n"
CONFIG = """\
xwayland disable
default_border none
default_floating_border none
hide_edge_borders --i3 none
focus_follows_mouse no
seat * hide_cursor 0
output * mode {width}x{height} position 0 0
"""


class Sway(Process):
    """Outputs HEADLESS-1 and so on, no decorations: a window fills its output. `socket` is the
    Wayland socket's path."""

    def __init__(self, lab, size=(1024, 768), runtime=None, outputs=1, at_first=None, floating=False):
        """`runtime`: of one that was killed with crash(); this one has the same socket. `at_first`:
        so many of the outputs are there, the others come with create_output. `floating`: windows are
        as large as they like."""
        need_program("sway")
        version = subprocess.run(["sway", "--version"], capture_output=True, text=True, check=True).stdout
        self.version = tuple(int(part) for part in re.search(r"(\d+)\.(\d+)", version).groups())
        self.size = size
        self.outputs = [f"HEADLESS-{number}" for number in range(1, outputs + 1)]
        # sway refuses to run as root; nobody can't enter the lab's runtime folder.
        self.runtime = runtime or Path(tempfile.mkdtemp(prefix="oriel-sway-"))
        config = self.runtime / "config"
        text = CONFIG.format(width=size[0], height=size[1])
        if outputs > 1:
            text += "".join(OUTPUT.format(name=name, x=index * size[0])
                            for index, name in enumerate(self.outputs))
        if floating:
            text += 'for_window [app_id=".*"] floating enable\n'
        config.write_text(text)
        command = ["sway", "--config", config]
        if os.geteuid() == 0:
            os.chown(self.runtime, NOBODY, NOBODY)
            os.chown(config, NOBODY, NOBODY)
            # A change of user forgets the signal that the harness has asked for.
            command = [need_program("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}",
                       "--clear-groups", "--pdeathsig=KILL", *command]
        super().__init__(lab, "sway", command, lab.environment(
            XDG_RUNTIME_DIR=str(self.runtime), HOME=str(self.runtime), WLR_BACKENDS="headless",
            WLR_RENDERER="pixman", WLR_LIBINPUT_NO_DEVICES="1", WLR_HEADLESS_OUTPUTS=str(at_first or outputs)))
        self.socket = self.last_capture = None
        wait_for(self._ready, 30, "sway accepts clients")

    def _ready(self):
        self.check_running()
        sockets = [path for path in self.runtime.iterdir()
                   if re.fullmatch(r"wayland-\d+", path.name)]
        self.socket = sockets[0] if sockets else None
        return sockets and "xdg_wm_base" in wayland_client.offered_globals(self.socket)

    def message(self, command):
        """A command as in sway's configuration, for the focused window."""
        (ipc,) = self.runtime.glob("sway-ipc.*.sock")
        result = subprocess.run([need_program("swaymsg"), "--socket", ipc, command],
                                capture_output=True, text=True, timeout=20, check=False)
        check(result.returncode == 0, f"swaymsg {command}: {result.stdout}{result.stderr}")

    def unplug(self, name):
        """From sway 1.8 on."""
        self.message(f"output {name} disable")

    def plug(self, name):
        """wlroots' headless output gives no frames when it was switched on, before its mode is another
        one."""
        width, height = self.size
        self.message(f"output {name} enable")
        for rows in (height + 1, height):
            self.message(f"output {name} mode {width}x{rows}")

    def _windows(self):
        """The nodes of sway's tree that are windows."""
        (ipc,) = self.runtime.glob("sway-ipc.*.sock")
        result = subprocess.run([need_program("swaymsg"), "--socket", ipc, "--raw", "--type", "get_tree"],
                                capture_output=True, text=True, timeout=20, check=True)

        def windows(node):
            own = [node] if node.get("app_id") else []
            return own + [one for child in node["nodes"] + node["floating_nodes"]
                          for one in windows(child)]
        return windows(json.loads(result.stdout))

    def titles(self):
        """Of all windows."""
        return [window["name"] for window in self._windows()]

    def sizes(self):
        """Of all windows, as sway has them: (width, height)."""
        return [(window["rect"]["width"], window["rect"]["height"]) for window in self._windows()]

    def capture(self, name=None):
        """What is on the output of that name (on the first one) now, with the pointer, as a
        Picture."""
        self.check_running()
        with wayland_client.Connection(self.socket) as connection:
            self.last_capture = capture(connection, output_named(connection, name) if name else None)
        return self.last_capture

    def colour(self, name):
        """The colour of a whole output, or None where it has several, or gives no picture."""
        self.check_running()
        return output_colour(self.socket, name)

    def crash(self):
        """Nothing is left but what a crash leaves. Returns the runtime folder, for the next one."""
        super().kill()
        for ipc in self.runtime.glob("sway-ipc.*.sock"):
            ipc.unlink()
        return self.runtime

    def kill(self):
        super().kill()
        shutil.rmtree(self.runtime, ignore_errors=True)


def output_named(connection, name):
    """The wl_output of that name, which there must be."""
    outputs = [connection.bind("wl_output", 4, index)
               for index in range(len(connection.globals.get("wl_output", [])))]
    names = {}

    def on_event(target, opcode, body):
        if target in outputs and opcode == 4:  # name
            size, = struct.unpack_from("=I", body)
            names[body[4:3 + size].decode()] = target
    connection.roundtrip(on_event)
    check(name in names, f"sway has the outputs {sorted(names)}, and no {name}")
    return names[name]


def output_colour(socket, name):
    """The colour of an output, but for the corner where the pointer is that labwc draws; None where
    it has several, or gives no picture: one that was just switched on may not."""
    try:
        with wayland_client.Connection(socket, timeout=2) as connection:
            shot = capture(connection, output_named(connection, name), pointer=False)
    except TimeoutError:
        return None
    colour, rest = shot.pixel(shot.width - 1, shot.height - 1), shot.crop(*POINTER, *(
        side - at for side, at in zip(shot.size, POINTER)))
    return colour if set(rest.colours()) == {colour} else None


def capture(connection, output=None, pointer=True):
    """wlr-screencopy-unstable-v1, version 1. Of the first output where none is named."""
    output = output or connection.bind("wl_output")
    manager = connection.bind("zwlr_screencopy_manager_v1")
    frame = connection.new_id()
    connection.request(manager, 0, struct.pack("=IiI", frame, int(pointer), output))
    buffer = None
    upside_down = False
    while True:
        target, opcode, body = connection.next_event()
        if target != frame:
            continue
        if opcode == 0:  # buffer: format, width, height, stride
            code, width, height, _ = struct.unpack("=IIII", body)
            fourcc = {0: b"AR24", 1: b"XR24"}.get(code) or code.to_bytes(4, "little")
            if fourcc not in wayland_client.ORDERS:
                raise wayland_client.ProtocolError(f"sway captures in {fourcc}")
            buffer = wayland_client.Buffer(connection, width, height, fourcc)
            connection.request(frame, 0, struct.pack("=I", buffer.object))  # copy
        elif opcode == 1:  # flags
            upside_down = struct.unpack("=I", body)[0] & 1 != 0
        elif opcode == 2:  # ready
            shot = buffer.picture()
            if upside_down:
                shot.rows.reverse()
            return shot
        elif opcode == 3:
            raise wayland_client.ProtocolError("sway's capture failed")


class Pointer:
    """A pointer on the compositor's seat, which has no other; it is there until close()."""

    def __init__(self, sway):
        self._size = sway.size
        self._connection = wayland_client.Connection(sway.socket)
        manager = self._connection.bind("zwlr_virtual_pointer_manager_v1")
        seat = self._connection.bind("wl_seat")
        self._pointer = self._connection.new_id()
        self._time = 0
        self._connection.request(manager, 0, struct.pack("=II", seat, self._pointer))
        self._connection.roundtrip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def move(self, x, y):
        """To the output's pixel x, y."""
        self._time += 10
        self._connection.request(self._pointer, 1,
                                 struct.pack("=IIIII", self._time, x, y, *self._size))
        self._connection.request(self._pointer, 4)  # frame
        self._connection.roundtrip()

    def button(self, code, pressed):
        self._time += 10
        self._connection.request(self._pointer, 2,
                                 struct.pack("=III", self._time, code, int(pressed)))
        self._connection.request(self._pointer, 4)  # frame
        self._connection.roundtrip()

    def wheel(self, notches):
        """Towards the user."""
        self._time += 10
        self._connection.request(self._pointer, 5, struct.pack("=I", 0))  # a wheel
        self._connection.request(self._pointer, 7, struct.pack("=IIii", self._time, 0,
                                                               notches * 15 * 256, notches))
        self._connection.request(self._pointer, 4)  # frame
        self._connection.roundtrip()


# Its right and lower end.
POINTER = (150, 150)

KEYMAP = """xkb_keymap {
xkb_keycodes { include "evdev" }; xkb_types { include "complete" };
xkb_compat { include "complete" }; xkb_symbols { include "pc+us" };
};
"""


class Keyboard:
    """A keyboard on the compositor's seat (virtual-keyboard-unstable-v1); codes are evdev's."""

    def __init__(self, sway):
        self._connection = wayland_client.Connection(sway.socket)
        manager = self._connection.bind("zwp_virtual_keyboard_manager_v1")
        seat = self._connection.bind("wl_seat")
        self._keyboard = self._connection.new_id()
        self._time = 0
        self._connection.request(manager, 0, struct.pack("=II", seat, self._keyboard))
        text = KEYMAP.encode() + b"\0"
        descriptor = os.memfd_create("keymap")
        try:
            os.write(descriptor, text)
            self._connection.request(self._keyboard, 0, struct.pack("=II", 1, len(text)),
                                     [descriptor])
        finally:
            os.close(descriptor)
        self._connection.roundtrip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def key(self, code, pressed):
        self._time += 10
        self._connection.request(self._keyboard, 1,
                                 struct.pack("=III", self._time, code, int(pressed)))
        self._connection.roundtrip()

    def chord(self, *codes):
        for code in codes:
            self.key(code, True)
        for code in reversed(codes):
            self.key(code, False)
