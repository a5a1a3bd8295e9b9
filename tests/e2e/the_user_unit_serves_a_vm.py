# SPDX-License-Identifier: MIT
"""The systemd unit's command line does what the unit is for: a VMM finds the sockets that the unit's
text names, may go and come again, and more options come from a file."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from harness import VM, Process, Skip, check, main, prepare_vm, wait_for

NAME = "panel"


def unit(lab):
    path = Path(lab.oriel_program).parents[2] / "data" / "oriel@.service"
    if not path.exists():
        raise Skip(f"{path} does not exist")
    return path


def key(text, name):
    return re.search(rf"^{name}=(.*)$", text, re.M).group(1)


def expanded(lab, text):
    return text.replace("%i", NAME).replace("%t", str(lab.runtime)).replace("%E", str(lab.folder))


def options(lab, text):
    """What systemd puts in place of $ORIEL_OPTIONS."""
    path = Path(expanded(lab, key(text, "EnvironmentFile")).removeprefix("-"))
    path.parent.mkdir()
    path.write_text("ORIEL_OPTIONS=--title Panel --size 800x600\n")
    return path.read_text().strip().partition("=")[2]


def qemu(lab, end):
    """A VMM as use.md starts it, with each socket that the unit names."""
    arguments = ["-machine", "q35,accel=qtest,memory-backend=ram", "-m", "64", "-object",
                 "memory-backend-memfd,id=ram,size=64M,share=on", "-nodefaults", "-display", "none",
                 "-qmp", f"unix:{lab.runtime}/oriel-{NAME}.qmp,server=on,wait=off"]
    for socket in ("vfio-user", "in.kbd", "in.ptr", "in.mouse", "in.touch"):
        arguments += ["-device", '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'
                      f'{lab.runtime}/oriel-{NAME}.{socket}"}}}}']
    return Process(lab, f"qemu-{end}", [VM / "qemu", *arguments])


def test(lab):
    prepare_vm()
    path = unit(lab)
    text = path.read_text()
    if shutil.which("systemd-analyze"):
        folder = lab.folder / "units"
        folder.mkdir()
        # It looks for the program, which isn't installed here.
        start = key(text, "ExecStart").split()[0]
        (folder / path.name).write_text(text.replace(start, str(lab.oriel_program)))
        said = subprocess.run(["systemd-analyze", "--user", "--man=no", "verify",
                               f"{folder}/oriel@{NAME}.service"], capture_output=True, text=True,
                              env=lab.environment(HOME=str(lab.folder)), check=False)
        complaints = [line for line in said.stderr.splitlines() if "oriel@" in line]
        check(not complaints, f"systemd-analyze: {complaints}")

    command = expanded(lab, key(text, "ExecStart")).replace("$ORIEL_OPTIONS", options(lab, text))
    program, *arguments = command.split()
    check(os.path.isabs(program) and program.endswith("/oriel"), f"ExecStart is {program}")
    lab.weston(size=(1024, 768))
    oriel = Process(lab, "oriel", [lab.oriel_program, *arguments],
                    lab.environment(WAYLAND_DISPLAY="oriel-test"))

    def stats():
        oriel.check_running()
        result = lab.ctl(NAME, "stats", "--json")
        return None if result.returncode else json.loads(result.stdout)

    def all_there():
        seen = stats()
        return (seen and seen["attached"] and seen["input"]["qmp"]["connected"]
                and all(device["attached"] for device in seen["input"]["devices"]))

    wait_for(stats, 20, "oriel is ready")
    for end in ("first", "second"):
        vmm = qemu(lab, end)
        wait_for(all_there, 30, f"the {end} VMM has attached all of its devices")
        vmm.kill()
        wait_for(lambda: not stats()["attached"], 20, f"the {end} VMM is gone")
    check(lab.ctl(NAME, "quit").returncode == 0 and oriel.wait() == 0, "oriel ends with status 0")


if __name__ == "__main__":
    main(test)
