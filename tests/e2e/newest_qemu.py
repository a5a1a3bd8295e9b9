# SPDX-License-Identifier: MIT
"""The newest QEMU of Debian's, with all of its displays and sound drivers: what tests/bench/peers-qemu
unpacks, as a program that oriel can start (it asks what is named qemu-system-*)."""

import subprocess

from dbus_display import qemus
from harness import SOURCE_ROOT, Skip

MAKER = SOURCE_ROOT / "tests" / "bench" / "peers-qemu"


def newest_qemu(lab):
    made = subprocess.run([MAKER, "--prepare"], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Skip("no QEMU 11 with all of its modules: "
                   + (made.stderr.strip().splitlines() or ["?"])[-1])
    root = made.stdout.strip()
    libraries = f"{root}/usr/lib/x86_64-linux-gnu"
    folder = lab.folder / "newest"
    folder.mkdir()
    program = folder / "qemu-system-x86_64"
    # PipeWire's library reads the machine's own settings: Debian has them in the server's package.
    program.write_text(f"""#!/bin/sh
export QEMU_MODULE_DIR={libraries}/qemu SPA_PLUGIN_DIR={libraries}/spa-0.2
export PIPEWIRE_MODULE_DIR={libraries}/pipewire-0.3 PIPEWIRE_CONFIG_DIR=/usr/share/pipewire
exec {root}/usr/lib64/ld-linux-x86-64.so.2 --library-path {libraries}:{libraries}/pulseaudio \\
    {root}/usr/bin/qemu-system-x86_64 -L {root}/usr/share/qemu -L {root}/usr/share/seabios "$@"
""")
    program.chmod(0o755)
    return str(program)


def every_qemu(lab):
    """Those that the machine has with a D-Bus display, and the newest one where it can be had."""
    yield from qemus()
    try:
        yield newest_qemu(lab)
    except Skip as reason:
        print(f"not with the newest QEMU: {reason}")
