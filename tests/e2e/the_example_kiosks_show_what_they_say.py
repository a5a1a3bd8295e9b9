# SPDX-License-Identifier: MIT
"""The files of data/kiosk run as they are, but for the names of the outputs, which a test can't
choose, and for QEMU, which is one without a guest: each VM is on the outputs that its file says."""

import os
import re
import tomllib

from harness import SOURCE_ROOT, check, main, prepare_vm
from kiosk import QEMU, Kiosk, draw, wait_colours
from many_outputs import ManyOutputs

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
BLACK = (0, 0, 0)
SIZE = (640, 480)

# In place of qemu-system-x86_64: takes what Oriel has added, and nothing of the disks.
QEMU_WITHOUT_GUEST = """#!/usr/bin/env python3
import os, re, sys
words = sys.argv[1:]
kept = []
for option, value in zip(words, words[1:]):
    if option == "-device" and "vfio-user" in value or option == "-object" or (
            option == "-machine" and value.startswith("memory-backend")):
        kept += [option, value]
name = re.search(r"oriel/([\\w.-]+)\\.vfio-user", " ".join(words)).group(1)
size = next(re.search(r"size=\\w+", value) for value in words if value.startswith("memory-backend-memfd"))
kept = [value.replace(size.group(0), "size=67108864") for value in kept]
command = %r + kept + ["-qtest", f"unix:{os.environ['XDG_RUNTIME_DIR']}/{name}.qtest,server=on,wait=off",
                        "-qtest-log", "/dev/null"]
os.execv(command[0], command)
"""


def run(lab, file):
    checked = lab.run_oriel("kiosk", "--check", file)
    check(checked.returncode == 0, f"{file.name} --check: {checked}")
    plan = tomllib.loads(file.read_text())["vm"]
    outputs = [output for vm in plan.values() for output in vm["outputs"]]
    names = {output: f"WL{index}" for index, output in enumerate(outputs)}
    text = file.read_text()
    for output, name in names.items():
        text = text.replace(f'"{output}"', f'"{name}"')
    # The outputs are small, and a guest without a driver keeps its mode.
    copy = lab.folder / file.name
    copy.write_text(re.sub(r'size = "\d+x\d+"', 'size = "{}x{}"'.format(*SIZE), text))
    socket = f"many-{file.stem}"
    compositor = ManyOutputs(lab, names.values(), SIZE, socket)
    kiosk = Kiosk(lab, copy, socket)
    wanted = {}
    for colour, (name, vm) in zip(COLOURS, plan.items()):
        kiosk.wait_state(name, "running")
        draw(lab, name, colour)
        wanted[names[vm["outputs"][0]]] = colour
        # Without a driver there is nothing on further screens; their windows are there.
        wanted.update({names[output]: BLACK for output in vm["outputs"][1:]})
    wait_colours(compositor, wanted, f"{file.name}: each VM is on its outputs", 30)
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, f"{file.name}: quit")
    compositor.kill()


def test(lab):
    prepare_vm()
    program = lab.folder / "qemu-system-x86_64"
    program.write_text(QEMU_WITHOUT_GUEST % [*QEMU])
    program.chmod(0o755)
    os.environ["PATH"] = f"{lab.folder}:{os.environ['PATH']}"
    files = sorted((SOURCE_ROOT / "data" / "kiosk").glob("*.toml"))
    check(len(files) == 3, f"examples: {files}")
    for file in files:
        run(lab, file)


main(test)
