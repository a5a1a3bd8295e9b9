# SPDX-License-Identifier: MIT
"""oriel test with virtual pace: a guest that shows the same pictures each time gives the same
verdict and the same trace, frame by frame, however busy the machine is. So does UEFI firmware up to
its shell. Another guest gives another trace, and so do the frames' times without virtual pace."""

import json
import os
import subprocess
import time

from harness import VM, check, main, make

FRAMES = 120
SIZE = (640, 480)
PERIOD_NS = 1_000_000_000_000 // 60_000
# As often as there is time for: a boot of Linux takes some seconds.
MOST_RUNS = 20
SECONDS = 55
AT_ONCE = 2

SCRIPT = """
size = "%dx%d"
trace = true
timeout = 150
step-timeout = 150
%s
[vm]
accel = "tcg"
kernel = "${KERNEL}"
initramfs = "${INITRAMFS}"
append = "mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on \
cryptomgr.notests rcupdate.rcu_expedited=1 console=ttyS0 quiet oriel.fbdev=0 \
oriel.scenario=frames oriel.args=%d oriel.then=poweroff"
[[step]]
wait = { serial = "^guest: frames %d shown %dx%d" }
[[step]]
wait = { end = true }
"""

# What UEFI draws until its shell asks for a command: a logo, texts, a count-down. The cursor comes
# after the prompt, as a frame of its own.
FIRMWARE = """
size = "800x600"
pace = "virtual"
trace = true
step-timeout = 120
fonts = ["${OVMF}"]
[vm]
accel = "tcg"
memory = "256M"
firmware = "${OVMF}"
pci-class = "display"
[[step]]
wait = { text = "Shell>" }
[[step]]
wait = { stable = 2 }
"""


class Tests:
    """Scripts that are run, and the traces that they leave."""

    def __init__(self, lab):
        self.lab = lab
        self.output = lab.folder / "output"
        programs = lab.folder / "programs"
        programs.mkdir()
        program = programs / "qemu-system-x86_64"
        program.write_text(f'#!/bin/sh\nPATH={os.environ["PATH"]} exec {VM / "qemu"} "$@"\n')
        program.chmod(0o755)
        kernel = make("kernel", "debian")
        image = kernel / "vmlinux"
        firmware = subprocess.run([VM / "qemu", "--firmware"], capture_output=True, text=True,
                                  check=True).stdout.split()[0]
        self.environment = lab.environment(
            PATH=f"{programs}:{os.environ['PATH']}", INITRAMFS=str(kernel / "initramfs"),
            KERNEL=str(image if image.exists() else kernel / "vmlinuz"), OVMF=firmware)

    def script(self, name, frames=FRAMES, head='pace = "virtual"'):
        path = self.lab.folder / f"{name}.toml"
        path.write_text(SCRIPT % (*SIZE, head, frames, frames, *SIZE))
        return path

    def firmware_script(self, name):
        path = self.lab.folder / f"{name}.toml"
        path.write_text(FIRMWARE)
        return path

    def run(self, *scripts):
        """The traces of tests that pass, at once."""
        done = subprocess.run(
            [self.lab.oriel_program, "test", *scripts, "-j", str(AT_ONCE), "--output", self.output],
            env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 0, done.stdout + done.stderr)
        return [self.output / script.stem / "trace.jsonl" for script in scripts]

    def diff(self, *arguments):
        return subprocess.run([self.lab.oriel_program, "trace", "diff", *arguments],
                              capture_output=True, text=True, check=False)


def frames_of(trace):
    return [json.loads(line) for line in trace.read_text().splitlines()]


def check_trace(trace):
    """All frames are there, with the display's own time, and eight pictures take turns."""
    frames = frames_of(trace)
    check([frame["frame"] for frame in frames] == list(range(1, len(frames) + 1)), "numbers")
    shown = [frame for frame in frames if frame["mode"] == f"virtio {SIZE[0]}x{SIZE[1]} XR24"]
    check(len(shown) == FRAMES, f"{len(shown)} frames of the guest's, not {FRAMES}")
    hashes = [frame["hash"] for frame in shown]
    check(len(set(hashes[:8])) == 8 and hashes == [hashes[i % 8] for i in range(FRAMES)], "hashes")
    check([frame["time_ns"] for frame in frames] == [i * PERIOD_NS for i in range(len(frames))],
          "times")
    check(frames[-1]["mode"] == "dark", f"the end: {frames[-1]}")


def test(lab):
    make("qemu", "--prepare")
    tests = Tests(lab)
    begin, traces, rounds = time.monotonic(), [], 0
    while len(traces) < MOST_RUNS and (time.monotonic() - begin) * (rounds + 1) < SECONDS * max(rounds, 1):
        traces += tests.run(*[tests.script(f"run-{len(traces) + i}") for i in range(AT_ONCE)])
        rounds += 1
    print(f"{len(traces)} runs in {time.monotonic() - begin:.0f} s")
    check(len(traces) >= 2, "one run is never another one")
    check_trace(traces[0])
    for trace in traces[1:]:
        done = tests.diff("--times", traces[0], trace)
        check((done.returncode, done.stdout) ==
              (0, f"{len(frames_of(traces[0]))} frames, no difference\n"), done.stdout + done.stderr)

    first, second = tests.run(*[tests.firmware_script(f"firmware-{i}") for i in range(AT_ONCE)])
    done = tests.diff("--times", first, second)
    count = len(frames_of(first))
    check(count > 10 and (done.returncode, done.stdout) == (0, f"{count} frames, no difference\n"),
          f"{count} frames of firmware: {done.stdout}{done.stderr}")

    # So it can fail.
    refresh, longer = tests.run(tests.script("refresh", head=""), tests.script("longer", FRAMES + 1))
    done = tests.diff("--times", traces[0], refresh)
    check(done.returncode == 1 and "frame 1: time 0 ns and " in done.stdout, done.stdout)
    done = tests.diff(traces[0], longer)
    check(done.returncode == 1 and f"frame {FRAMES + 1}: mode dark and virtio" in done.stdout,
          done.stdout)
    cut = lab.folder / "cut.jsonl"
    cut.write_bytes(traces[0].read_bytes()[:-5])
    for wrong in ([traces[0], cut], [traces[0], lab.folder / "none"], [traces[0]]):
        done = tests.diff(*wrong)
        check(done.returncode == 2 and done.stderr.count("\n") == 1, done.stdout + done.stderr)
    html = (tests.output / "report.html").read_text()
    check('<a href="longer/trace.jsonl">' in html, "the report does not name the trace")


main(test)
