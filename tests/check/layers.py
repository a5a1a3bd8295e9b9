# SPDX-License-Identifier: MIT
"""Who may include whom: DESIGN's layers as a table, checked on the #include lines.

meson's include paths already refuse most wrong includes; this catches the ones that a transitive
dependency would let through.
"""

import re
import subprocess

BASE = {"core"}
SEAM = BASE | {"scanout"}
DEVICE = SEAM | {"guest", "virtio"}

# Layer: what it may include besides itself. Layers that aren't named here may not exist.
ALLOWED = {
    "core": set(),
    "net": BASE,
    "sandbox": BASE,
    "match": BASE,
    "scanout": BASE,
    "card": SEAM,
    "guest": BASE,
    "edid": BASE,
    "virtio": BASE | {"guest"},
    "gpu": DEVICE | {"edid"},
    "vga": SEAM,
    "input": DEVICE | {"net"},
    "pci": DEVICE | {"gpu", "vga", "edid", "input"},
    "vfio_user": DEVICE | {"net", "pci"},
    "vhost_user": DEVICE | {"net", "gpu", "input"},
    "qemu_dbus": SEAM | {"net", "input"},
    "agent": SEAM | {"net"},
    "headless": SEAM,
    "wayland": SEAM | {"net", "shaders"},
    "shaders": SEAM,
}


def layer_of(name):
    """The layer that a file belongs to, or None where anything goes (app, tests)."""
    parts = name.split("/")
    if parts[0] == "backend" and len(parts) > 2:
        return None if parts[1] == "app" else parts[1]
    return parts[0] if parts[0] in ("wayland", "shaders") else None


def complaints(root):
    """Lines about includes that the table doesn't allow."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "backend", "wayland",
         "shaders"], cwd=root, capture_output=True, text=True, check=True).stdout
    found = []
    for name in listed.splitlines():
        layer = layer_of(name)
        if layer is None or not name.endswith((".h", ".cpp")) or not (root / name).exists():
            continue
        if layer not in ALLOWED:
            found.append(f"{name}: tests/check/layers.py knows no layer {layer}")
            continue
        for number, line in enumerate((root / name).read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*["<]([a-z_]+)/[^">]*[">]', line)
            other = include.group(1) if include else layer
            if other in ALLOWED and other != layer and other not in ALLOWED[layer]:
                found.append(f"{name}:{number}: {layer} may not include {other}")
    return found
