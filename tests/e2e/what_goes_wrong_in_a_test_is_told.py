# SPDX-License-Identifier: MIT
"""oriel test with what it should never meet: references and needles that are broken, guests that draw
nothing, a thousand sizes a second, turn themselves off or panic, a QEMU that hangs. Each test fails in
its time with one line that says why, the others go on, and nothing is left."""

import json
import os
import re
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
import zlib

import picture
from harness import Skip, check, main, make
from test_scripts import TestScripts, test_processes

# tests/support/bare_guest.c
HEAD = """
step-timeout = 3
[vm]
accel = "tcg"
machine = "pc"
memory = "16M"
kernel = "${{BARE_GUEST}}"
append = "{word}"
{more}
"""
DRAWN = '[[step]]\nwait = { colour = "#2040c0" }\ntimeout = 60\n'
PANIC = 'arguments = ["-device", "pvpanic", "-action", "panic=exit-failure"]'
# Stops the QEMU of the test that runs it.
STOP = """import os, signal
from pathlib import Path
for process in Path("/proc").glob("[0-9]*"):
    try:
        words = (process / "cmdline").read_bytes().split(b"\\0")
        environment = (process / "environ").read_bytes().split(b"\\0")
    except OSError:
        continue
    if b"XDG_RUNTIME_DIR=" + os.environb[b"XDG_RUNTIME_DIR"] in environment and b"-kernel" in words \\
            and b"run" not in words[:2]:
        os.kill(int(process.name), signal.SIGSTOP)
        print("stopped", words[0])
"""
STOPPED = '[[step]]\nrun = ["python3", "stop.py"]\ntimeout = 20\n'


def png(path, depth, kind, pixel, width=320, height=200):
    """A PNG whose pixels all have these bytes."""
    rows = (b"\0" + pixel * width) * height

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    path.write_bytes(b"\x89PNG\r\n\x1a\n"
                     + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_references(folder):
    png(folder / "good.png", 8, 2, b"\x20\x40\xc0")
    (folder / "truncated.png").write_bytes((folder / "good.png").read_bytes()[:-40])
    png(folder / "other-size.png", 8, 2, b"\x20\x40\xc0", width=300)
    png(folder / "deep.png", 16, 2, b"\x20\x20\x40\x40\xc0\xc0")
    png(folder / "alpha.png", 8, 6, b"\x20\x40\xc0\x80")
    png(folder / "outside.png", 8, 2, b"\x20\x40\xc0")
    area = {"xpos": 300, "ypos": 0, "width": 21, "height": 5, "type": "match"}
    (folder / "outside.json").write_text(json.dumps({"tags": ["x"], "area": [area]}))


def write_scripts(tests):
    """Name of a test: what its failure says; None: it passes."""
    def script(name, steps, word="stay", more=""):
        tests.script(name, HEAD.format(word=word, more=more) + steps)

    def reference(name, condition):
        script(name, DRAWN + f"[[step]]\nassert = {{ {condition} }}\n")

    write_references(tests.folder)
    script("good", DRAWN + '[[step]]\nassert = { image = "good.png" }\n')
    reference("missing", 'image = "none.png"')
    reference("truncated", 'image = "truncated.png"')
    reference("other-size", 'image = "other-size.png"')
    reference("deep", 'image = "deep.png"')
    reference("alpha", 'image = "alpha.png"')
    reference("outside", 'needle = "outside.json"')
    reference("no-tag", 'needle = { tag = "y", folder = "." }')
    script("never", '[[step]]\nwait = { colour = "#2040c0" }\n', word="never")
    # It never stands still, and is seen all the same.
    script("sizes", '[[step]]\nwait = { frames = 30 }\ntimeout = 60\n[[step]]\nscreenshot = "one"\n'
           '[[step]]\nassert = { stable = 1 }\n', word="sizes")
    script("off", DRAWN + '[[step]]\nwait = { mode = "virtio" }\n', word="once")
    script("panic", DRAWN + '[[step]]\nwait = { mode = "virtio" }\n', word="panic", more=PANIC)
    script("stops", DRAWN + STOPPED + '[[step]]\nwait = { colour = "#000000" }\ntimeout = 1\n')
    script("deaf", DRAWN + STOPPED + '[[step]]\nqmp = "query-status"\n')
    (tests.folder / "stop.py").write_text(STOP)
    sleeper = tests.folder / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 1000\n")
    sleeper.chmod(0o755)
    script("hangs", DRAWN, more='program = "./sleeper"')
    return {
        "good": None, "missing": "none.png", "truncated": "truncated.png",
        "other-size": "300x200 was expected, 320x200 is seen", "deep": "16 bit",
        "alpha": "transparent", "outside": "area 1: 21x5 at 300,0 is outside its picture of 320x200",
        "no-tag": "no needle has the tag 'y'", "never": "dark", "sizes": "has changed after|is dark",
        "off": "the VM has ended", "panic": "the VM has ended",
        "stops": "#000000 was expected, #2040c0", "deaf": "monitor",
        "hangs": "has no display after 60 s"}


def check_lines(tests, expected):
    done = tests.expect(3, ".", "-j", "3", "--keep-going", timeout=300)
    verdicts = tests.verdicts()
    root = ElementTree.parse(tests.output / "junit.xml").getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    for name, part in expected.items():
        verdict = "passed" if part is None else "broken" if name == "hangs" else "failed"
        check(verdicts[name] == verdict, f"{name} has {verdicts[name]}:\n{done.stdout}")
        if part is None:
            continue
        line = [child for child in cases[name] if child.tag in ("failure", "error")][0].get("message")
        check(re.search(part, line) and "\n" not in line, f"{name} says: {line}")
        check(float(cases[name].get("time")) < (75 if name == "hangs" else 60), f"{name} took long")
    check(picture.read_png(tests.output / "sizes" / "one.png").width >= 320, "no picture of one size")
    check(not test_processes(tests)[0], str(test_processes(tests)))


def check_same_name(tests):
    """Two runs of one script at once; two scripts of one name are wrong use."""
    commands = [tests.command("good.toml"), tests.command("good.toml")]
    commands[1][3] = tests.lab.folder / "output-2"
    runs = [subprocess.Popen([str(word) for word in command], env=tests.environment, cwd=tests.folder,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for command in commands]
    for run in runs:
        said = run.communicate(timeout=150)[0]
        check(run.returncode == 0, said)
    tests.script("twin", 'name = "good"\n' + (tests.folder / "good.toml").read_text())
    done = tests.expect(2, ".")
    check("are both called 'good'" in done.stderr, done.stderr)


def test(lab):
    if "ORIEL_BARE_GUEST" not in os.environ:
        raise Skip("ORIEL_BARE_GUEST is not set: there is a bare guest for x86 only")
    make("qemu", "--prepare")
    tests = TestScripts(lab)
    tests.environment["BARE_GUEST"] = os.environ["ORIEL_BARE_GUEST"]
    check_lines(tests, write_scripts(tests))
    check_same_name(tests)


main(test)
