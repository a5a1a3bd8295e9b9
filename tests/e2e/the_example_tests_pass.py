# SPDX-License-Identifier: MIT
"""The scripts of data/examples pass as they are; with another picture as the reference the same
script fails, and shows both."""

import json
import os
import shutil
import subprocess

import picture
from harness import SOURCE_ROOT, VM, check, main, make

EXAMPLES = SOURCE_ROOT / "data" / "examples"


def test(lab):
    qemu = make("qemu", "--prepare")
    check(qemu is not None, "no QEMU")
    kernel = make("kernel", "debian")
    firmware = subprocess.run([VM / "qemu", "--firmware"], capture_output=True, text=True,
                              check=True).stdout.split()[0]
    programs = lab.folder / "programs"
    programs.mkdir()
    program = programs / "qemu-system-x86_64"
    program.write_text(f'#!/bin/sh\nPATH={os.environ["PATH"]} exec {VM / "qemu"} "$@"\n')
    program.chmod(0o755)
    image = kernel / "vmlinux"
    environment = lab.environment(
        PATH=f"{programs}:{os.environ['PATH']}", INITRAMFS=str(kernel / "initramfs"),
        KERNEL=str(image if image.exists() else kernel / "vmlinuz"), OVMF=firmware)

    def run(folder, *arguments):
        return subprocess.run(
            [lab.oriel_program, "test", folder, "--output", lab.folder / "output", *arguments],
            env=environment, capture_output=True, text=True, timeout=400, check=False)

    done = run(EXAMPLES, "-j", "2", "--keep-going")
    check(done.returncode == 0, done.stdout + done.stderr)

    copy = lab.folder / "examples"
    shutil.copytree(EXAMPLES, copy)
    reference = picture.read_png(copy / "linux-shell.png")
    reference.rows[20] = bytes(reference.rows[20][:-3]) + b"\1\2\3"
    picture.write_png(copy / "linux-shell.png", reference)
    script = copy / "linux-shell.toml"
    text = script.read_text()
    changed = text.replace('wait = { image = "linux-shell.png", area = [0, 0, 1024, 64] }',
                           'wait = { image = "linux-shell.png", area = [0, 0, 1024, 64] }\n'
                           'timeout = 2')
    check(changed != text, "the example has no such step")
    script.write_text(changed)
    done = run(script)
    check(done.returncode == 1, done.stdout + done.stderr)
    check("1 of 65536 pixels differ" in done.stdout, done.stdout)
    last = json.loads((lab.folder / "output" / "last-run.json").read_text())
    check(last["tests"] == {"linux-shell": "failed"}, str(last))
    for kind in ("seen", "expected", "difference"):
        check(list((lab.folder / "output" / "linux-shell").glob(f"*-{kind}.png")),
              f"there is no picture of what was {kind}")


main(test)
