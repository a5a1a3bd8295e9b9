#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Oriel shows of each QEMU that can be had here, card by card, as a table for data/doc/vmms.md.

Each QEMU's firmware draws on one of its cards, `oriel headless --dbus` shows it, the VM is stopped, and
oriel's screenshot is compared with QEMU's own screendump, pixel by pixel.

usage: vmms.py [--qemu PROGRAM:PROGRAM...] [--write yes]

Without --qemu it is the machine's own QEMU. --write replaces the rows of these QEMUs in the page.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

E2E = Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))

import dbus_display  # noqa: E402
import harness  # noqa: E402

CARDS = ("VGA", "virtio-vga", "bochs-display", "ramfb", "qxl-vga", "cirrus-vga", "vmware-svga")
PAGE = Path(__file__).resolve().parents[2] / "data" / "doc" / "vmms.md"
HEAD = ("| QEMU | card | firmware's picture | how it came |", "| --- | --- | --- | --- |")


def version(program):
    line = subprocess.run([program, "--version"], capture_output=True, text=True,
                          check=False).stdout.splitlines()[0]
    return re.search(r"version ([\d.]+)", line).group(1)


def devices(program):
    listed = subprocess.run([program, "-device", "help"], capture_output=True, text=True,
                            check=False).stdout
    return set(re.findall(r'name "([^"]+)"', listed))


def came(dbus):
    ways = [word for word, count in (("shared memory", dbus["scanout_maps"]),
                                     ("pixels in messages", dbus["scanouts"] + dbus["updates"]),
                                     ("dma-bufs", dbus["scanout_dmabufs"])) if count > 0]
    return " and ".join(ways)


def seen(lab, program, card):
    """What the table says of it, in two cells."""
    qemu = dbus_display.Firmware(lab, program, card)
    viewer = dbus_display.Viewer(lab, qemu.qmp_path, command="headless")
    try:
        viewer.wait_attached()
        harness.wait_for(lambda: len(qemu.screendump().colours()) > 1, 20, "firmware draws")
        time.sleep(1)
        qemu.qmp("stop")
        want = qemu.screendump()
        lab.wait_picture(viewer.screenshot, want, f"{card}'s picture", 10)
        return f"exact, {want.width}x{want.height}", came(viewer.stats()["dbus"])
    except harness.Failure as failure:
        return f"not seen: {str(failure).splitlines()[0]}", "-"
    finally:
        qemu.kill()
        viewer.kill()


def rows_of(lab, program):
    has = devices(program)
    for card in CARDS:
        if card in has:
            cells = seen(lab, program, card)
            row = f"| {version(program)} | {card} | {cells[0]} | {cells[1]} |"
            print(row, flush=True)
            yield row


def written(rows):
    """The page with these rows in place of those of the same QEMUs, and the others as they were."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index(HEAD[0])
    old = text[start:].split("\n\n", 1)[0].rstrip("\n").splitlines()
    ours = {row.split("|")[1] for row in rows}
    kept = [row for row in old[2:] if row.split("|")[1] not in ours]
    order = sorted([*kept, *rows], key=lambda row: [int(part) for part in
                                                    row.split("|")[1].strip().split(".")])
    return text.replace("\n".join(old), "\n".join([*HEAD, *order]), 1)


def main():
    options = harness.options(qemu="", write="")
    programs = options.qemu.split(":") if options.qemu else dbus_display.qemus()
    lab = harness.Lab("vmms")
    try:
        rows = [row for program in programs for row in rows_of(lab, program)]
    finally:
        lab.close(keep=False)
    if options.write:
        PAGE.write_text(written(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.Skip as reason:
        print(f"SKIP {reason}")
        sys.exit(harness.SKIPPED)
