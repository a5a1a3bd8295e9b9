#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a recipe of data/ci as it is written, in a new Debian without /dev/kvm, over this checkout's last commit:

    tests/compat/ci_recipes.py [--suite trixie] [--keep] [gitlab-ci.yml|github.yml|forgejo.yml]

As root, with mmdebstrap; it takes some minutes, and a mirror. The project that is tested has one script: SeaBIOS'
text. It is no test of ./check, which runs the last command only (tests/e2e/the_ci_recipes_run.py).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import ci_recipes  # noqa: E402

# The road that QEMU takes there is its own, and so is the VGA BIOS.
SCRIPT = """
[vm]
memory = "64M"
arguments = ["-vga", "std", "-boot", "reboot-timeout=-1"]
[[step]]
wait = { text = "No bootable device" }
[[step]]
screenshot = "bios"
"""


def make_root(suite):
    folder = Path(tempfile.mkdtemp(prefix="oriel-ci-"))
    folder.chmod(0o755)
    mirror = subprocess.run(["bash", "-c", f". {ROOT}/tests/vm/lib.sh && vm_mirror"], capture_output=True, text=True,
                            check=True, cwd=ROOT).stdout.strip()
    root = folder / "root"
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", suite, root, mirror], check=True)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, root / "oriel.git"], check=True)
    project = root / "project" / "tests" / "screens"
    project.mkdir(parents=True)
    (project / "firmware.toml").write_text(SCRIPT)
    return folder


def run_recipe(recipe, root):
    """As a runner does it: a shell that ends with the first command that fails."""
    lines = ["set -ex", "mount -t proc proc /proc", "mount -t tmpfs tmpfs /dev/shm 2>/dev/null || mkdir -p /dev/shm",
             "test ! -e /dev/kvm", "git config --global --add safe.directory '*' 2>/dev/null || true", "cd /project"]
    (root / "recipe.sh").write_text("\n".join(lines + ci_recipes.commands(recipe)) + "\n")
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                   "DEBIAN_FRONTEND": "noninteractive", "ORIEL_URL": "file:///oriel.git", "LC_ALL": "C.UTF-8"}
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", root, "/bin/sh", "/recipe.sh"],
                          env=environment, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", nargs="?", choices=ci_recipes.RECIPES, default=ci_recipes.RECIPES[0])
    parser.add_argument("--suite", default="trixie")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.exit("ci_recipes: root rights and mmdebstrap are needed")
    recipe = ROOT / "data" / "ci" / options.recipe
    folder = make_root(options.suite)
    try:
        status = run_recipe(recipe, folder / "root")
        missing = [path for path in ci_recipes.artifacts(recipe) if not (folder / "root/project" / path).exists()]
        print(f"ci_recipes: {options.recipe}: status {status}, missing: {missing}")
        return 1 if status or missing else 0
    finally:
        if options.keep:
            print(f"ci_recipes: the root is {folder}/root")
        else:
            shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
