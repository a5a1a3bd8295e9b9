# SPDX-License-Identifier: MIT
"""Who copies and pastes on a Wayland desktop: wl-clipboard, in sway."""

import subprocess

from harness import check, need_program, wait_for


class HostClipboard:
    """The desktop's side."""

    def __init__(self, lab, sway):
        need_program("wl-copy")
        need_program("wl-paste")
        self._environment = lab.environment(WAYLAND_DISPLAY=str(sway.socket))

    def copy(self, text):
        # It stays, to give the text away.
        result = subprocess.run(["wl-copy", "--type", "text/plain;charset=utf-8"],
                                input=text.encode(), env=self._environment, timeout=20, check=False,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        check(result.returncode == 0, "wl-copy copies")

    def paste(self):
        result = subprocess.run(["wl-paste", "--no-newline", "--type", "text/plain;charset=utf-8"],
                                env=self._environment, timeout=30, capture_output=True, check=False)
        return result.stdout.decode() if result.returncode == 0 else None


def arrives(paste, text, where):
    last = None

    def there():
        nonlocal last
        last = paste()
        return last == text
    try:
        wait_for(there, 20, f"{len(text)} characters arrive {where}", 0.2)
    except Exception:
        print(f"what was there last: {last[:200] if last else last!r}")
        raise
