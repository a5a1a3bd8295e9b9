# SPDX-License-Identifier: MIT
"""--hud on a real Weston while a Linux guest draws: the figures are in the window's corner and in no
screenshot; the window's own surface is committed for pictures only, whether the figures are there or
not; and with a guest that rests nothing is sent."""

import re
import time

import picture
from harness import check, main, prepare_vm, wait_for
from load_picture import RATE, SECONDS, SIZE, painted

# Of the window, in its top left corner: as large as the figures can be.
CORNER = (330, 110)
LINE = re.compile(r"-> (\w+)@(\d+)\.(\w+)\((.*)\)$")


class Requests:
    """What the window's main surface and its subsurfaces were told (WAYLAND_DEBUG). `bare`: commits of
    the main one with nothing of a guest's flush in them, which would ask for a frame callback at least."""

    def __init__(self, log):
        self.main = None
        self.bare = self.attached = self.commits = self.others = 0
        asked = False
        for line in log.splitlines():
            found = LINE.search(line)
            if not found:
                continue
            interface, number, request, arguments = found.groups()
            if request == "get_xdg_surface":
                self.main = re.search(r"wl_surface@(\d+)", arguments).group(1)
                self.bare = self.attached = self.commits = self.others = 0
            elif interface == "wl_surface" and number == self.main:
                self.attached += request == "attach"
                asked |= request in ("attach", "damage_buffer", "frame")
                if request == "commit":
                    self.commits += 1
                    self.bare += not asked
                    asked = False
            elif interface == "wl_surface" and request == "commit":
                self.others += 1


def same_but_for_corner(shot, want):
    """Whether they are the same outside the corner, and inside."""
    width, height = CORNER
    outside = all(got[0 if y >= height else 3 * width:] == full[0 if y >= height else 3 * width:]
                  for y, (got, full) in enumerate(zip(shot.rows, want.rows)))
    return outside, shot.crop(0, 0, *CORNER).rows == want.crop(0, 0, *CORNER).rows


def run_load(lab, weston, hud):
    """The requests of a load's run, and the guest's picture after it."""
    oriel = lab.oriel(options=["--fullscreen", "--size", f"{SIZE[0]}x{SIZE[1]}", *(["--hud"] if hud else [])])
    vm = lab.vm(oriel, scenario="load", args=f"rect,{RATE},{SECONDS}")
    vm.wait_serial("guest: load rect")
    want = painted("rect")
    lab.wait_picture(oriel.screenshot, want, "the screenshot, without figures", 10)
    if hud:
        check_figures(lab, weston, oriel, want)
    else:
        lab.wait_shown(weston, want, "the compositor shows the guest's picture", 10)
    committed = oriel.stats()["scanouts"][0]["committed"]
    requests = Requests(oriel.log())
    vm.kill()
    oriel.wait()
    return requests, committed


def check_figures(lab, weston, oriel, want):
    def shown():
        return same_but_for_corner(weston.capture(), want) == (True, False)
    try:
        wait_for(shown, 20, "there are figures in the corner, and the rest is exact", 0.25)
    finally:
        picture.write_png(lab.folder / "hud.png", weston.last_capture)
    # The last figures say that nothing moves; then nothing is sent.
    time.sleep(2.5)
    before = Requests(oriel.log())
    time.sleep(3)
    after = Requests(oriel.log())
    check(before.commits == after.commits and before.others == after.others,
          f"a guest that rests: {vars(before)}, {vars(after)}")


def check_switch(lab, weston):
    """Later by ctl, both ways; and not without windows."""
    oriel = lab.oriel(options=["--fullscreen", "--size", f"{SIZE[0]}x{SIZE[1]}"])
    vm = lab.vm(oriel, scenario="pattern")
    vm.wait_serial("pattern shown")
    want = picture.known_picture(*SIZE)
    lab.wait_shown(weston, want, "the guest's picture")
    commits = Requests(oriel.log()).commits
    for _ in range(2):
        check(lab.ctl("vm", "hud", "on").returncode == 0, "hud on")
        wait_for(lambda: same_but_for_corner(weston.capture(), want) == (True, False), 20, "figures", 0.25)
        check(lab.ctl("vm", "hud", "off").returncode == 0, "hud off")
        lab.wait_shown(weston, want, "no figures any more", 10)
    check(Requests(oriel.log()).commits == commits + 1, "more than one commit for the figures' place")
    vm.kill()
    oriel.wait()
    headless = lab.oriel("headless", name="dark")
    refused = lab.ctl("dark", "hud", "on")
    check(refused.returncode == 1 and refused.stderr.count("\n") == 1 and "no windows" in refused.stderr,
          f"hud without windows: {refused}")
    headless.quit()


def test(lab):
    prepare_vm()
    weston = lab.weston(size=SIZE)
    plain = lab.environment
    lab.environment = lambda **more: plain(WAYLAND_DEBUG="client", **more)
    without, committed_without = run_load(lab, weston, hud=False)
    with_hud, committed_with = run_load(lab, weston, hud=True)
    print(f"without: {vars(without)}, committed {committed_without}\n"
          f"with: {vars(with_hud)}, committed {committed_with}")
    check(with_hud.bare == without.bare + 1, "not one commit of the window for the figures' place")
    check(with_hud.attached - committed_with == without.attached - committed_without,
          "the window has got buffers for the figures")
    check(0 < with_hud.others <= SECONDS + 5, f"the figures changed {with_hud.others} times")
    check_switch(lab, weston)


main(test)
