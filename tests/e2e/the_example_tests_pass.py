# SPDX-License-Identifier: MIT
"""The scripts of data/examples pass as they are, and needles made of what they show have os-autoinst's verdict;
with another picture as the reference the same script fails, and shows both."""

import json
import os
import shutil
import subprocess

import picture
from example_needles import check_needles
from example_tests import EXAMPLES, desktop, environment, grub_disk, installer, python_with
from harness import Skip, check, main, options

# What runs in one test, two at once: the examples, and what they need beside a kernel and firmware.
SETS = {
    "console": (("linux-shell", "firmware-menu"), ()),
    "driver": (("grub-to-panic", "thousand-flips"), (grub_disk,)),
    "installer": (("installer-text-800x600", "installer-text-1024x768", "installer-text-1280x800"), (installer,)),
    "graphical-installer": (("installer-graphical-1024x768",), (installer,)),
    "more-graphical": (("installer-graphical-800x600", "installer-graphical-1280x800"), (installer,)),
    "desktop": (("weston",), (desktop,)),
}
# They take minutes, and show what the one of 1024x768 does.
ON_REQUEST = {"more-graphical"}


def test(lab):
    which = options(which="console").which
    if which in ON_REQUEST and os.environ.get("ORIEL_TEST_ALL_EXAMPLES") != "1":
        raise Skip("it takes minutes, and runs where ORIEL_TEST_ALL_EXAMPLES is 1")
    names, needs = SETS[which]
    variables = environment(lab, python3=python_with("PIL", "python3-pil"))
    for need in needs:
        variables.update(need(lab))

    def run(folder, *arguments, timeout=400):
        return subprocess.run(
            [lab.oriel_program, "test", *folder, "--output", lab.folder / "output", *arguments],
            env=variables, capture_output=True, text=True, timeout=timeout, check=False)

    done = run([EXAMPLES / f"{name}.toml" for name in names], "-j", "2", "--keep-going")
    check(done.returncode == 0, done.stdout + done.stderr)
    print(done.stdout)
    # A step's own pictures have its number in their names.
    shown = {name: sorted(path for path in (lab.folder / "output" / name).glob("*.png")
                          if not path.name.startswith("step-")) for name in names}
    check(all(shown.values()), f"an example has no screenshot: {shown}")
    check_needles(lab.folder / "needles", {name: pictures[0] for name, pictures in shown.items()})
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
