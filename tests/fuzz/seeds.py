#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes first inputs for the fuzz targets out of what real programs say.

usage: seeds.py FOLDER [TRACE...]

Each target's go into FOLDER/TARGET, from where tests/fuzz/run takes them (--work FOLDER/..). A TRACE is a text of
what a VMM sent over vfio-user, a message a line: "-> id=1 DMA_MAP size=48 flags=0x0 fds=[8] HEX", or
"RD r7 +0x30/4 HEX", "WR r7 +0x30/4 HEX". Texts come from this repository: kiosk files, tests, needles, and what
the unit tests of a parser have in quotes. Fonts are made here, packed as firmware and kernels are.
"""

import gzip
import hashlib
import json
import lzma
import random
import re
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"VERSION": 1, "DMA_MAP": 2, "DMA_UNMAP": 3, "GET_INFO": 4, "GET_REGION_INFO": 5,
            "GET_REGION_IO_FDS": 6, "GET_IRQ_INFO": 7, "SET_IRQS": 8, "READ": 9, "WRITE": 10, "RESET": 13}
# A parser's unit tests, with what stands around a piece of a text in them.
QUOTED = {"kiosk-file": ("tests/unit/app/kiosk/kiosk_file_test.cpp", "", "[vm.a]\n"),
          "test-script": ("tests/unit/app/test_run/script_test.cpp", "", "[vm]\nimage = \"a\"\n",
                          "[vm]\nimage = \"a\"\n[[step]]\n"),
          "needle-file": ("tests/unit/match/needle_test.cpp", ""),
          "traced-frame": ("tests/unit/app/trace/traced_frame_test.cpp", ""),
          "qmp-message": ("tests/unit/input/qmp_message_test.cpp", "")}
PROGRAMS = ("agent-message", "console-picture", "dbus-picture", "edid-monitor", "gpu-device", "input-device",
            "pci-function", "vfio-user-session", "vga-registers", "vga-shaders", "vhost-user-session", "virtqueue",
            "wayland-events", "control-request")
# Steps and heads of a test that are right, or nearly.
STEPS = ("click = {at = [1, 2]}", "click = {at = [1, 2], button = 'right'}", "click = {}", "drag = {from = [1, 2]}",
         "drag = {from = [1, 2], to = [3, 4]}", "reset = false", "screen = '0 nothing'", "screen = ['0', 'off']", "key = ''",
         "key = 'a+b'\nhold = 1", "hold = 1\ntype = 'a'", "cursor = true\ntype = 'a'", "screenshot = 'a'\ncursor = true",
         "assert = {image = 'a.png', anywhere = true, ignore = [[1, 2, 3, 4]]}",
         "assert = {image = 'a.png', ignore = [[1, 2, 3, 4], [5, 6, 7, 8]], mask = 'm.png'}", "wait = {}",
         "assert = {image = 'a.png', mask = 'm.png'}", "wait = {text = 'a', pattern = 'b'}", "wait = {end = false}",
         "assert = {text = 'a', area = [1, 2, 0, 0]}", "assert = {text = 'a', area = [1, 2, 3]}", "wait = {text = ['a', 1]}",
         "wait = {text = []}", "wait = {image = ''}", "wait = {needle = ''}", "wait = {pattern = '('}", "wait = {stable = -1}",
         "wait = {image = 'a', tolerance = 9999}", "wait = 1", "touch = [1]", "pointer = [1, 2]", "wheel = 'a'", "run = []")
HEADS = ("name = '..'", "name = 'good'", "step = 1", "step = [1]", "[vm]\niso = 'a.iso'", "[vm]\nappend = 'a'",
         "[vm]\nqemu = ['qemu-system-x86_64', '-daemonize']", "[edid]\npreferred = 'wide'", "[vm]\nimage = ''",
         "[record]\nfile = 'a.mkv'", "timeout = 'a'", "[vm]\nimage = \"a\\u0000b\"")
SESSION_BYTES = 2048
# A card that keeps nothing, and its version.
FIRST = bytes([2, 0, 0, 0])


def keep(folder, target, data):
    place = folder / target
    place.mkdir(parents=True, exist_ok=True)
    (place / hashlib.sha1(data).hexdigest()).write_bytes(data)


def messages(text):
    """(command, descriptors, payload) of each message in a trace."""
    for line in text.splitlines():
        sent = re.search(r"-> id=\d+ (\w+) size=\d+ flags=\w+ fds=\[([\d, ]*)\] ?([0-9a-f]*|b'.*')$", line)
        access = re.search(r"(RD|WR) r(\d+) \+0x([0-9a-f]+)/(\d+) ([0-9a-f]+)", line)
        if sent and sent.group(1) in COMMANDS:
            hexadecimal = sent.group(3)
            payload = (eval_bytes(hexadecimal) if hexadecimal.startswith("b'")
                       else bytes.fromhex(hexadecimal[:len(hexadecimal) // 2 * 2]))
            yield COMMANDS[sent.group(1)], len(re.findall(r"\d+", sent.group(2))), payload
        elif access:
            region, offset, count = int(access.group(2)), int(access.group(3), 16), int(access.group(4))
            written = access.group(1) == "WR"
            head = struct.pack("<QII", offset, region, count)
            yield (10 if written else 9), 0, head + (
                int(access.group(5)[:16], 16).to_bytes(8, "little")[:count] if written else b"")


def eval_bytes(text):
    """What Python's repr() of bytes means."""
    return text[2:-1].encode("latin-1").decode("unicode_escape").encode("latin-1")


def in_session(command, descriptors, payload):
    """A message as tests/fuzz/vfio_user_session.cpp reads it, with what is there in fewer bits cut off."""
    small = b"\0"
    if command in (2, 3) and len(payload) >= 24:
        flags, = struct.unpack_from("<I", payload, 4)
        numbers = struct.unpack_from("<QQQ" if command == 2 else "<QQ", payload, 8)
        small = bytes([flags & 3, *(min(31, number >> 12) for number in numbers)])
    elif command == 8 and len(payload) >= 20:
        _, flags, index, _, count = struct.unpack_from("<IIIII", payload)
        data, action = (next((bit for bit in range(3) if flags >> first & 1 << bit), 0) for first in (0, 3))
        small = bytes([data + 3 * action, index // 2, index // 2, 0, min(count, 1)]) + bytes([1] * min(count, 1)) * (data == 1)
    elif command in (9, 10):
        offset, region, count = struct.unpack_from("<QII", payload)
        small = struct.pack("<BHB", min(count, 8), offset & 0xffff, region) + (payload[16:24][:min(count, 8)])
    elif command in (5, 7) and len(payload) >= 12:
        small = bytes([32, payload[8]]) if command == 5 else payload[8:9]
    elif command not in (1, 4):
        small = bytes([min(47, len(payload))]) + payload[:min(47, len(payload))]
    return bytes([200 + command, 0]) + small + bytes([0 if descriptors or command not in (2, 8) else 7])


def from_traces(folder, traces):
    for trace in traces:
        session = FIRST
        for command, descriptors, payload in messages(Path(trace).read_text(encoding="utf-8", errors="replace")):
            keep(folder, "vfio-user-message", bytes([command, descriptors]) + payload)
            session += in_session(command, descriptors, payload)
            if len(session) >= SESSION_BYTES:
                keep(folder, "vfio-user-session", session)
                session = FIRST
        keep(folder, "vfio-user-session", session)


def from_texts(folder):
    for path in sorted((ROOT / "data" / "kiosk").glob("*.toml")):
        keep(folder, "kiosk-file", path.read_bytes())
    for path in sorted((ROOT / "data" / "examples").glob("**/*.toml")):
        keep(folder, "test-script", path.read_bytes())
        for step in path.read_text(encoding="utf-8").split("[[step]]")[1:]:
            keep(folder, "test-script", b"[vm]\n[[step]]" + step.encode())
    for step in STEPS:
        keep(folder, "test-script", f"[vm]\nimage = 'a'\n[[step]]\n{step}\n".encode())
    for head in HEADS:
        keep(folder, "test-script", f"{head}\n".encode())
    for said in ('{"QMP":{"version":{"qemu":{"micro":3,"minor":1,"major":11}},"capabilities":["oob"]}}',
                 '{"return":{},"id":1}', '{"error":{"class":"GenericError","desc":"no"},"id":2}',
                 '{"return":[{"name":"QEMU HID Tablet","index":3,"current":true,"absolute":true}],"id":3}',
                 '{"timestamp":{"seconds":1,"microseconds":2},"event":"SUSPEND"}',
                 '{"return":{"status":"suspended","running":true},"id":4}'):
        keep(folder, "qmp-message", said.encode())
    for words in (["key", "ctrl+alt+delete", "a"], ["type", "Root\n"], ["pointer", "10", "20.5"], ["move", "1", "-2"],
                  ["button", "right"], ["wheel", "-3", "2"], ["touch", "5", "6"], ["key", "+".join("abcdefghij")],
                  ["type", "\u00e9"], ["button", "none"], ["key", ""], ["touch", "a", "b"]):
        for state in range(4):
            request = {"command": "input", "words": words, "state": state, "scanout": 1}
            keep(folder, "control-request", (json.dumps(request) + "\n").encode())
    for request in ({"command": "input", "words": [1]}, {"command": "frame", "scanout": "a"}, {"command": "hud", "on": 1},
                    {"command": "hud", "on": False}, {"command": "frame", "scanout": 7}, {"command": 1},
                    {"command": "screen", "words": ["0", "output", "DP-1"]}):
        keep(folder, "control-request", (json.dumps(request) + "\n").encode())
    keep(folder, "control-request", b"x" * 4096)
    keep(folder, "control-request", b'{"command":"edid"}\n' * 200)
    for words in (["0", "800x600@75"], ["1", "off"], ["1", "on"], ["0", "1024x768"]):
        keep(folder, "control-request", (json.dumps({"command": "screen", "words": words}) + "\n").encode())
    for request in ({"command": "frame", "scanout": 1}, {"command": "hud", "on": True}, {"command": "edid"}):
        keep(folder, "control-request", (json.dumps(request) + "\n").encode())
    area = {"xpos": 1, "ypos": 2, "width": 10, "height": 8, "type": "match", "match": 97, "margin": 3}
    for more in ({}, {"click_point": {"xpos": 2, "ypos": 3, "id": "one"}}, {"click_point": "center"},
                 {"type": "exclude"}, {"type": "ocr"}, {"match": "90"}):
        keep(folder, "needle-file", json.dumps({"tags": ["tag"], "properties": ["workaround", {"name": "x"}],
                                                "area": [area, {**area, **more}]}).encode())
    for wrong in ({"xpos": "a"}, {"xpos": -1}, {"type": "other"}, {"click_point": "middle"}, {"margin": None},
                  {"click_point": {"xpos": 1, "ypos": "x"}}, {"match": "x"}, {"width": 0}, {"width": 999}):
        keep(folder, "needle-file", json.dumps({"tags": ["tag"], "area": [{**area, **wrong}]}).encode())
    clicked = {**area, "click_point": "center"}
    for file in ({"area": [clicked, clicked]}, {"area": [1]}, {"area": {}}, {"area": [area] * 200},
                 {"png": "other.png", "area": [area]}, {"tags": [], "area": [{**area, "type": "exclude"}]}):
        keep(folder, "needle-file", json.dumps(file).encode())
    keep(folder, "traced-frame", b'{"frame":1,"screen":0,"mode":"virtio 4x3","size":"4x3","damage":[[0,0,4,3]],'
                                 b'"hash":"0123456789abcdef","time_ns":5}')


def quoted(text):
    """What a C++ file has in quotes, raw or not, neighbours joined."""
    raw = re.findall(r'R"(\w*)\((.*?)\)\1"', text, re.S)
    plain = re.findall(r'((?:"(?:[^"\\\n]|\\.)*"\s*)+)', text)
    yield from (inside for _, inside in raw)
    for run in plain:
        pieces = re.findall(r'"((?:[^"\\\n]|\\.)*)"', run)
        yield "".join(re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), piece)
                      for piece in pieces)


def from_unit_tests(folder):
    for target, (path, *heads) in QUOTED.items():
        file = ROOT / path
        for text in quoted(file.read_text(encoding="utf-8")) if file.exists() else ():
            if len(text) > 5:
                for head in heads:
                    keep(folder, target, (head + text).encode())


def by_chance(folder):
    """Programs for targets that take decisions out of their input: any bytes are one."""
    chance = random.Random(1)
    for target in PROGRAMS:
        for _ in range(40):
            keep(folder, target, chance.randbytes(chance.choice((300, 1000, 2500, 4096))))


def from_users(folder):
    """Somebody types, or has fingers on a screen, while the guest sleeps; then it takes all that waits."""
    room, all_room, often, once = bytes([8, 64, 0]), bytes([8, 64, 7]) * 2, bytes([11, 254]), bytes([11, 0])
    keys, slot, finger = bytes([0, 30, 1, 0, 31, 1]), bytes([5, 0, 1, 5, 10, 7]), bytes([5, 6, 9, 5, 7, 4])
    for kind, frames in ((0, often + keys), (3, often + finger + once + slot + once + finger),
                         (1, often + bytes([4, 0, 5, 4, 1, 6]) + often + bytes([3, 8, 1, 1, 0, 1])),
                         (2, often + bytes([3, 8, 1, 3, 6, 1]) + once + bytes([1, 0, 1, 1, 1, 1]))):
        keep(folder, "input-device", bytes([kind]) + room + frames + all_room + frames)


def from_fonts(folder):
    """A font as EDK2, a kernel and a VGA BIOS have it."""
    codes = [*range(0x20, 0x7f), 0xa0, 0x2500]
    edk2 = b"".join(struct.pack("<HBB18s", code, 0, 0, bytes([code % 256] * 18)) for code in codes) + bytes(22)
    guid = bytes.fromhex("98584eee143959429d6edc7bd79403cf")
    # Python writes an end mark and no size; firmware has the size.
    packed = bytearray(lzma.compress(edk2, lzma.FORMAT_ALONE))
    packed[5:13] = struct.pack("<Q", len(edk2))
    keep(folder, "font-file", bytes(40) + b"_FVH" + bytes(4) + guid + struct.pack("<H", 24) + bytes(2) + bytes(packed))
    face = bytes.fromhex("00007e81a58181bd9981817e00000000")
    glyphs = bytes(16) + face + bytes(code for code in range(2, 256) for _ in range(16))
    keep(folder, "font-file", glyphs)
    keep(folder, "font-file", b"\x55\xaa" + bytes(30) + glyphs)
    psf = bytes([0x36, 4, 0, 8]) + bytes(code for code in range(256) for _ in range(8))
    keep(folder, "font-file", gzip.compress(psf, mtime=0))
    xz = lzma.compress(glyphs, check=lzma.CHECK_CRC32) + struct.pack("<I", len(glyphs))
    head = bytearray(1024)
    head[0x202:0x206] = b"HdrS"
    head[0x248:0x250] = struct.pack("<II", 512, len(xz))
    keep(folder, "font-file", bytes(head) + xz)


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    from_texts(folder)
    from_unit_tests(folder)
    from_fonts(folder)
    by_chance(folder)
    from_users(folder)
    from_traces(folder, sys.argv[2:])


if __name__ == "__main__":
    main()
