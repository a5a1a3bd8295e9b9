# SPDX-License-Identifier: MIT
"""Text goes both ways between a Wayland desktop and a guest of a QEMU whose display Oriel shows over D-Bus,
through QEMU's own clipboard (qemu-vdagent) and the guest's virtio-serial port. The guest's stock spice-vdagent
runs here, behind another port of the same guest, as the guest has no desktop."""

import time

from dbus_display import DISPLAY, Viewer
from harness import Skip, check, main, make
from host_clipboard import HostClipboard, arrives
from newest_qemu import every_qemu
from spice_guest import GuestDesktop
from sway import Keyboard, Sway

KEY_A = 30
TEXTS = ("Hallo", "zwölf\nBoxkämpfer ≠ 漢字 💖\n\ttab", "".join(f"Zeile {i}: Größe ≠ 漢字 💖\n" for i in range(300)))


def shares(lab, sway, host, program, port):
    vm = lab.vm(None, qemu=program, scenario="agent", extra=[
        *DISPLAY, "-trace", "vdagent_recv_msg", "-device", "virtio-serial",
        "-chardev", "qemu-vdagent,id=agent,clipboard=on",
        "-device", "virtserialport,chardev=agent,name=com.redhat.spice.0",
        "-chardev", f"socket,id=relay,path={port},server=on,wait=off",
        "-device", "virtserialport,chardev=relay,name=relay"])
    viewer = Viewer(lab, vm.qmp_path, options=["--size", "800x600", "--clipboard"], compositor=sway.socket)
    viewer.wait_attached()
    vm.wait_serial("guest: relays its agent's port")
    guest = GuestDesktop(lab, port)
    with Keyboard(sway) as keyboard:
        # What is copied before QEMU and the agent have heard of each other, QEMU forgets.
        def answers():
            time.sleep(0.3)
            keyboard.chord(KEY_A)
            guest.copy("first")
            return host.paste() == "first"

        heard = "vdagent_recv_msg msg clipboard-grab"
        ready = any(answers() for _ in range(30))
        check(ready or heard not in vm.log(), f"{program} hears the guest's agent, and the host has nothing")
        if not ready:
            # 11.1.3 hears the agent's abilities and nothing after that, also without a viewer.
            print(f"not with {program}: its qemu-vdagent does not hear what the guest copies")
            guest.close()
            vm.kill()
            return False
        for text in TEXTS:
            host.copy(text)
            arrives(guest.paste, text, f"in the guest of {program}")
        for text in reversed(TEXTS):
            keyboard.chord(KEY_A)
            guest.copy(text)
            arrives(host.paste, text, f"on the host from {program}")
    check(viewer.stats()["dbus"]["malformed"] == 0, f"{viewer.stats()['dbus']}")
    check(vm.qmp("query-status")["running"], "the VM stands still")
    guest.close()
    vm.kill()
    check(viewer.wait() == 0, "the viewer ends with its QEMU")
    return True


def test(lab):
    make("kernel", "debian")
    sway = Sway(lab)
    host = HostClipboard(lab, sway)
    shared = [shares(lab, sway, host, program, lab.runtime / f"port{number}")
              for number, program in enumerate(every_qemu(lab))]
    if not any(shared):
        raise Skip("no QEMU here hears its guest's agent")


main(test)
