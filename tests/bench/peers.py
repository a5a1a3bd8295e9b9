#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a presented frame costs: Oriel beside QEMU's own gtk and sdl windows.

The same guest (tests/vm, TCG, one vCPU) draws the same paced load in the same headless Weston
(pixman, 1920x1080). Counted is the CPU time of every thread that is not the guest's CPU: all of
QEMU's other threads and, with Oriel, Oriel's process. Presented frames are the wl_surface.commit
requests of the window, read from Weston's protocol log: WAYLAND_DEBUG would charge each client for
its own lines, and by the version of its libwayland. Loads: "video" changes every
pixel 60 times a second, "full" claims the whole screen but changes four rows of it, "rect" changes
64x64 pixels.

A frame's cost is given three times: as counted; on top of "none", the same QEMU with its virtio-gpu
and no window (that is how the 13 to 22 ms were measured that the goal of 8 times goes back to); and
on top of "quiet", the same without a window whose guest draws and never tells the card. The last
one leaves QEMU's own copy of each frame, which "none" has too, in its cost.

Needs root for the peers (tests/bench/peers-qemu makes a Debian 13 chroot). Weston is Debian 13's
from there; --weston host takes the machine's own. The headless output of either shows some 39 frames
a second.

"dbus" is a QEMU whose own card Oriel shows over its D-Bus display: the peers' QEMU, or the one that
$ORIEL_DBUS_QEMU names (7.0 to 9.1 send pixels, newer ones share memory); "dbus-none" is the same QEMU
without a window, for the costs on top of it.

usage: peers.py [--rounds N] [--seconds N] [--peers none,quiet,oriel,dbus-none,dbus,gtk,sdl]
                [--loads video,full,rect] [--weston peers|host] [--json FILE]
"""

import json
import os
import re
import statistics
import shutil
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "e2e"))

import dbus_display  # noqa: E402
import harness  # noqa: E402

DBUS_QEMU = os.environ.get("ORIEL_DBUS_QEMU", str(BENCH / "peers-qemu"))
SIZE = (1920, 1080)
RATE = 60
WINDOWS = {
    "gtk": ["-display", "gtk,gl=off,zoom-to-fit=off,show-menubar=off"],
    "sdl": ["-display", "sdl,gl=off"],
    "none": [],
    "quiet": [],
}


def thread_seconds(pid, wanted):
    """CPU seconds (ns resolution) of the process' threads whose name `wanted` accepts."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            run_time = int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
        if wanted(name):
            total += run_time
    return total / 1e9


def commits(weston):
    """Of all clients: the desktop shell's own are over when the load starts."""
    return len(re.findall(r"rq wl_surface[@#]\d+\.commit\(\)", weston.log()))


class Sample:
    """What has been used so far: read once at the start and once at the end of a window of time."""

    def __init__(self, vm, oriel, weston):
        self.time = time.monotonic()
        self.display = thread_seconds(vm.pid, lambda name: not name.startswith("CPU "))
        self.oriel = thread_seconds(oriel.pid, lambda name: True) if oriel is not None else 0
        self.display += self.oriel
        self.weston = thread_seconds(weston.pid, lambda name: True)
        self.frames = commits(weston)


def measure(peer, load, seconds):
    lab = harness.Lab(f"bench-{peer}-{load}")
    try:
        weston = lab.weston(size=SIZE, log_protocol=True)
        lab_environment = lab.environment
        lab.environment = lambda **more: lab_environment(
            **{"WAYLAND_DISPLAY": harness.Weston.SOCKET,
               "GDK_BACKEND": "wayland", "SDL_VIDEODRIVER": "wayland",
               "XDG_SESSION_TYPE": "wayland", **more})
        oriel = None
        extra = ["-name", "bench,debug-threads=on"]
        more = {}
        if peer == "oriel":
            oriel = lab.oriel("show", options=["--size", "%dx%d" % SIZE])
        elif peer.startswith("dbus"):
            more["qemu"] = DBUS_QEMU
            extra += dbus_display.DISPLAY if peer == "dbus" else []
        else:
            os.environ["ORIEL_QEMU"] = str(BENCH / "peers-qemu")
            extra += WINDOWS[peer]
        drawn = f"quiet-{load}" if peer == "quiet" else load
        arguments = f"--mode,{SIZE[0]}x{SIZE[1]},{drawn},{RATE},{seconds + 3}"
        vm = lab.vm(oriel, extra=extra, scenario="load", args=arguments, **more)
        if peer == "dbus":
            oriel = dbus_display.Viewer(lab, vm.qmp_path, options=["--size", "%dx%d" % SIZE])
        vm.wait_serial("guest: load starts")
        time.sleep(1.5)
        before = Sample(vm, oriel, weston)
        time.sleep(seconds)
        after = Sample(vm, oriel, weston)
        vm.wait_serial(f"guest: load {drawn}")
        guest_fps = float(re.search(r"fps ([\d.]+)", vm.serial()).group(1))
        elapsed = after.time - before.time
        frames = after.frames - before.frames
        result = {
            "guest_fps": guest_fps,
            "presents_per_second": frames / elapsed,
            "display_percent": (after.display - before.display) * 100 / elapsed,
            "weston_percent": (after.weston - before.weston) * 100 / elapsed,
        }
        if oriel is not None:
            result["oriel_stats"] = oriel.stats()
            result["oriel_ms"] = (after.oriel - before.oriel) * 1000 / frames if frames else None
        return result
    finally:
        os.environ.pop("ORIEL_QEMU", None)
        lab.close(keep=False)


def use_weston_of_peers():
    """A "weston" in front of the machine's own."""
    folder = Path(tempfile.mkdtemp(prefix="oriel-peers-", dir="/tmp"))
    program = folder / "weston"
    program.write_text(f'#!/bin/sh\nexec {BENCH / "peers-qemu"} --weston "$@"\n')
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    return folder


def enter_mount_namespace():
    """What peers-qemu mounts must be gone with this process."""
    if os.environ.get("ORIEL_BENCH_UNSHARED") == "1":
        return
    os.environ["ORIEL_BENCH_UNSHARED"] = "1"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else float("nan")


def spread(values, digits):
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def run(options, peers):
    """The rounds of each peer, by load."""
    results = {}
    for round_number in range(int(options.rounds)):
        for load in options.loads.split(","):
            for peer in peers:
                result = measure(peer, load, int(options.seconds))
                results.setdefault(load, {}).setdefault(peer, []).append(result)
                print(f"round {round_number + 1} {load} {peer}: guest {result['guest_fps']:.1f}/s, "
                      f"presented {result['presents_per_second']:.1f}/s, "
                      f"display {result['display_percent']:.1f} %", flush=True)
    return results


def costs(by_peer, peer, base):
    """ms of CPU a presented frame, round by round, on top of another peer (None: as counted)."""
    values = []
    for number, result in enumerate(by_peer[peer]):
        percent = result["display_percent"]
        if base is not None:
            percent -= by_peer[base][number]["display_percent"]
        values.append(percent * 10 / result["presents_per_second"]
                      if result["presents_per_second"] else None)
    return values


def report(results):
    bases = [None, *(base for base in ("none", "quiet", "dbus-none")
                     if all(base in by_peer for by_peer in results.values()))]
    titles = {None: "ms CPU per present",
              **{base: f"on top of `{base}`" for base in ("none", "quiet", "dbus-none")}}
    print("\n| load | peer | guest fps | presents/s | display CPU % | Weston % | Oriel's process, ms per present | "
          + " | ".join(f"{titles[base]} (times Oriel)" for base in bases) + " |")
    print("|---" * (7 + len(bases)) + "|")
    for load, by_peer in results.items():
        for peer, rounds in by_peer.items():
            column = lambda key, digits: spread([r[key] for r in rounds], digits)  # noqa: E731
            cells = []
            for base in bases:
                cost = costs(by_peer, peer, base)
                cell = spread(cost, 2)
                if "oriel" in by_peer and median(cost) == median(cost):
                    own = median(costs(by_peer, "oriel", base))
                    # QEMU's copy in "none" may cost more than all that Oriel does.
                    cell += f" **{median(cost) / own:.1f}**" if own > 0 else ""
                cells.append(cell)
            print(f"| {load} | {peer} | {column('guest_fps', 1)} | "
                  f"{column('presents_per_second', 1)} | {column('display_percent', 1)} | "
                  f"{column('weston_percent', 1)} | {spread([r.get('oriel_ms') for r in rounds], 2)} | " + " | ".join(cells) + " |")


def main():
    options = harness.options(rounds="3", seconds="8", peers="none,quiet,oriel,gtk,sdl",
                              loads="video,full,rect", weston="peers", json="")
    peers = options.peers.split(",")
    chroot = DBUS_QEMU == str(BENCH / "peers-qemu") or any(peer in WINDOWS for peer in peers)
    if options.weston == "peers" or chroot:
        if os.geteuid() != 0:
            print("SKIP the comparison with QEMU's windows needs root (a chroot)")
            return harness.SKIPPED
        enter_mount_namespace()
        harness.subprocess.run([BENCH / "peers-qemu", "--prepare"], check=True)
    # Inside the chroot only /tmp and the cache folder are the same.
    os.environ.setdefault("ORIEL_ARTIFACTS", "/tmp/oriel-bench")
    harness.prepare_vm("debian")
    own_weston = use_weston_of_peers() if options.weston == "peers" else None
    try:
        weston = harness.subprocess.run(["weston", "--version"], capture_output=True, text=True,
                                        check=True).stdout.strip()
        print(f"{weston}; {options.rounds} rounds of {options.seconds} s", flush=True)
        results = run(options, peers)
    finally:
        if own_weston:
            shutil.rmtree(own_weston)
    report(results)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
