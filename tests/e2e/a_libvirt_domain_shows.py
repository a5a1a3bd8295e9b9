# SPDX-License-Identifier: MIT
"""`oriel view`: lists the domains of a libvirt, gives one a display, waits for its start, shows it as
QEMU itself has it, lives through reboot, restart and a new name, and says what is wrong in one line."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import broken_into
from broken_into import DENIED, Neighbour, check_confined, end_by_attack
from harness import Skip, Weston, check, make, tail, wait_for
from libvirt_session import Libvirt, fetched_emulator, main_as_user
from libvirt_viewer import DBUS, Viewer, exact

def view(lab, *words):
    return lab.run_oriel("view", "--connect", "qemu:///session", *words, timeout=40,
                         WAYLAND_DISPLAY=Weston.SOCKET)


def lists(lab, libvirt):
    libvirt.define("plain", "<graphics type='vnc' port='-1'/>")
    libvirt.define("ready", DBUS)
    listed = view(lab)
    check(listed.returncode == 0, f"{listed}")
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    check("no D-Bus display, but vnc" in lines["plain"], listed.stdout)
    check("shut off" in lines["plain"], listed.stdout)
    check(lines["ready"].endswith("D-Bus"), listed.stdout)
    for words, code, text in ((["raedy"], 1, "did you mean 'ready'"),
                              (["plain"], 1, "add <graphics type='dbus' p2p='yes'/>"),
                              (["a", "b"], 2, "one domain only")):
        result = view(lab, *words)
        check(result.returncode == code and text in result.stderr
              and len(result.stderr.splitlines()) == 1, f"{words}: {result}")
    wrong = lab.run_oriel("view", "--connect", "nonsense:///x", WAYLAND_DISPLAY=Weston.SOCKET)
    check(wrong.returncode == 1 and len(wrong.stderr.splitlines()) == 1, f"{wrong}")


def asks_for_one_only(lab, libvirt):
    """The helper of a process that serves a VM, as somebody would ask it who has broken in there."""
    before = libvirt.virsh("dumpxml", "--inactive", "plain").stdout
    program = Path(lab.oriel_program).with_name("oriel-libvirt")
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, subprocess.Popen([program, str(its.fileno()), "qemu:///session", "ready"],
                                env=lab.environment(), pass_fds=[its.fileno()]) as process:
        its.close()
        ours.settimeout(30)
        for request in ({"command": "list"}, {"command": "describe", "domain": "ready"},
                        {"command": "enable", "domain": "plain"},
                        {"command": "open", "domain": "plain"}):
            ours.send(json.dumps(request).encode())
            check("only the display of one domain" in json.loads(ours.recv(32768))["error"],
                  f"{request}")
        ours.send(b'{"command": "open", "domain": "ready"}')
        check("does not run" in json.loads(ours.recv(32768))["waiting"], "its own domain")
        ours.shutdown(socket.SHUT_RDWR)
        check(process.wait(20) == 0, "it ends with who has started it")
    check(libvirt.virsh("dumpxml", "--inactive", "plain").stdout == before, "it was enabled")


def enables_and_waits(lab, libvirt, weston):
    before = libvirt.virsh("dumpxml", "--inactive", "plain").stdout
    result = Viewer(lab, "plain", "--enable", answer="n", ready=False)
    check(result.wait(30) == 1 and "nothing was changed" in result.log(), result.log())
    check(libvirt.virsh("dumpxml", "--inactive", "plain").stdout == before, "changed without a yes")
    viewer = Viewer(lab, "plain", "--enable", answer="y")
    xml = libvirt.virsh("dumpxml", "--inactive", "plain").stdout
    check("<graphics type='dbus' p2p='yes'" in xml and "type='vnc'" in xml, xml)
    wait_for(lambda: "domain 'plain' does not run" in viewer.log(), 20, "it says that it waits")
    libvirt.virsh("start", "plain")
    viewer.shows()
    exact(lab, libvirt, "plain", viewer, weston)
    libvirt.virsh("destroy", "plain")
    check(viewer.wait(20) == 0, f"the viewer ends with its domain: {viewer.status}")


def is_in_a_sandbox(lab, libvirt):
    """Somebody has broken into the viewer."""
    try:
        broken_into.need()
    except Skip as reason:
        print(f"nobody breaks in: {reason}")
        return
    neighbour = Neighbour(lab)
    try:
        libvirt.virsh("start", "ready")
        viewer = Viewer(lab, "ready").shows()
        check_confined("view", viewer.pid, neighbour)
        check(viewer.stats()["attached"], "the viewer goes on")
        end_by_attack("view", viewer.pid, neighbour)
        check(viewer.wait() == DENIED, f"view: {viewer.status}")
        check("sandbox: kill is denied" in viewer.log(), viewer.log())
        check(libvirt.virsh("domstate", "ready").stdout.strip() == "running", "the domain ended")
        libvirt.virsh("destroy", "ready")
    finally:
        neighbour.end()


def lives_on(lab, libvirt, weston):
    libvirt.virsh("start", "ready")
    # libvirt's side is outside its sandbox, and is started there again.
    viewer = Viewer(lab, "ready", "--keep").shows()
    exact(lab, libvirt, "ready", viewer, weston)
    connects = viewer.stats()["dbus"]["connects"]
    libvirt.virsh("reset", "ready")
    time.sleep(1)
    check(viewer.stats()["dbus"]["connects"] == connects, "a reset is no new connection")
    # The daemon goes and comes: QEMU and its display don't notice.
    libvirt.signal(signal.SIGKILL)
    libvirt.wait()
    again = Libvirt(lab)
    time.sleep(1)
    check(viewer.stats()["attached"], "the display went with libvirt's daemon")
    # Another name, another start: the same window.
    again.virsh("destroy", "ready")
    wait_for(lambda: not viewer.stats()["attached"], 20, "the domain is gone")
    again.virsh("domrename", "ready", "renamed")
    again.virsh("start", "renamed")
    wait_for(lambda: viewer.stats()["attached"], 60, "it shows again by another name")
    check(viewer.stats()["dbus"]["connects"] == connects + 1, f"{viewer.stats()['dbus']}")
    exact(lab, again, "renamed", viewer, weston)
    # A second viewer takes the display; the first waits for the next start and takes nothing back.
    second = Viewer(lab, "renamed", name="second").shows()
    wait_for(lambda: not viewer.stats()["attached"], 20, "the first viewer has lost the display")
    time.sleep(2)
    check(second.stats()["attached"] and not viewer.stats()["attached"], "it was taken back")
    second.quit()
    check(second.wait() == 0, "the second viewer's status")
    check(again.virsh("domstate", "renamed").stdout.strip() == "running", "the domain ended")
    viewer.quit()
    check(viewer.wait() == 0, "the viewer's status")
    return again


def by_a_bus(lab, libvirt):
    libvirt.define("bus", "<graphics type='dbus'/>")
    started = libvirt.virsh("start", "bus", fails=True)
    if started.returncode != 0:
        print(f"no domain on a bus here: {started.stderr.strip()}")
        return
    viewer = Viewer(lab, "bus").shows()
    wait_for(lambda: viewer.screenshot() is not None, 20, "a picture by a bus")
    viewer.quit()


def own_card(lab, libvirt):
    """The XML of data/doc/vmms.md: a domain whose card is Oriel. Its emulator is tests/vm/qemu."""
    emulator = fetched_emulator(lab)
    oriel = lab.oriel(name="card", options=["--option-rom", make("qemu", "--vga-rom")])
    page = (Path(__file__).resolve().parents[2] / "data" / "doc" / "vmms.md").read_text()
    xml = page.split("```xml\n", 1)[1].split("```", 1)[0]
    for before, after in (('type="kvm"', 'type="qemu"'),
                          ('<memory unit="GiB">4<', '<memory unit="MiB">128<'),
                          ("/run/user/1000/myvm.sock", str(oriel.socket)),
                          ("<devices>", f"<devices><emulator>{emulator}</emulator>")):
        check(before in xml, f"data/doc/vmms.md has no {before}")
        xml = xml.replace(before, after, 1)
    file = lab.folder / "card.xml"
    file.write_text(xml)
    libvirt.virsh("create", file)
    wait_for(lambda: oriel.stats()["attached"], 60, "the domain's card is Oriel")
    wait_for(oriel.screenshot, 60, "firmware draws on it")
    libvirt.virsh("destroy", "myvm")
    check(oriel.wait(20) == 0, f"oriel ends with the domain: {tail(oriel.log())}")


def test(lab):
    weston = lab.weston(size=(1400, 1100))
    libvirt = Libvirt(lab)
    lists(lab, libvirt)
    asks_for_one_only(lab, libvirt)
    enables_and_waits(lab, libvirt, weston)
    is_in_a_sandbox(lab, libvirt)
    libvirt = lives_on(lab, libvirt, weston)
    by_a_bus(lab, libvirt)
    own_card(lab, libvirt)


main_as_user(test)
