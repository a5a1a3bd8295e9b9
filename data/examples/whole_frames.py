# SPDX-License-Identifier: MIT
"""whole_frames.py COUNT: for thousand-flips.toml. Takes screenshots of the test's VM until frame COUNT is
there. Each must have one colour, and its number must not be smaller than that of the one before."""

import os
import subprocess
import sys

from PIL import Image

STEP = 0x010305
SCREENSHOT = "frame.png"


def frame_of(colour):
    """The number of the frame in this colour: frame n is n * STEP, of which 24 bits are left."""
    number = colour[0] << 16 | colour[1] << 8 | colour[2]
    return number * pow(STEP, -1, 1 << 24) % (1 << 24)


def take(vm):
    """The picture that the VM shows now, as a list of (pixels, colour)."""
    subprocess.run([os.environ.get("ORIEL", "oriel"), "ctl", vm, "screenshot", SCREENSHOT], check=True)
    with Image.open(SCREENSHOT) as picture:
        return picture.convert("RGB").getcolors(picture.width * picture.height)


def main():
    count, last, looks = int(sys.argv[1]), 0, 0
    os.chdir(os.environ["XDG_RUNTIME_DIR"])  # the test's own folder
    while last < count:
        colours = take(os.environ["ORIEL_VM"])
        if len(colours) > 1:
            sys.exit(f"after frame {last}: a frame of {len(colours)} colours, so it is torn")
        frame = frame_of(colours[0][1])
        if not last <= frame <= count:
            sys.exit(f"frame {frame} was shown after frame {last}")
        last, looks = frame, looks + 1
    print(f"{looks} screenshots")


main()
