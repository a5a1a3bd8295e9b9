# SPDX-License-Identifier: MIT
"""No peer can fill the log: in the folders that guests, VMMs, agents and QMP servers reach, each call
that logs has a LogLimiter in front of it, or a comment that says why there are few lines.

A comment is "// log: ..." in the lines above the call.
"""

import re
import subprocess

FOLDERS = ["agent", "app/control", "app/kiosk", "app/serve", "card", "gpu", "guest", "headless", "input", "net",
           "qemu_dbus",
           "pci", "scanout", "vfio_user", "vga", "vhost_user", "virtio"]
# log_debug() is off unless somebody looks for a fault.
CALL = re.compile(r"\blog_(?:error|warn|info)\(")
LIMIT = re.compile(r"\.admit\(|// log: ")
LINES_BEFORE = 8


def complaints(root):
    """Calls without a limit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        + [f"backend/{folder}" for folder in FOLDERS],
        cwd=root, capture_output=True, text=True, check=True).stdout
    found = []
    for name in listed.splitlines():
        if not name.endswith((".h", ".cpp")) or not (root / name).exists():
            continue
        lines = (root / name).read_text().splitlines()
        for index, line in enumerate(lines):
            before = lines[max(0, index - LINES_BEFORE):index + 1]
            if CALL.search(line) and not any(LIMIT.search(other) for other in before):
                found.append(f"{name}:{index + 1}: a peer may fill the log: no LogLimiter, and no "
                             "\"// log:\" that says why there are few lines")
    return found
