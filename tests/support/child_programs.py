# SPDX-License-Identifier: MIT
"""What every test has that starts programs: which oriel is meant, and nothing that is left behind."""

import ctypes
import os
import signal
from pathlib import Path

SOURCE_ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
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


def end_with_parent():
    """For a child, before exec(): a test that is killed must not leave it behind."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
