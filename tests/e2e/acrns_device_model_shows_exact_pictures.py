# SPDX-License-Identifier: MIT
"""A program in C that is linked with liboriel-vdpy, as ACRN's device model would be, shows exact
pictures in Weston: of memory in each format, of blobs, on several screens, over the compositor's
restart; and it does nothing while nothing changes."""

import shutil
import signal
import subprocess
import time

import wayland_client
from device_model import FORMATS, DeviceModel
from harness import check, main, options, wait_for
from many_outputs import ManyOutputs
from picture import known_picture

SIZE = (320, 240)
IDLE_S = 1.5
# A refresh of Weston's 60 Hz, and a busy machine's.
WITHIN_MS = 100


def shows_each_format(lab, weston, model):
    for index, form in enumerate(FORMATS):
        want = known_picture(*SIZE, index)
        pad = 4 * (index % 3)
        took = model.show(0, want, form, pad)
        lab.wait_shown(weston, want, f"a picture of {form}")
        check(took < WITHIN_MS, f"an update took {took} ms")
    want = known_picture(*SIZE, 9)
    model.draw(0, want, form, pad)
    lab.wait_shown(weston, want, "other pixels in the same memory")
    smaller = known_picture(256, 192)
    model.show(0, smaller)
    lab.wait_shown(weston, smaller, "another mode")


def shows_blobs(lab, weston, model):
    for index in range(3):
        want = known_picture(*SIZE, index)
        model.blob(0, want, pad=64)
        lab.wait_shown(weston, want, f"blob {index}")


def is_idle(model):
    """The guest says each 33 ms that the same picture has changed, as ACRN's VGA does."""
    model.show(0, known_picture(*SIZE))
    time.sleep(0.3)
    before = model.cpu_seconds()
    time.sleep(IDLE_S)
    spent = model.cpu_seconds() - before
    check(spent <= 0.02, f"{spent:.2f} s of CPU in {IDLE_S} s with nothing to do")


def outlives_the_compositor(lab, weston, model):
    want = known_picture(*SIZE, 2)
    model.show(0, want)
    lab.wait_shown(weston, want, "the picture before")
    weston.signal(signal.SIGKILL)
    weston.wait()
    for index in range(3):  # nobody sees them, and none of them blocks
        want = known_picture(*SIZE, index + 3)
        took = model.show(0, want)
        check(took < WITHIN_MS, f"an update without a compositor took {took} ms")
    weston = lab.weston()
    lab.wait_shown(weston, want, "the last picture, in the next compositor")
    return weston


def has_its_outputs_screens(lab):
    """Two screens that fill two outputs, with these outputs' modes and EDIDs."""
    outputs = ManyOutputs(lab, ["WL1", "WL2"], size=(400, 300))
    model = DeviceModel(lab, WAYLAND_DISPLAY="oriel-many")
    count = model.start("geometry=fullscreen,output=WL1,geometry=fullscreen,output=WL2")
    check(count == 2, f"{count} screens")
    wait_for(lambda: model.ask("mode", 1).startswith("400x300+"), 5, "the outputs' mode")
    check(model.ask("mode", 0) == "400x300+0+0", "the first screen's mode")
    wants = [known_picture(400, 300, index) for index in (0, 1)]
    for index, want in enumerate(wants):
        model.show(index, want)
    for name, want in zip(("WL1", "WL2"), wants):
        wait_for(lambda name=name, want=want: outputs.capture(name).find(want) == (0, 0), 10,
                 f"the picture on {name}")
    model.do("dark", 1)
    wait_for(lambda: outputs.colour("WL2") == (0, 0, 0), 10, "a dark screen")
    edids = [model.edid(screen) for screen in (0, 1)]
    check(edids[0] != edids[1], "two screens with one serial number")
    if shutil.which("edid-decode"):
        for edid in edids:
            said = subprocess.run(["edid-decode", "--check"], input=edid, capture_output=True,
                                  check=False)
            check(said.returncode == 0, said.stdout.decode(errors="replace"))
    model.end()
    outputs.kill()


def has_sixteen_screens(lab, weston):
    model = DeviceModel(lab, WAYLAND_DISPLAY=weston.SOCKET)
    count = model.start(",".join(f"geometry=64x48+{64 * index}+0" for index in range(16)))
    check(count == 16, f"{count} screens")
    for screen in range(16):
        check(model.ask("mode", screen) == f"64x48+{64 * screen}+0", f"screen {screen}'s mode")
        model.show(screen, known_picture(64, 48, screen))
    check(model.ask("mode", 16) == "0x0+0+0", "a 17th screen")
    lab.wait_shown(weston, known_picture(64, 48, 15), "the last screen's picture")
    model.end()


def waits_for_the_first_compositor(lab):
    model = DeviceModel(lab, WAYLAND_DISPLAY="oriel-test")
    model.start("geometry=320x240+0+0")
    want = known_picture(*SIZE, 6)
    model.show(0, want)
    weston = lab.weston()
    lab.wait_shown(weston, want, "a window that came with the compositor")
    model.end()
    return weston


def says_that_there_is_no_display(lab):
    for place, given in (({"XDG_RUNTIME_DIR": "", "WAYLAND_DISPLAY": "wayland-1"}, ""),
                         ({"WAYLAND_DISPLAY": "nobody"}, "compositor=need")):
        model = DeviceModel(lab, **place)
        said = model.ask("start", given) if given else model.ask("start")
        check(said == "no display", f"{place} {given}: {said}")
        model.kill()
        lines = model.log().splitlines()
        check(len(lines) == 1, f"not one line that says why: {lines}")


def test(lab):
    given = options(renderer="pixman")
    if given.renderer == "gl":
        weston = lab.weston(renderer="gl")
    else:
        says_that_there_is_no_display(lab)
        weston = waits_for_the_first_compositor(lab)
    model = DeviceModel(lab, WAYLAND_DISPLAY=weston.SOCKET)
    check(model.start("geometry=320x240+0+0,some-other-word") == 1, "not one screen")
    check(model.ask("mode", 0) == "320x240+0+0", "the mode")
    model.do("dark", 0)
    shows_each_format(lab, weston, model)
    shows_blobs(lab, weston, model)
    if given.renderer == "gl":
        offered = wayland_client.offered_globals(lab.runtime / weston.SOCKET)
        print("blobs go to the compositor uncopied" if "zwp_linux_dmabuf_v1" in offered
              else "blobs were copied: this Weston imports no dma-bufs")
        model.end()
        return
    is_idle(model)
    weston = outlives_the_compositor(lab, weston, model)
    model.end()
    has_sixteen_screens(lab, weston)
    weston.kill()
    has_its_outputs_screens(lab)


main(test)
