# SPDX-License-Identifier: MIT
"""A libvirt daemon of the test's own (qemu:///session), with its files in the test's folder."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

from harness import VM, Process, Skip, check, main, make, wait_for
# Found by harness: tests/support.
from cache_folder import cache_folder  # pylint: disable=wrong-import-order

DOMAIN = """<domain type='qemu'{more}>
  <name>{name}</name>
  <memory unit='MiB'>128</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>{emulator}</emulator>
    <video><model type='{card}'/></video>
    {devices}
  </devices>
  {end}
</domain>
"""


def be_a_user():
    """libvirt gives root no session: in a user namespace this process has another number, and its
    files stay its own."""
    if os.geteuid() == 0:
        program = shutil.which("unshare")
        if program is None or subprocess.run([program, "--user", "--map-user=1000", "true"],
                                             check=False).returncode != 0:
            raise Skip("root has no libvirt session, and no user namespace can be had")
        os.execv(program, [program, "--user", "--map-user=1000", "--map-group=1000",
                           sys.executable, *sys.argv])


def main_as_user(test):
    """main(), as a user who has a session."""
    try:
        be_a_user()
    except Skip as reason:
        print(f"SKIP {reason}")
        os._exit(77)
    main(test)


def fetched_emulator(lab):
    """tests/vm/qemu, as the <emulator> of a domain."""
    make("qemu", "--prepare")
    emulator = lab.folder / "qemu-system-x86_64"
    empty = lab.folder / "empty"
    empty.mkdir()
    # libvirt makes QEMU load all modules, and those of the machine's own QEMU are of another build.
    emulator.write_text(f"""#!/bin/bash
export ORIEL_CACHE={lab.environment()["ORIEL_CACHE"]} modules=/usr/lib/x86_64-linux-gnu/qemu
exec unshare --user --map-root-user --mount bash -c '
    [ ! -d $modules ] || mount --bind "$0" $modules
    exec "{VM}/qemu" "$@"' {empty} "$@"
""")
    emulator.chmod(0o755)
    return emulator


def _keep_in_folder(lab):
    """All that libvirt keeps of a user is in the test's folder."""
    plain = type(lab).environment
    own = {f"XDG_{kind.upper()}_HOME": str(lab.folder / kind) for kind in ("cache", "data")}
    # Monitors' sockets are in there: the path must be short.
    own["XDG_CONFIG_HOME"] = str(lab.runtime / "config")
    own["ORIEL_CACHE"] = str(cache_folder())
    own["HOME"] = str(lab.folder)
    lab.environment = lambda **more: {**plain(lab), **own, **more}


class Libvirt(Process):
    """libvirtd, after it answers. What it starts has its environment, with `more`. `other`: a second
    one beside it, which takes itself for another machine's."""

    def __init__(self, lab, other=False, **more):
        daemon = shutil.which("libvirtd", path=os.environ["PATH"] + ":/usr/sbin")
        if daemon is None or shutil.which("virsh") is None:
            raise Skip("no libvirt (libvirt-daemon, libvirt-daemon-driver-qemu, libvirt-clients)")
        _keep_in_folder(lab)
        self.uri = "qemu:///session"
        config = lab.runtime / "config" / "libvirt"
        if other:
            runtime = lab.runtime / "other"
            more["XDG_RUNTIME_DIR"] = str(runtime)
            more["XDG_CONFIG_HOME"] = str(runtime / "config")
            more["XDG_CACHE_HOME"] = str(lab.folder / "other-cache")
            self.uri = f"qemu+unix:///session?socket={runtime}/libvirt/libvirt-sock"
            config = runtime / "config" / "libvirt"
        config.mkdir(parents=True, exist_ok=True)
        (config / "qemu.conf").write_text('stdio_handler = "file"\nsecurity_driver = "none"\n')
        if other:
            (config / "libvirtd.conf").write_text(f'host_uuid = "{uuid.uuid4()}"\n')
        super().__init__(lab, "libvirtd", [daemon], lab.environment(**more))
        wait_for(lambda: self.virsh("uri", fails=True).returncode == 0, 60, "libvirt answers")

    def virsh(self, *words, fails=False, text=None):
        result = subprocess.run(["virsh", "-c", self.uri, *map(str, words)],
                                env=self._lab.environment(), capture_output=True, text=True,
                                check=False, input=text)
        check(fails or result.returncode == 0, f"virsh {words}: {result.stderr}{self.log()[-2000:]}")
        return result

    def define(self, name, devices="", card="vga", emulator="/usr/bin/qemu-system-x86_64", more="",
               end=""):
        path = self._lab.folder / f"{name}.xml"
        path.write_text(DOMAIN.format(name=name, devices=devices, card=card, emulator=emulator,
                                      more=more, end=end))
        self.virsh("define", path)

    def kill(self):
        """Its domains would outlive it."""
        if self.status is None:
            for name in self.virsh("list", "--name", fails=True).stdout.split():
                self.virsh("destroy", name, fails=True)
        super().kill()
