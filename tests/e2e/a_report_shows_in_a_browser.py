# SPDX-License-Identifier: MIT
"""The HTML report of `oriel test`, as Chromium draws it: its words can be read, what was expected and what was
seen are side by side with a border that the slider moves, and nothing is fetched from anywhere."""

import os
import shutil
import subprocess

import picture
from harness import Skip, check, main
from test_scripts import TestScripts

SCRIPT = """
[vm]
accel = "tcg"
memory = "16M"
kernel = "{guest}"
append = "stay"
machine = "pc"
[[step]]
wait = {{ colour = "#2040c0" }}
timeout = 60
[[step]]
assert = {{ image = "{image}" }}
"""
SEEN, EXPECTED = b"\x20\x40\xc0", b"\xc0\x40\x20"
SIZE = (320, 200)
PAGE = (1000, 1400)
# The page's own way: what happens when a user moves the slider.
MOVE = """<script>for (const slider of document.querySelectorAll('input[type=range]')) {
slider.value = %d; slider.dispatchEvent(new Event('input')); }</script></body>"""


def browser():
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise Skip("no browser (package chromium): the report was not looked at")
    return program


def drawn(lab, program, page):
    """The page as a picture."""
    shown = lab.folder / f"{page.stem}.png"
    done = subprocess.run(
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={lab.folder / 'browser'}",
         "--window-size=%d,%d" % PAGE, f"--screenshot={shown}", page.as_uri()],
        env={**os.environ, "HOME": str(lab.folder)}, capture_output=True, text=True, timeout=120, check=False)
    check(done.returncode == 0 and shown.exists(), f"{program}: {done.stderr[-1000:]}")
    return picture.read_png(shown)


def border(page):
    """The longest run of expected pixels in a row with seen ones right behind it: both lengths."""
    best = (0, 0)
    for row in page.rows:
        pixels = [row[i:i + 3] for i in range(0, len(row), 3)]
        at = next((x for x in range(len(pixels) - 1)
                   if pixels[x] == EXPECTED and pixels[x + 1] == SEEN), -1)
        if at < 0:
            continue
        left = next((n for n in range(at + 1) if pixels[at - n] != EXPECTED), at + 1)
        right = next((n for n in range(1, len(pixels) - at) if pixels[at + n] != SEEN), len(pixels) - at)
        best = max(best, (left, right - 1), key=sum)
    return best


def words(lab, page):
    """What a reader of the picture reads; None without one."""
    if not shutil.which("tesseract"):
        return None
    done = subprocess.run(["tesseract", str(lab.folder / f"{page}.png"), "-", "--psm", "6"],
                          capture_output=True, text=True, timeout=120, check=False)
    return " ".join(done.stdout.split())


def test(lab):
    program = browser()
    if "ORIEL_BARE_GUEST" not in os.environ:
        raise Skip("ORIEL_BARE_GUEST is not set: there is a bare guest for x86 only")
    tests = TestScripts(lab)
    for name, colour in (("same", SEEN), ("other", EXPECTED)):
        picture.write_png(tests.folder / f"{name}.png", picture.Picture(*SIZE, [colour * SIZE[0]] * SIZE[1]))
        tests.script(name, SCRIPT.format(guest=os.environ["ORIEL_BARE_GUEST"], image=f"{name}.png"))
    tests.expect(1, ".", "--keep-going")
    report = tests.output / "report.html"
    text = report.read_text()
    check("http" not in text.replace("http://www.w3.org", ""), "the report leads somewhere else")

    page = drawn(lab, program, report)
    left, right = border(page)
    check(left >= 100 and abs(left - right) <= 2, f"expected beside seen, in the middle: {left} and {right} px")
    said = words(lab, "report")
    if said is None:
        print("no tesseract: the report's words were not read")
    else:
        check("1 of 2 tests passed" in said and "64000 of 64000 pixels differ" in said,
              f"the report reads: {said}")

    moved = tests.output / "moved.html"
    moved.write_text(text.replace("</body>", MOVE % 20))
    less, more = border(drawn(lab, program, moved))
    check(abs(less + more - left - right) <= 2 and abs(less - (left + right) * 0.2) <= 4,
          f"the slider at 20 %: {less} and {more} px of {left + right}")


main(test)
