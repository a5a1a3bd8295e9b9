# SPDX-License-Identifier: MIT
"""What libvirt starts (QEMU's "Backend program conventions"): says what it can, serves a path or a
socket that is connected already, and ends with its VMM."""

import json
import os
import socket
import struct
import subprocess
from pathlib import Path

from harness import SOURCE_ROOT, START_TIMEOUT, check, main, wait_for

GET_FEATURES, SET_OWNER = 1, 3
VERSION_1 = 1 << 32


def ask(connection, request):
    """A request without a payload, and the number that it is answered with."""
    connection.sendall(struct.pack("<III", request, 1, 0))
    answer = connection.recv(20, socket.MSG_WAITALL)
    check(len(answer) == 20, f"request {request} is answered with {len(answer)} bytes")
    return struct.unpack("<IIIQ", answer)[3]


def test(lab):
    description = json.loads((SOURCE_ROOT / "data/vhost-user/60-oriel-gpu.json.in").read_text())
    check(description["type"] == "gpu" and description["binary"].endswith("/oriel-vhost-user"),
          f"the description is wrong: {description}")
    text = (SOURCE_ROOT / "data/vhost-user/oriel-vhost-user.in").read_text()
    program = lab.folder / "oriel-vhost-user"
    program.write_text(text.replace("@BINDIR@", str(Path(lab.oriel_program).resolve().parent)))
    program.chmod(0o755)

    def start(*arguments, **how):
        process = subprocess.Popen([program, *arguments], env=lab.environment(), **how)
        return process

    said = subprocess.run([program, "--print-capabilities"], capture_output=True, text=True,
                          check=True).stdout
    check(json.loads(said) == {"type": "gpu", "features": []}, f"capabilities: {said}")
    for wrong in ([], ["--what"], ["--fd="]):
        result = subprocess.run([program, *wrong], capture_output=True, text=True, check=False)
        check(result.returncode == 2 and len(result.stderr.splitlines()) == 1, f"{wrong}: {result}")

    ours, theirs = socket.socketpair()
    process = start(f"--fd={theirs.fileno()}", pass_fds=[theirs.fileno()])
    theirs.close()
    ours.settimeout(START_TIMEOUT)
    check(ask(ours, GET_FEATURES) & VERSION_1, "the connected socket is not served")
    ours.close()
    check(process.wait(START_TIMEOUT) == 0, "it does not end with its VMM")

    path = lab.runtime / "card.sock"
    process = start(f"--socket-path={path}")
    wait_for(path.exists, START_TIMEOUT, "the socket is there")
    with socket.socket(socket.AF_UNIX) as vmm:
        vmm.settimeout(START_TIMEOUT)
        vmm.connect(str(path))
        vmm.sendall(struct.pack("<III", SET_OWNER, 1, 0))
        check(ask(vmm, GET_FEATURES) & VERSION_1, "the path is not served")
        # An input device beside the card.
        check(os.path.exists(f"{path}.kbd"), "there is no keyboard")
        # As a VMM does: it has used the device.
        vmm.sendall(struct.pack("<IIIQ", 2, 1, 8, VERSION_1))
        ask(vmm, GET_FEATURES)
    check(process.wait(START_TIMEOUT) == 0, "it does not end with its VMM")
    check(not path.exists(), "its socket stays")


main(test)
