# SPDX-License-Identifier: MIT
"""oriel test: what passes, fails, is broken or wrongly written has its exit status and its reports,
also in parallel and with one name, where QEMU dies in mid-step, and without /dev/shm. A signal, or
a SIGKILL, leaves no process and no folder behind."""

import json
import os
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from harness import VM, check, main, make, wait_for

# SeaBIOS finds nothing to boot, and says so on the screen.
HEAD = """
step-timeout = 30
fonts = ["${VGA_ROM}"]
[vm]
accel = "tcg"
memory = "64M"
option-rom = "${VGA_ROM}"
arguments = ["-boot", "reboot-timeout=-1"]
"""
SHOWN = '[[step]]\nwait = { text = "No bootable device" }\n'


class Tests:
    """A folder of scripts, and oriel test over it."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "scripts"
        self.output = lab.folder / "output"
        self.folder.mkdir()
        programs = lab.folder / "programs"
        programs.mkdir()
        # An example for users has QEMU's name in it, and so have these. It isn't to find itself.
        qemu = programs / "qemu-system-x86_64"
        qemu.write_text(f'#!/bin/sh\nPATH={os.environ["PATH"]} exec {VM / "qemu"} "$@"\n')
        qemu.chmod(0o755)
        self.environment = lab.environment(PATH=f"{programs}:{os.environ['PATH']}",
                                           ORIEL_E2E=str(self.folder),
                                           VGA_ROM=str(make("qemu", "--vga-rom")))

    def script(self, name, text):
        (self.folder / f"{name}.toml").write_text(text)

    def command(self, *arguments):
        return [self.lab.oriel_program, "test", "--output", self.output, *arguments]

    def run(self, *arguments, prefix=(), timeout=150):
        return subprocess.run([*prefix, *self.command(*arguments)], env=self.environment,
                              cwd=self.folder, capture_output=True, text=True, timeout=timeout,
                              check=False)

    def expect(self, status, *arguments, **options):
        done = self.run(*arguments, **options)
        check(done.returncode == status,
              f"status {done.returncode}, not {status}:\n{done.stdout}{done.stderr}")
        return done

    def verdicts(self):
        return json.loads((self.output / "last-run.json").read_text())["tests"]


def test_processes(tests):
    """The processes of this run's tests: their command lines, and their temporary folders."""
    lines, folders = [], set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = dict(word.split("=", 1) for word in (process / "environ").read_bytes()
                               .decode(errors="replace").split("\0") if "=" in word)
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        folder = environment.get("XDG_RUNTIME_DIR", "")
        if environment.get("ORIEL_E2E") == str(tests.folder) and "/oriel-test-" in folder:
            lines.append(line)
            folders.add(folder)
    return lines, folders


def check_wrong_use(tests):
    tests.script("wrong", '[vm]\nacel = "tcg"\n[[step]]\nwait = { txt = "a" }\n')
    done = tests.expect(2, "wrong.toml")
    check("wrong.toml:2:1: unknown key 'acel': did you mean 'accel'?" in done.stderr, done.stderr)
    check("wrong.toml:4:10: unknown key 'txt': did you mean 'text'?" in done.stderr, done.stderr)
    (tests.folder / "wrong.toml").unlink()
    tests.expect(2, "none.toml")
    tests.expect(2, ".", "--filter", "(")


def check_verdicts(tests):
    tests.script("passes", HEAD + SHOWN + """
[[step]]
wait = { mode = "bochs" }
[[step]]
screenshot = "bios"
[[step]]
run = ["sh", "-c", "$ORIEL ctl $ORIEL_VM wait mode bochs --timeout 20"]
""")
    tests.script("fails", HEAD + SHOWN + '[[step]]\nwait = { colour = "#123456" }\ntimeout = 0.5\n')
    tests.script("dies", HEAD + SHOWN + """
[[step]]
kill = "vmm"
[[step]]
wait = { text = "never" }
""")
    tests.script("broken", '[vm]\nprogram = "./none"\n[[step]]\nreset = true\n')
    tests.environment["ORIEL"] = tests.lab.oriel_program
    names = tests.expect(0, ".", "--list", "--filter", "^p|^f").stdout
    check([line.split()[0] for line in names.splitlines()] == ["fails", "passes"], names)
    done = tests.expect(3, ".", "-j", "4", "--keep-going", "--seed", "3")
    check(tests.verdicts() == {"passes": "passed", "fails": "failed", "dies": "failed",
                               "broken": "broken"}, done.stdout)
    check("#123456 was expected" in done.stdout, done.stdout)
    check("the VM has ended" in done.stdout, done.stdout)
    suite = ElementTree.parse(tests.output / "junit.xml").getroot()
    check((suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "2", "1"),
          str(suite.attrib))
    html = (tests.output / "report.html").read_text()
    check(html.count("data:image/png;base64,") >= 4 and "No bootable" not in html.split("<body>")[0],
          "the report has no pictures")
    check((tests.output / "passes" / "bios.png").exists(), "no screenshot")
    done = tests.expect(3, ".", "--rerun-failed", "--tap")
    check(done.stdout.startswith("TAP version 13\n1..3\n"), done.stdout)
    check(not test_processes(tests)[0], str(test_processes(tests)))


def check_recording(tests):
    tests.script("recorded", 'record = { file = "film.webm", rate = 10 }\n' + HEAD + SHOWN)
    tests.script("frames", 'record = "frames"\n' + HEAD + SHOWN + '[[step]]\nkill = "vmm"\n')
    tests.expect(0, "recorded.toml", "frames.toml", "--keep-going")
    if shutil.which("ffprobe"):
        seen = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name",
                               tests.output / "recorded" / "film.webm"], capture_output=True,
                              text=True, check=False)
        check("vp9" in seen.stdout, seen.stdout + seen.stderr)
    html = (tests.output / "report.html").read_text()
    check('<video src="recorded/film.webm"' in html, "the report does not play the video")
    check('<a href="frames/frames">' in html, "the report does not lead to the pictures")
    # The VM has ended: its recording is whole all the same.
    frames = tests.output / "frames" / "frames"
    count = len(list(frames.glob("*.png")))
    listed = (frames / "frames.ffconcat").read_text()
    check(count > 0 and listed.count("duration ") == count, f"{count} pictures, {listed}")
    for name in ("recorded", "frames"):
        (tests.folder / f"{name}.toml").unlink()
    # Without ffmpeg a video is a fault of the machinery, with the package's name.
    tests.script("video", 'record = "a.mp4"\n' + HEAD + SHOWN)
    path = tests.environment["PATH"]
    tests.environment["PATH"] = path.split(":")[0]
    done = tests.expect(3, "video.toml")
    tests.environment["PATH"] = path
    check("package ffmpeg" in done.stdout, done.stdout)
    (tests.folder / "video.toml").unlink()


def check_without_shared_memory(tests):
    hide = ["unshare", "-m", "sh", "-c", 'umount -l /dev/shm; exec "$@"', "sh"]
    if subprocess.run([*hide, "true"], capture_output=True, check=False).returncode != 0:
        print("no mount namespace can be made: /dev/shm stays")
        return
    tests.expect(0, "passes.toml", prefix=hide)


def check_nothing_is_left(tests):
    tests.script("waits", HEAD + '[[step]]\nrun = ["sleep", "1000"]\ntimeout = 1000\n')
    for number in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen([str(word) for word in tests.command("waits.toml", "-j", "2")],
                              env=tests.environment, cwd=tests.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as run:
            wait_for(lambda: any("-chardev" in line for line in test_processes(tests)[0]), 60,
                     "QEMU runs", 0.1)
            time.sleep(0.5)
            folders = test_processes(tests)[1]
            run.send_signal(number)
            said = run.communicate(timeout=30)[0]
        wait_for(lambda: not test_processes(tests)[0], 20, "no process is left", 0.1)
        if number == signal.SIGINT:
            check(run.returncode == 1 and "stopped by a signal" in said, f"{run.returncode} {said}")
            check(folders and not any(Path(folder).exists() for folder in folders), str(folders))
        else:
            # Who is killed so can't take its folder along.
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)


def check_full_disk(tests):
    full = tests.lab.folder / "full"
    mount = ["unshare", "-m", "sh", "-c",
             f'mkdir -p {full}; mount -t tmpfs -o size=64k none {full} || exit 77; exec "$@"', "sh"]
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode != 0:
        print("no mount namespace can be made: no disk is full")
        return
    done = tests.run("passes.toml", "--output", full, prefix=mount)
    check(done.returncode == 2, "an option is given twice")
    command = tests.command("passes.toml")
    command[3] = full
    done = subprocess.run([*mount, "sh", "-c", f'head -c 60k /dev/zero >{full}/a; exec "$@"', "sh",
                           *command], env=tests.environment, cwd=tests.folder,
                          capture_output=True, text=True, timeout=100, check=False)
    check(done.returncode == 3 and "No space left" in done.stdout + done.stderr,
          f"{done.returncode} {done.stdout} {done.stderr}")


def test(lab):
    make("qemu", "--prepare")
    tests = Tests(lab)
    check_wrong_use(tests)
    check_verdicts(tests)
    check_recording(tests)
    check_without_shared_memory(tests)
    check_full_disk(tests)
    check_nothing_is_left(tests)


main(test)
