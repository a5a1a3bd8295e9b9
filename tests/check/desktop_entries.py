# SPDX-License-Identifier: MIT
"""The desktop entries in data/applications are valid, where desktop-file-validate is installed, and
start commands that the program has."""

import re
import shutil
import subprocess


def complaints(root):
    """What is wrong, a line each."""
    found = []
    table = (root / "backend/app/cli/command_table.cpp").read_text(encoding="utf-8")
    commands = re.findall(r'\{CommandId::\w+,\s*"(\w+)"', table)
    program = shutil.which("desktop-file-validate")
    for path in sorted((root / "data/applications").glob("*.desktop")):
        command = re.search(r"^Exec=oriel (\w+) ", path.read_text(encoding="utf-8"), re.M)
        if command is None or command.group(1) not in commands:
            found.append(f"{path.name}: Exec is no command of oriel")
        if program is not None:
            result = subprocess.run([program, path], capture_output=True, text=True, check=False)
            found += result.stdout.splitlines() if result.returncode != 0 else []
    return found
