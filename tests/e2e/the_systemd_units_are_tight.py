# SPDX-License-Identifier: MIT
"""Oriel's unit files: systemd-analyze finds no fault in them, and little that their services could do to
the machine."""

import re
import shutil
import subprocess
from pathlib import Path

from harness import Skip, check, main, need_program

MOST_EXPOSED = 2.0
# Template units are looked at as this instance.
INSTANCE = "panel"


def copied(lab, path, folder):
    """As installed, but for the program's place. Returns the name to look at."""
    text = path.read_text()
    for start in re.findall(r"^ExecStart=(\S+)", text, re.M):
        text = text.replace(start, str(lab.oriel_program))
    (folder / path.name).write_text(text)
    return path.name.replace("@.", f"@{INSTANCE}.")


def analyze(lab, *words):
    return subprocess.run([need_program("systemd-analyze"), *words], capture_output=True, text=True, check=False,
                          env=lab.environment(HOME=str(lab.folder)), cwd=lab.folder)


def test(lab):
    need_program("systemd-analyze")
    built = Path(lab.oriel_program).parents[2] / "data"
    sources = Path(__file__).parents[2] / "data" / "systemd"
    if not (built / "oriel-kiosk.service").exists():
        raise Skip(f"{built} has no units")
    folder = lab.folder / "units"
    folder.mkdir()
    paths = [*sorted(built.glob("*.service")), *sorted(sources.glob("*.socket"))]
    names = [copied(lab, path, folder) for path in paths]
    expected = {path.name.removesuffix(".in") for path in sources.iterdir()}
    check({path.name for path in paths} == expected, f"not all units are built: {paths}, expected {expected}")
    for name in names:
        result = analyze(lab, "--user", "--man=no", "verify", str(folder / name))
        # What it says of the machine's own units is not ours.
        complaints = [line for line in result.stderr.splitlines() if "oriel" in line]
        check(not complaints, f"verify {name}: {complaints}")
    for name in names:
        if name.endswith(".socket"):
            continue  # runs nothing
        result = analyze(lab, "security", "--offline=true", "--no-pager", str(folder / name))
        figure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        if not figure and shutil.which("systemctl") and "unrecognized option" in result.stderr:
            raise Skip("this systemd-analyze knows no --offline")
        check(figure, f"security {name}: {result.stdout[-300:]} {result.stderr}")
        print(f"{name}: exposure {figure.group(1)} (at most {MOST_EXPOSED})")
        check(float(figure.group(1)) <= MOST_EXPOSED, f"{name} is exposed: {figure.group(1)}")


if __name__ == "__main__":
    main(test)
