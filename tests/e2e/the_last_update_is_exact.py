# SPDX-License-Identifier: MIT
"""Hundreds of page flips or of small changes, one after the other and faster than they can be shown:
at their end every pixel is right, in the screenshot and on the compositor's output."""

from harness import check, main, options, prepare_vm
from load_picture import RATE, SECONDS, SIZE, painted
from picture import known_picture


def test(lab):
    chosen = options(kind="flip", kernel="debian", path="auto")
    prepare_vm(chosen.kernel)
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", f"{SIZE[0]}x{SIZE[1]}", "--path", chosen.path])
    if chosen.kind == "flip":
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="flip", args=str(SECONDS))
        vm.wait_serial("guest: flip")
        want = known_picture(*SIZE)
    else:
        vm = lab.vm(oriel, kernel=chosen.kernel, scenario="load",
                    args=f"{chosen.kind},{RATE},{SECONDS}")
        vm.wait_serial(f"guest: load {chosen.kind}")
        want = painted(chosen.kind)
    lab.wait_picture(oriel.screenshot, want, "the screenshot after the last update", 10)
    lab.wait_shown(weston, want, "the compositor shows the last update", 10)
    screen = oriel.stats()["scanouts"][0]
    check(screen["flushed"] >= 30, f"only {screen['flushed']} flushes counted")


main(test)
