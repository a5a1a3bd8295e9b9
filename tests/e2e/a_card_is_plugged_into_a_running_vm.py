# SPDX-License-Identifier: MIT
"""A second graphics card is plugged into a QEMU that is shown: the viewer has as many screens as one that
comes afterwards. QEMU 11.1 tells of it, 7.2 gives nobody that card."""

import time

from dbus_display import DISPLAY, Firmware, Viewer
from harness import check, main, wait_for
from newest_qemu import every_qemu


def screens(viewer):
    return sum(one["connected"] for one in viewer.stats()["scanouts"])


def test(lab):
    for program in every_qemu(lab):
        vm = Firmware(lab, program, "VGA", [*DISPLAY, "-device", "pcie-root-port,id=rp"])
        viewer = Viewer(lab, vm.qmp_path, command="headless")
        viewer.wait_attached()
        check(screens(viewer) == 1, "one card, one screen")
        vm.qmp("device_add", driver="bochs-display", bus="rp", id="second")
        time.sleep(2)
        seen = screens(viewer)
        check(viewer.quit().returncode == 0 and viewer.wait() == 0, viewer.log())
        later = Viewer(lab, vm.qmp_path, command="headless")
        later.wait_attached()
        wait_for(lambda: screens(later) == seen, 5, f"{seen} screens, and later {screens(later)}")
        version = vm.qmp("query-version")["qemu"]
        check(seen == 2 or version["major"] < 11, f"QEMU {version}: {seen} screens")
        print(f"QEMU {version['major']}.{version['minor']}: {seen} screens")
        check(later.quit().returncode == 0 and later.wait() == 0, later.log())
        vm.kill()


main(test)
