# SPDX-License-Identifier: MIT
"""The recipes of data/ci have the same commands for each CI, which are shell; the one that tests runs as it is
written, without KVM, and leaves what the CI keeps. tests/compat/ci_recipes.py runs all of them in a new Debian."""

import subprocess
import sys

from example_tests import make_programs
from harness import SOURCE_ROOT, Skip, check, main, make

sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))
try:
    import ci_recipes
except ImportError:
    ci_recipes = None

SCRIPT = """
fonts = ["${VGA_ROM}"]
[vm]
memory = "64M"
option-rom = "${VGA_ROM}"
arguments = ["-boot", "reboot-timeout=-1"]
[[step]]
wait = { text = "No bootable device" }
"""


def test(lab):
    if ci_recipes is None:
        raise Skip("no module yaml (package python3-yaml)")
    recipes = [SOURCE_ROOT / "data" / "ci" / name for name in ci_recipes.RECIPES]
    commands = ci_recipes.commands(recipes[0])
    for recipe in recipes:
        check(ci_recipes.commands(recipe) == commands, f"{recipe.name} has other commands than {recipes[0].name}")
    for command in commands:
        done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"{command}: {done.stderr}")
    tests = [command for command in commands if command.startswith("oriel ")]
    check(len(tests) == 1 and commands[-1] == tests[0], f"{tests}")

    make("qemu", "--prepare")
    folder = lab.folder / "project"
    (folder / "tests" / "screens").mkdir(parents=True)
    (folder / "tests" / "screens" / "firmware.toml").write_text(SCRIPT)
    programs = make_programs(lab, oriel=lab.oriel_program)
    environment = lab.environment(VGA_ROM=str(make("qemu", "--vga-rom")))
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    for command, said in ((tests[0] + " --list", "firmware"), (tests[0], "1 passed, 0 failed")):
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=200, check=False)
        check(done.returncode == 0 and said in done.stdout, f"{command}: {done.stdout}{done.stderr}")
    for recipe in recipes:
        for path in ci_recipes.artifacts(recipe):
            check((folder / path).exists(), f"{recipe.name} keeps {path}, which isn't there")
    check((folder / "oriel-test" / "report.html").exists(), "there is no report")


main(test)
