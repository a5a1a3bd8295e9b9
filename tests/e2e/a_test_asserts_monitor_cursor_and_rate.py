# SPDX-License-Identifier: MIT
"""oriel test and oriel ctl wait with what has no pixels: a monitor's EDID, and that Linux has read it
so; the guest's cursor, its place and its image; how many frames a second; a VGA's text from its cells;
a serial port's file. Each of them also fails where it is not so."""

import os

from harness import Skip, check, main, make
from picture import known_picture, with_cursor, write_png
from test_scripts import TestScripts

BOOT = ("mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests "
        "rcupdate.rcu_expedited=1 console=ttyS0 console=tty0 quiet loglevel=4 oriel.scenario=cursor")
CURSOR = """
size = "1024x768"
timeout = 300
[vm]
accel = "tcg"
kernel = "${KERNEL}"
initramfs = "${INITRAMFS}"
append = "%s"
[[step]]
wait = { serial = "cursor at 100,80" }
timeout = 200
[[step]]
assert = { edid = { preferred = "1024x768@60", serial = 1, read = true } }
[[step]]
wait = { cursor = [105, 87] }
[[step]]
assert = { cursor = "shown" }
[[step]]
assert = { cursor = "hidden", absent = true }
[[step]]
assert = { image = "pointed.png", cursor = true, area = [95, 75, 80, 80] }
[[step]]
run = ["sh", "-c", '''
set -e
ctl() { "$ORIEL" ctl "$ORIEL_VM" wait "$@"; }
ctl edid preferred=1024x768,serial=1,read --timeout 1
ctl cursor 105,87 --timeout 1
ctl serial '^guest: cursor at 100,80$' --serial "$XDG_RUNTIME_DIR/serial.log"
! ctl cursor 105,88 --timeout 0
! ctl cursor hidden --timeout 0
! ctl edid serial=2 --timeout 0
! ctl refresh 500,1,0.5 --timeout 1
''']
timeout = 60
""".replace("'^guest: cursor at 100,80$'", '"^guest: cursor at 100,80$"') % BOOT
# The guest's one picture, whole and counted: on a busy machine a part of it is a frame of its own.
DRAWN = {"stay": """colour = "#2040c0", area = [0, 0, 320, 200] }
timeout = 60
[[step]]
wait = { stable = 0.5"""}
BARE = """
[vm]
accel = "tcg"
machine = "pc"
memory = "16M"
kernel = "${{BARE_GUEST}}"
append = "{word}"
[[step]]
wait = {{ {drawn} }}
timeout = 60
[[step]]
assert = {{ {condition} }}
"""


def write_scripts(tests):
    """Name: what its failure says; None: it passes."""
    screen = with_cursor(known_picture(1024, 768), 105, 87)
    write_png(tests.folder / "pointed.png", screen.crop(95, 75, 80, 80))
    tests.script("cursor", CURSOR)
    scripts = {
        # 30 times a second where nobody else needs the machine.
        "rate": ("flips", "refresh = 20, within = 19.5, over = 2", None),
        "still": ("stay", "refresh = 0, within = 0.4", None),
        "wrong-rate": ("stay", "refresh = 60, within = 5, over = 0.5", "0.00 frames a second"),
        # No driver reads it, but there it is.
        "edid": ("stay", 'edid = { name = "Oriel" }', None),
        "unread": ("stay", "edid = { read = true }", "the guest's driver has not read it so"),
        "no-cursor": ("stay", 'cursor = "hidden"', None),
        # It has no font: there is nothing to see, and its memory says it all the same.
        "cells": ("text", 'text = "Bare guest: 80x25"', None),
        "cells-pattern": ("text", 'pattern = "^     Bare g.*80x25$"', None),
        "text-mode": ("text", 'mode = "text 80x25"', None),
        "other-cells": ("text", 'text = "Bare guest: 80x26"', "the last line is '     Bare guest: 80x25'"),
    }
    for name, (word, condition, _) in scripts.items():
        tests.script(name, BARE.format(
            word=word, condition=condition, drawn=DRAWN.get(word, "frames = 1")))
    return {"cursor": None, **{name: says for name, (_, _, says) in scripts.items()}}


def test(lab):
    if "ORIEL_BARE_GUEST" not in os.environ:
        raise Skip("ORIEL_BARE_GUEST is not set: there is a bare guest for x86 only")
    make("qemu", "--prepare")
    kernel = make("kernel", "debian")
    image = kernel / "vmlinux"
    tests = TestScripts(lab)
    tests.environment.update(
        BARE_GUEST=os.environ["ORIEL_BARE_GUEST"], ORIEL=lab.oriel_program,
        INITRAMFS=str(kernel / "initramfs"),
        KERNEL=str(image if image.exists() else kernel / "vmlinuz"))
    expected = write_scripts(tests)
    done = tests.expect(1, ".", "-j", "2", "--keep-going", timeout=350)
    for name, says in expected.items():
        verdict = "passed" if says is None else "failed"
        check(tests.verdicts()[name] == verdict, f"{name}: {done.stdout}")
        check(says is None or says in done.stdout, f"{name}: {done.stdout}")


main(test)
