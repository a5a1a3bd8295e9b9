#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ACRN's own sources with liboriel-vdpy, for whoever has them:

    ORIEL_ACRN_DM=acrn-hypervisor/devicemodel tests/compat/acrn_sources.py --build build

ACRN's virtio_gpu.c, virtio.c, vga.c and gc.c are compiled unchanged. The library must have each
function that they ask for, and ACRN's structs must lie as those of oriel-vdpy.h. Then they are linked
with the library and with a guest (acrn_guest.cpp, on acrn_board.c), whose firmware and whose driver
show pictures in a headless Weston. Status 77 without sources.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from harness import Process, Skip, check, main, options, wait_for  # noqa: E402
from picture import known_picture  # noqa: E402

SOURCES = ("hw/pci/virtio/virtio_gpu.c", "hw/pci/virtio/virtio.c", "hw/vga.c", "hw/gc.c",
           "core/console.c")
FIELDS = {
    "display_info": ("xoff", "yoff", "width", "height"),
    "surface": ("surf_type", "surf_format", "x", "y", "width", "height", "bpp", "stride", "pixel",
                "dma_info.dmabuf_fd", "dma_info.surf_fourcc", "dma_info.dmabuf_offset"),
    "cursor": ("surf_type", "surf_format", "x", "y", "hot_x", "hot_y", "width", "height", "data"),
    "vdpy_display_bh": ("link", "task_cb", "data", "bh_flag"),
}
SIZE = (640, 480)


def output(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{' '.join(map(str, command))}:\n{done.stderr}")
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


class Sources:
    """ACRN's files and ours that stand on them, compiled in a lab's folder."""

    def __init__(self, lab, acrn, build):
        self.folder = lab.folder
        self.build = build
        packages = output("pkg-config", "--cflags", "pixman-1", "libdrm").split()
        # A board has all that it needs but the warnings about ACRN's headers.
        self.theirs = ["-w", "-D_GNU_SOURCE", *packages, f"-I{acrn}/include",
                       f"-I{acrn}/include/public", f"-I{acrn}/../hypervisor/include/public"]
        self.ours = [*packages, f"-I{ROOT}/backend/app/vdpy/include"]
        self.objects = []
        for source in (*(acrn / name for name in SOURCES), ROOT / "tests/compat/acrn_board.c"):
            made = self.folder / (source.stem + ".o")
            output("cc", "-c", *self.theirs, source, "-o", made)
            self.objects.append(made)

    def compare(self):
        """The library has what is asked for, and the structs lie alike."""
        asked = set()
        for made in self.objects:
            asked |= set(re.findall(r" U ((?:vdpy|gfx_ui)_\w+)", output("nm", "-u", made)))
        library = self.build / "backend/app/vdpy/liboriel-vdpy.so"
        has = set(re.findall(r" T (\w+)@@ORIEL_VDPY", output("nm", "-D", "--defined-only", library)))
        check(asked, "nothing was asked for")
        check(not asked - has, f"the library lacks {sorted(asked - has)}")
        there = layout(self.folder, self.theirs, ["dm.h", "vdisplay.h"])
        here = layout(self.folder, self.ours, ["oriel-vdpy.h"])
        check(there == here, f"the structs differ:\n{there}\n{here}")
        print(f"{len(SOURCES)} files compile, {len(asked)} functions are there, "
              f"{len(here.splitlines())} sizes and offsets are the same")

    def link(self):
        program = self.folder / "acrn-guest"
        archives = [self.build / "tests/compat/libacrn-guest.a",
                    *(self.build / "tests/support").glob("lib*.a"),
                    *(self.build / "backend").glob("*/lib*.a")]
        place = self.build / "backend/app/vdpy"
        output("c++", "-o", program, *self.objects, "-Wl,--start-group", *archives, "-Wl,--end-group",
               f"-L{place}", f"-Wl,-rpath,{place}", "-loriel-vdpy",
               *output("pkg-config", "--libs", "pixman-1", "fmt").split(), "-pthread")
        return program


class Guest(Process):
    """acrn-guest: a line for what it does, and "done" when it has been done."""

    def __init__(self, lab, program, weston):
        super().__init__(lab, "acrn-guest", [program], stdin=subprocess.PIPE,
                         environment=lab.environment(WAYLAND_DISPLAY=weston.SOCKET))
        self._lab = lab
        self._done = 0

    def do(self, *words):
        self._popen.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self._popen.stdin.flush()
        self._done += 1
        wait_for(lambda: self.log().count("done\n") == self._done or self.check_running(), 20,
                 " ".join(map(str, words)))

    def pixels(self, name, picture):
        path = self._lab.folder / name
        rows = []
        for row in picture.rows:
            line = bytearray(4 * picture.width)
            for channel, place in enumerate((2, 1, 0)):
                line[place::4] = row[channel::3]
            rows.append(bytes(line))
        path.write_bytes(b"".join(rows))
        return path


def test(lab):
    given = options(build=str(ROOT / "build"))
    if "ORIEL_ACRN_DM" not in os.environ:
        raise Skip("ORIEL_ACRN_DM names no folder with ACRN's device model")
    acrn = Path(os.environ["ORIEL_ACRN_DM"]).resolve()
    sources = Sources(lab, acrn, Path(given.build).resolve())
    sources.compare()
    program = sources.link()
    weston = lab.weston()
    guest = Guest(lab, program, weston)
    guest.do("start", "geometry=%dx%d+0+0" % SIZE)
    want = known_picture(*SIZE, 1)
    guest.do("firmware", guest.pixels("firmware", want))
    lab.wait_shown(weston, want, "what firmware writes to ACRN's VGA")
    guest.do("driver", *SIZE)
    for number in (2, 3):
        want = known_picture(*SIZE, number)
        guest.do("draw", guest.pixels("driver", want))
        lab.wait_shown(weston, want, f"picture {number} of the guest's driver")
    guest.do("cursor", guest.pixels("cursor", known_picture(64, 64, 4)))
    guest.do("end")
    print("pictures of ACRN's VGA and of its virtio-gpu were shown, to the last bit")


main(test)
