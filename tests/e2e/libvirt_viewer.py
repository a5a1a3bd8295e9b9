# SPDX-License-Identifier: MIT
"""`oriel view`, on a domain of a libvirt of the test's own."""

import time

from dbus_display import read_ppm
from harness import START_TIMEOUT, Oriel, Process, Weston, wait_for

DBUS = "<graphics type='dbus' p2p='yes'/>"


class Viewer(Oriel):
    def __init__(self, lab, domain, *options, name=None, answer=None, ready=True,
                 connect="qemu:///session"):
        self.vm_name = name or domain
        command = [lab.oriel_program, "view", "--connect", connect, "--decorations",
                   "none", "--resize", "scale", "--name", self.vm_name, *options, domain]
        if answer is not None:
            command = ["sh", "-c", 'answer=$1; shift; echo "$answer" | exec "$@"', "sh", answer,
                       *command]
        Process.__init__(self, lab, "view", command, lab.environment(WAYLAND_DISPLAY=Weston.SOCKET))
        if ready:
            wait_for(self.answers, START_TIMEOUT, "the viewer is ready")

    def shows(self):
        wait_for(lambda: self.stats()["attached"], 60, "the domain's display is attached")
        return self


def exact(lab, libvirt, domain, viewer, weston):
    """As QEMU itself has it; it stands still for that."""
    wait_for(viewer.screenshot, 30, "firmware draws")
    time.sleep(2)
    libvirt.virsh("suspend", domain)
    path = lab.folder / f"{domain}.ppm"
    libvirt.virsh("qemu-monitor-command", domain,
                  '{"execute":"screendump","arguments":{"filename":"%s"}}' % path)
    want = read_ppm(path)
    lab.wait_picture(viewer.screenshot, want, f"the screenshot of {domain}")
    lab.wait_shown(weston, want, f"{domain} on the compositor")
    libvirt.virsh("resume", domain)
