# SPDX-License-Identifier: MIT
"""<video><driver name='vhostuser'/>: libvirt finds Oriel by its description, asks what it can, starts it
with a socket that is connected, and the guest's picture is exact in a window."""

import json
from pathlib import Path

from harness import (BOOT_TIMEOUT, SOURCE_ROOT, START_TIMEOUT, Oriel, Weston, check, make,
                     wait_for)
from libvirt_session import Libvirt, fetched_emulator, main_as_user
from oriel_run import WORDS
from picture import known_picture

SIZE = (1280, 800)
DOMAIN = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>384</memory>
  <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{words}</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <emulator>{emulator}</emulator>
    <serial type='file'><source path='{serial}'/></serial>
    <video><driver name='vhostuser'/><model type='virtio'{acceleration}</video>
  </devices>
</domain>
"""


class Started(Oriel):
    """The one that libvirt has started, by the number of its process."""

    def __init__(self, lab, pid):  # pylint: disable=super-init-not-called
        self._lab = lab
        self.vm_name = f"vhost-{pid}"
        self._process = pid

    def check_running(self):
        check(Path(f"/proc/{self._process}").exists(), f"{self.vm_name} has ended")


def others():
    """QEMU's own back end, say."""
    return [path for folder in ("/usr/share/qemu/vhost-user", "/etc/qemu/vhost-user")
            for path in Path(folder).glob("*.json")
            if json.loads(path.read_text()).get("type") == "gpu"]


def describe(lab):
    """As `meson install` puts it into share/qemu/vhost-user, in the folder where a session looks first;
    with a smaller number where there are others, as data/doc/vmms.md says."""
    program = lab.folder / "oriel-vhost-user"
    data = SOURCE_ROOT / "data" / "vhost-user"
    program.write_text((data / "oriel-vhost-user.in").read_text().replace(
        "@BINDIR@", str(Path(lab.oriel_program).resolve().parent)))
    program.chmod(0o755)
    folder = lab.runtime / "config" / "qemu" / "vhost-user"
    folder.mkdir(parents=True)
    text = (data / "60-oriel-gpu.json.in").read_text().replace("@LIBEXECDIR@", str(lab.folder))
    check(json.loads(text)["binary"] == str(program), text)
    (folder / f"{10 if others() else 60}-oriel-gpu.json").write_text(text)


def define(lab, libvirt, emulator, name, acceleration="/>"):
    boot = make("kernel", "debian")
    image = boot / "vmlinux"
    serial = lab.new_log("serial")
    path = lab.folder / f"{name}.xml"
    path.write_text(DOMAIN.format(
        name=name, kernel=image if image.exists() else boot / "vmlinuz", initrd=boot / "initramfs",
        words=WORDS.format(scenario="pattern", then="stay"), emulator=emulator, serial=serial,
        acceleration=acceleration))
    libvirt.virsh("define", path)
    return serial


def served(lab, libvirt):
    """Oriel as libvirt has noted it."""
    (file,) = (lab.runtime / "libvirt" / "qemu" / "run").glob("*vhost-user-gpu.pid")
    return Started(lab, int(file.read_text()))


def test(lab):
    weston = lab.weston(size=(1400, 1100))
    libvirt = Libvirt(lab, WAYLAND_DISPLAY=Weston.SOCKET)
    emulator = fetched_emulator(lab)
    serial = define(lab, libvirt, emulator, "domain")
    if not others():
        result = libvirt.virsh("start", "domain", fails=True)
        check("Unable to find a satisfying vhost-user-gpu" in result.stderr,
              f"without a description: {result}")
    describe(lab)
    libvirt.virsh("start", "domain")
    oriel = served(lab, libvirt)
    wait_for(lambda: oriel.stats()["attached"], START_TIMEOUT, "QEMU has the card")
    wait_for(lambda: "pattern shown" in Path(serial).read_text(errors="replace"), BOOT_TIMEOUT,
             "the guest has drawn")
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture")
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")
    check(oriel.stats()["vhost_user"]["missing"] == "blobs", f"{oriel.stats()['vhost_user']}")
    libvirt.virsh("destroy", "domain")
    wait_for(lambda: lab.ctl(oriel.vm_name, "stats").returncode != 0, 20, "oriel ends with the domain")

    # Who wants 3D is told by libvirt that there is none, instead of a guest without it.
    if others():
        return
    define(lab, libvirt, emulator, "wants-3d", "><acceleration accel3d='yes'/></model>")
    result = libvirt.virsh("start", "wants-3d", fails=True)
    check("Unable to find a satisfying vhost-user-gpu" in result.stderr, f"3D: {result}")


main_as_user(test)
