# SPDX-License-Identifier: MIT
"""oriel test: what passes, fails, is broken or wrongly written has its exit status and its reports,
also in parallel and with one name, where QEMU dies in mid-step, and without /dev/shm. A signal, or
a SIGKILL, leaves no process and no folder behind."""

import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from harness import check, main, make, wait_for
from test_scripts import HEAD, SHOWN, TestScripts, test_processes

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
    tests = TestScripts(lab)
    check_wrong_use(tests)
    check_verdicts(tests)
    check_recording(tests)
    check_without_shared_memory(tests)
    check_full_disk(tests)
    check_nothing_is_left(tests)


main(test)
