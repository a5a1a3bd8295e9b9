# SPDX-License-Identifier: MIT
"""What every test has that starts programs: which oriel is meant, and nothing that is left behind."""

import ctypes
import os
import signal
from pathlib import Path

SOURCE_ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
# The commands that have --sandbox.
SANDBOXED = ("show", "headless", "run", "view", "test")
_libc = ctypes.CDLL(None, use_errno=True)


def find_oriel():
    """The program under test: $ORIEL, or the newest build of this checkout; None if there is none."""
    if os.environ.get("ORIEL"):
        built = [Path(os.environ["ORIEL"])]
    else:
        # Not build-clang: a sanitized program is slow and large, which tests measure.
        built = [SOURCE_ROOT / folder / "backend" / "app" / "oriel" for folder in ("build", "dev")]
    built = [path for path in built if path.is_file() and os.access(path, os.X_OK)]
    return str(max(built, key=lambda path: path.stat().st_mtime).resolve()) if built else None


def in_sandbox(command):
    """The words of a command, with --sandbox $ORIEL_TEST_SANDBOX where it is an oriel that can be in
    one: all tests of it, once more."""
    mode = os.environ.get("ORIEL_TEST_SANDBOX")
    words = [str(word) for word in command]
    serves = len(words) > 1 and Path(words[0]).name == "oriel" and words[1] in SANDBOXED
    if not mode or not serves or "--sandbox" in words or "--help" in words:
        return words
    return [*words[:2], "--sandbox", mode, *words[2:]]


def _children(pid):
    """Each child, and whether it is the process outside a sandbox."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            yield int(child), Path(f"/proc/{child}/comm").read_text() == "oriel-outside\n"
        except FileNotFoundError:
            pass  # it has ended


def started(pid):
    """The processes that an oriel has started itself: of `run`, QEMU."""
    return [child for child, outside in _children(pid) if not outside]


def helpers(pid):
    """The same with those that the process outside its sandbox has started."""
    found = []
    for child, outside in _children(pid):
        found += helpers(child) if outside else [child]
    return found


def end_with_parent():
    """For a child, before exec(): a test that is killed must not leave it behind."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
