#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""unpack_kernel.py BZIMAGE VMLINUX: the ELF kernel inside a bzImage (Linux boot protocol, 1.1).

An emulated CPU needs 2 to 6 s to unpack a kernel at each boot; QEMU starts the unpacked one directly
through its PVH entry.
"""

import lzma
import struct
import subprocess
import sys


def main():
    with open(sys.argv[1], "rb") as file:
        image = file.read()
    if image[0x202:0x206] != b"HdrS":
        sys.exit(f"{sys.argv[1]} is no bzImage")
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)  # payload_offset, payload_length
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start:start + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        kernel = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd"):
        # The last four bytes are the unpacked size, which is not part of the zstd frame.
        kernel = subprocess.run(["zstd", "-dc"], input=payload[:-4], stdout=subprocess.PIPE,
                                check=True).stdout
    else:
        sys.exit(f"{sys.argv[1]}: neither xz nor zstd inside")
    if not kernel.startswith(b"\x7fELF"):
        sys.exit(f"{sys.argv[1]}: no ELF kernel inside")
    with open(sys.argv[2], "wb") as file:
        file.write(kernel)


main()
