# SPDX-License-Identifier: MIT
"""A real guest's driver takes blobs when they are offered: every pixel is right at a compositor
that takes no dma-bufs, and stats say so. With `--scenario foreign` the guest exports buffers from
another driver and shows them through virtio-gpu (PRIME), which transfers nothing."""

from harness import check, main, options, prepare_vm
from picture import known_picture

SIZE = (1024, 768)
# The screen whose known picture a scenario ends with, and what the guest says then.
SCENARIOS = {"pattern": (0, "pattern shown"), "foreign": (2, "foreign buffer shown")}


def test(lab):
    chosen = options(kernel="debian", scenario="pattern")
    prepare_vm(chosen.kernel)
    index, last_line = SCENARIOS[chosen.scenario]
    weston = lab.weston(size=(1280, 1024))
    oriel = lab.oriel(options=["--size", "1024x768"])
    # Without the kernel's console all that is shown is the scenario's.
    vm = lab.vm(oriel, kernel=chosen.kernel, scenario=chosen.scenario, append="oriel.fbdev=0")
    vm.wait_serial(last_line)
    want = known_picture(*SIZE, index)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture")
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")

    stats = oriel.stats()
    commands = stats["gpu"]["commands"]
    for name in ("RESOURCE_CREATE_BLOB", "SET_SCANOUT_BLOB"):
        check(commands.get(name, 0) > 0, f"the guest sent no {name}: {commands}")
    # (SET_SCANOUT comes, too: it is how Linux switches a screen off.)
    check("RESOURCE_CREATE_2D" not in commands, f"the guest made 2D resources: {commands}")
    check(not stats["gpu"]["errors"], f"errors: {stats['gpu']['errors']}")
    if chosen.scenario == "foreign":
        check("TRANSFER_TO_HOST_2D" not in commands, f"transfers of foreign buffers: {commands}")
        check(commands.get("RESOURCE_UNREF", 0) > 0, f"the first buffer never went: {commands}")
    scanout = stats["scanouts"][0]
    check(scanout["path"] == "shm", f"path {scanout['path']}")
    check("direct: the compositor takes no dma-bufs" in scanout["path_reason"],
          f"the reason: {scanout['path_reason']!r}")
    check(scanout["bytes_copied"] > 0, "nothing was copied")


main(test)
