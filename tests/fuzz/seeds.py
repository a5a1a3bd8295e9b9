#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes first inputs for the fuzz targets out of what real programs say.

usage: seeds.py FOLDER [TRACE...]

Each target's go into FOLDER/TARGET, from where tests/fuzz/run takes them (--work FOLDER/..). A TRACE is a text of
what a VMM sent over vfio-user, a message a line: "-> id=1 DMA_MAP size=48 flags=0x0 fds=[8] HEX", or
"RD r7 +0x30/4 HEX", "WR r7 +0x30/4 HEX". Texts come from this repository: kiosk files, tests, needles.
"""

import hashlib
import json
import re
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"VERSION": 1, "DMA_MAP": 2, "DMA_UNMAP": 3, "GET_INFO": 4, "GET_REGION_INFO": 5,
            "GET_REGION_IO_FDS": 6, "GET_IRQ_INFO": 7, "SET_IRQS": 8, "READ": 9, "WRITE": 10, "RESET": 13}
SESSION_BYTES = 2048


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
    small = b""
    if command in (2, 3) and len(payload) >= 24:
        flags, = struct.unpack_from("<I", payload, 4)
        numbers = struct.unpack_from("<QQQ" if command == 2 else "<QQ", payload, 8)
        small = bytes([flags & 7, *(min(255, number >> 12) for number in numbers)])
    elif command == 8 and len(payload) >= 20:
        _, flags, index, start, count = struct.unpack_from("<IIIII", payload)
        small = bytes([flags & 255, index, start, min(count, 4), 1, 1, 1])
    elif command in (9, 10):
        offset, region, count = struct.unpack_from("<QII", payload)
        small = struct.pack("<BHB", min(count, 8), offset & 0xffff, region) + (payload[16:24][:min(count, 8)])
    elif command not in (2, 3, 8):
        small = bytes([min(47, len(payload))]) + payload[:min(47, len(payload))]
    return bytes([0, command]) + small + (bytes([descriptors]) if command in (2, 8) else b"")


def from_traces(folder, traces):
    for trace in traces:
        session = b""
        for command, descriptors, payload in messages(Path(trace).read_text(encoding="utf-8", errors="replace")):
            keep(folder, "vfio-user-message", bytes([command, descriptors]) + payload)
            session += in_session(command, descriptors, payload)
        for at in range(0, len(session), SESSION_BYTES):
            keep(folder, "vfio-user-session", session[at:at + SESSION_BYTES])


def from_texts(folder):
    for path in sorted((ROOT / "data" / "kiosk").glob("*.toml")):
        keep(folder, "kiosk-file", path.read_bytes())
    for path in sorted((ROOT / "data" / "examples").glob("**/*.toml")):
        keep(folder, "test-script", path.read_bytes())
        for step in path.read_text(encoding="utf-8").split("[[step]]")[1:]:
            keep(folder, "test-script", b"[vm]\n[[step]]" + step.encode())
    for said in ('{"QMP":{"version":{"qemu":{"micro":3,"minor":1,"major":11}},"capabilities":["oob"]}}',
                 '{"return":{},"id":1}', '{"error":{"class":"GenericError","desc":"no"},"id":2}',
                 '{"return":[{"name":"QEMU HID Tablet","index":3,"current":true,"absolute":true}],"id":3}',
                 '{"timestamp":{"seconds":1,"microseconds":2},"event":"SUSPEND"}',
                 '{"return":{"status":"suspended","running":true},"id":4}'):
        keep(folder, "qmp-message", said.encode())
    for words in (["key", "ctrl-alt-delete"], ["type", "root\n"], ["click", "10,20", "right"], ["move", "1,2"],
                  ["drag", "1,2", "3,4"], ["wheel", "-3"], ["touch", "5,6"], ["scroll", "1"]):
        keep(folder, "control-request",
             (json.dumps({"command": "input", "words": words, "state": 0, "scanout": 1}) + "\n").encode())
    for words in (["0", "800x600@75"], ["1", "off"], ["1", "on"], ["0", "1024x768"]):
        keep(folder, "control-request", (json.dumps({"command": "screen", "words": words}) + "\n").encode())
    for request in ({"command": "frame", "scanout": 1}, {"command": "hud", "on": True}, {"command": "edid"}):
        keep(folder, "control-request", (json.dumps(request) + "\n").encode())
    area = {"xpos": 1, "ypos": 2, "width": 10, "height": 8, "type": "match", "match": 97, "margin": 3}
    for more in ({}, {"click_point": {"xpos": 2, "ypos": 3, "id": "one"}}, {"click_point": "center"},
                 {"type": "exclude"}, {"type": "ocr"}, {"match": "90"}):
        keep(folder, "needle-file", json.dumps({"tags": ["tag"], "properties": ["workaround", {"name": "x"}],
                                                "area": [area, {**area, **more}]}).encode())
    keep(folder, "traced-frame", b'{"frame":1,"screen":0,"mode":"virtio 4x3","size":"4x3","damage":[[0,0,4,3]],'
                                 b'"hash":"0123456789abcdef","time_ns":5}')


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    from_texts(folder)
    from_traces(folder, sys.argv[2:])


if __name__ == "__main__":
    main()
