#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ACRN's own sources against liboriel-vdpy, outside the build, for whoever has them:

    ORIEL_ACRN_DM=acrn-hypervisor/devicemodel tests/compat/acrn_sources.py build

compiles virtio_gpu.c, vga.c and gc.c unchanged, and checks that the library has each function that they
ask for, and that ACRN's structs lie as those of oriel-vdpy.h. 77 without sources. It doesn't run them.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("hw/pci/virtio/virtio_gpu.c", "hw/vga.c", "hw/gc.c")
FIELDS = {
    "display_info": ("xoff", "yoff", "width", "height"),
    "surface": ("surf_type", "surf_format", "x", "y", "width", "height", "bpp", "stride", "pixel",
                "dma_info.dmabuf_fd", "dma_info.surf_fourcc", "dma_info.dmabuf_offset"),
    "cursor": ("surf_type", "surf_format", "x", "y", "hot_x", "hot_y", "width", "height", "data"),
    "vdpy_display_bh": ("link", "task_cb", "data", "bh_flag"),
}


def output(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stderr}")
    return done.stdout


def layout(folder, flags, includes):
    """Sizes and offsets, as the compiler has them."""
    lines = [f"#include <{name}>" for name in ("stdbool.h", "stddef.h", "stdio.h", *includes)]
    lines.append("int main(void) {")
    for struct, fields in FIELDS.items():
        lines.append(f'printf("{struct} %zu\\n", sizeof(struct {struct}));')
        lines += [f'printf("{struct}.{field} %zu\\n", offsetof(struct {struct}, {field}));' for field in fields]
    source = folder / "layout.c"
    source.write_text("\n".join([*lines, "return 0; }\n"]))
    output("cc", *flags, source, "-o", folder / "layout")
    return output(folder / "layout")


def main():
    if "ORIEL_ACRN_DM" not in os.environ:
        print("SKIP ORIEL_ACRN_DM names no folder with ACRN's device model")
        sys.exit(77)
    acrn = Path(os.environ["ORIEL_ACRN_DM"])
    build = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build")
    packages = output("pkg-config", "--cflags", "pixman-1", "libdrm").split()
    theirs = ["-w", "-D_GNU_SOURCE", *packages, f"-I{acrn}/include", f"-I{acrn}/include/public",
              f"-I{acrn}/../misc/library/include", f"-I{acrn}/../hypervisor/include/public"]
    ours = [*packages, f"-I{ROOT}/backend/app/vdpy/include"]
    library = build / "backend/app/vdpy/liboriel-vdpy.so"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = set()
        for source in SOURCES:
            made = folder / (Path(source).stem + ".o")
            output("cc", "-c", *theirs, acrn / source, "-o", made)
            asked |= set(re.findall(r" U ((?:vdpy|gfx_ui)_\w+)", output("nm", "-u", made)))
        has = set(re.findall(r" T (\w+)@@ORIEL_VDPY", output("nm", "-D", "--defined-only", library)))
        if not asked or asked - has:
            sys.exit(f"FAIL the library lacks {sorted(asked - has) or 'nothing: nothing was asked for'}")
        there, here = layout(folder, theirs, ["dm.h", "vdisplay.h"]), layout(folder, ours, ["oriel-vdpy.h"])
        if there != here:
            sys.exit(f"FAIL the structs differ:\n{there}\n{here}")
    print(f"PASS {len(SOURCES)} files compile, {len(asked)} functions are there, "
          f"{len(here.splitlines())} sizes and offsets are the same")


main()
