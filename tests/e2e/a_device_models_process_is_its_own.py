# SPDX-License-Identifier: MIT
"""liboriel-vdpy in somebody else's process: signals, descriptors, threads and standard output stay as
they are, calls that make no sense change nothing, also without a compositor, and without a place
for one. The assertions are in vdpy_conduct.c."""

import os
import subprocess

from device_model import program
from harness import check, main


def conduct(lab, **environment):
    """Runs it, and returns what it has said on standard error."""
    answers, theirs = os.pipe()
    done = subprocess.run(["bash", "-c", f'exec 3>&{theirs} "$0"', program("ORIEL_VDPY_CONDUCT")],
                          pass_fds=[theirs], capture_output=True, text=True, timeout=60,
                          cwd=lab.folder, env=lab.environment(**environment), check=False)
    os.close(theirs)
    with os.fdopen(answers) as stream:
        said = stream.read().strip()
    lab.new_log("conduct").write_text(done.stderr)
    check(said == "good" and done.returncode == 0,
          f"{environment}: status {done.returncode}, said {said!r}")
    check(done.stdout == "", f"standard output has {done.stdout!r}")
    return done.stderr


def test(lab):
    weston = lab.weston()
    said = conduct(lab, WAYLAND_DISPLAY=weston.SOCKET)
    # Nonsense is complained of, not for each call.
    lines = [line for line in said.splitlines() if "a call that makes no sense" in line]
    check(0 < len(lines) < 20, f"{len(lines)} lines about calls that make no sense")
    weston.check_running()
    weston.kill()
    conduct(lab, WAYLAND_DISPLAY="nobody")


main(test)
