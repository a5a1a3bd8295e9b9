# SPDX-License-Identifier: MIT
"""Where tests keep what takes long to make; tests/vm/lib.sh says the same in the shell."""

import os
from pathlib import Path


def cache_folder():
    """Made, if it isn't there."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("ORIEL_CACHE") or Path(caches) / "oriel")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
