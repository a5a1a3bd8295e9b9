# SPDX-License-Identifier: MIT
"""A domain that `oriel view` shows is migrated to another libvirt and back, saved, destroyed, and crashes:
with --keep one line says what it waits for, and the window shows it again; without, it ends, status 0."""

import os
import signal
from pathlib import Path

from harness import check, tail, wait_for
from libvirt_session import Libvirt, main_as_user
from libvirt_viewer import DBUS, Viewer, exact


def migrate(lab, domain, source, target):
    source.virsh("migrate", "--live", "--unsafe", domain, target.uri, "--migrateuri",
                 f"unix://{lab.runtime}/migration")


def waits(viewer, why):
    told = f"domain 'a' does not run ({why}): waiting"
    wait_for(lambda: told in viewer.log(), 30, f"it says: {told}\n{tail(viewer.log())}")
    check(viewer.log().count(told) == 1, viewer.log())
    stats = viewer.stats()
    check(not stats["attached"], f"it is attached: {stats}")
    return stats["dbus"]["connects"]


def shows_again(viewer, connects):
    viewer.shows()
    check(viewer.stats()["dbus"]["connects"] == connects + 1, f"{viewer.stats()['dbus']}")


def crash(lab, domain):
    (pid,) = [path.read_text() for path in Path(lab.runtime).glob(f"libvirt/qemu/run/{domain}.pid")]
    os.kill(int(pid), signal.SIGKILL)


def test(lab):
    weston = lab.weston(size=(1400, 1100))
    here = Libvirt(lab)
    there = Libvirt(lab, other=True)
    for domain in ("a", "b"):
        here.define(domain, DBUS)
        here.virsh("start", domain)
    kept = Viewer(lab, "a", "--keep").shows()
    exact(lab, here, "a", kept, weston)
    ends = Viewer(lab, "b").shows()

    for domain in ("a", "b"):
        migrate(lab, domain, here, there)
    check(ends.wait(20) == 0, f"without --keep: {ends.status}\n{tail(ends.log())}")
    connects = waits(kept, "it was migrated away")
    # Where it runs now, it is shown by whoever looks there.
    other = Viewer(lab, "a", name="other", connect=there.uri).shows()
    check("running" in there.virsh("domstate", "a").stdout, "the domain has not arrived")
    migrate(lab, "a", there, here)
    check(other.wait(20) == 0, f"on the other side: {other.status}")
    shows_again(kept, connects)
    exact(lab, here, "a", kept, weston)

    for stop, why in ((lambda: here.virsh("managedsave", "a"), "it is saved"),
                      (lambda: here.virsh("destroy", "a"), "it was destroyed"),
                      (lambda: crash(lab, "a"), "it has crashed")):
        stop()
        connects = waits(kept, why)
        here.virsh("start", "a")
        shows_again(kept, connects)
    exact(lab, here, "a", kept, weston)
    kept.quit()
    check(kept.wait() == 0, "the viewer's status")
    check(here.virsh("domstate", "a").stdout.strip() == "running", "the domain ended with its viewer")


main_as_user(test)
