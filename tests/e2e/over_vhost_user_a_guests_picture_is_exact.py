# SPDX-License-Identifier: MIT
"""QEMU's vhost-user devices (of which one passes blobs on): a guest's picture is exact in a window, it stays while the machine is
paused, comes back after a reboot, and a VM that is started anew after a crash shows in the same
window."""

from harness import Failure, check, main, options, prepare_vm, wait_for
from picture import known_picture

SIZE = (1024, 768)
TEXT = "the VM's picture is here, QEMU's own windows don't show it"


def test(lab):
    chosen = options(kernel="debian", device="vhost-user-gpu-pci")
    prepare_vm(chosen.kernel)
    weston = lab.weston()
    oriel = lab.oriel(road="vhost-user", options=["--size", "1024x768", "--keep"])
    want = known_picture(*SIZE)

    def boot():
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="pattern", vhost_device=chosen.device)
        vm.wait_serial("pattern shown")
        lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture")
        return vm

    vm = boot()
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")
    # QEMU's device for tests passes every feature on, and has no window of QEMU's own.
    passes_all = "test-device" in chosen.device
    check(oriel.log().count(TEXT) == (0 if passes_all else 1), "where is the picture said to be?")
    blobs = oriel.stats()["gpu"]["blobs"]
    check((blobs > 0) == passes_all, f"the guest has {blobs} blobs")

    resets = oriel.stats()["vhost_user"]["resets"]
    vm.qmp("stop")
    lab.wait_picture(oriel.screenshot, want, "the picture stays while the machine is paused")
    vm.qmp("cont")
    vm.qmp("query-status")
    check(oriel.stats()["vhost_user"]["resets"] == resets, "a pause reset the card")
    lab.wait_picture(oriel.screenshot, want, "the picture stays when the machine goes on")

    vm.qmp("system_reset")
    vm.wait_serial("pattern shown", count=2)
    lab.wait_picture(oriel.screenshot, want, "the picture after a reset")
    check(oriel.stats()["vhost_user"]["resets"] > resets, "a reset did not reset the card")

    # QEMU has nothing of the card to save: it is to say so, and not to save a VM that can't go on.
    refused = ""
    try:
        vm.qmp("migrate", uri="exec:cat >/dev/null")
    except Failure as failure:
        refused = str(failure)
    check("lacks VHOST_USER_PROTOCOL_F_LOG_SHMFD" in refused or "non-migratable device" in refused,
          f"QEMU saves what it can't load: {refused}")

    vm.kill()
    wait_for(lambda: not oriel.stats()["attached"], 20, "the VM that was killed is gone")
    vm = boot()
    lab.wait_shown(weston, want, "the next VM shows in the same window")
    vm.kill()
    stats = oriel.stats()
    check(stats["vhost_user"]["errors"] == 0, f"refused requests: {stats['vhost_user']}")
    check(stats["vhost_user"]["clients"] == 2, f"clients: {stats['vhost_user']}")
    check(stats["virtio"]["ring_errors"] == 0, f"broken rings: {stats['virtio']}")
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
