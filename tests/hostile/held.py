# SPDX-License-Identifier: MIT
"""What a process holds."""

import os


def held_bytes(pid, guest_inodes):
    """Resident memory and memory files, without the guest's own memory: that is the VMM's. And
    without the pages of programs and libraries: how many of them are here says what the machine has
    read lately."""
    resident = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("Rss"):
                name, value = line.split(":")
                resident[name] = int(value.split()[0]) << 10
    files, guest, seen = 0, 0, set()
    names = os.listdir(f"/proc/{pid}/fd")
    for name in names:
        try:
            if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("/memfd:"):
                continue
            status = os.stat(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if status.st_ino not in seen:
            seen.add(status.st_ino)
            if status.st_ino in guest_inodes:
                guest += status.st_blocks * 512
            else:
                files += status.st_blocks * 512
    shared = max(0, resident.get("RssShmem", 0) - guest)
    return resident.get("RssAnon", 0) + max(shared, files), len(names)
