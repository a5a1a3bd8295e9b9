# SPDX-License-Identifier: MIT
"""The scripts of data/examples pass as they are; with another picture as the reference the same
script fails, and shows both."""

import json
import shutil
import subprocess

import picture
from example_tests import EXAMPLES, environment, make_grub_disk, python_with
from harness import check, main, options

# What runs in one test: two at once.
SETS = {"console": ("linux-shell", "firmware-menu"), "driver": ("grub-to-panic", "thousand-flips")}


def test(lab):
    which = options(which="console").which
    variables = environment(lab, python3=python_with("PIL", "python3-pil"))
    variables["GRUB_DISK"] = str(make_grub_disk(lab))

    def run(folder, *arguments, timeout=400):
        return subprocess.run(
            [lab.oriel_program, "test", *folder, "--output", lab.folder / "output", *arguments],
            env=variables, capture_output=True, text=True, timeout=timeout, check=False)

    done = run([EXAMPLES / f"{name}.toml" for name in SETS[which]], "-j", "2", "--keep-going")
    check(done.returncode == 0, done.stdout + done.stderr)
    print(done.stdout)
    if which != "console":
        return

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
    done = run([script])
    check(done.returncode == 1, done.stdout + done.stderr)
    check("1 of 65536 pixels differ" in done.stdout, done.stdout)
    last = json.loads((lab.folder / "output" / "last-run.json").read_text())
    check(last["tests"] == {"linux-shell": "failed"}, str(last))
    for kind in ("seen", "expected", "difference"):
        check(list((lab.folder / "output" / "linux-shell").glob(f"*-{kind}.png")),
              f"there is no picture of what was {kind}")


main(test)
