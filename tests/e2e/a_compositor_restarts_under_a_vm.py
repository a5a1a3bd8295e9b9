# SPDX-License-Identifier: MIT
"""The compositor is killed and started again under a running VM, several times: the guest goes on at
its pace, the screenshot works meanwhile, and each time the picture is back on the output, exactly, and
within 200 ms of the moment in which the compositor answers."""

import json
import socket
import statistics
import threading
import time

import wayland_client
from harness import START_TIMEOUT, check, main, prepare_vm, wait_for
from picture import known_picture

SIZE = (1024, 768)
KILLS = 5
WITHIN_S = 0.2


def ask_stats(lab, name="vm"):
    """As `oriel ctl stats`, without a process that takes longer than what is measured."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(lab.runtime / "oriel" / f"{name}.sock"))
        connection.sendall(b'{"command":"stats"}\n')
        return json.loads(connection.makefile().readline())["stats"]


def when(condition, timeout=START_TIMEOUT):
    """A thread that notes when something becomes true: its list has the time."""
    times = []

    def look():
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not times:
            if condition():
                times.append(time.monotonic())
            time.sleep(0.002)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    return thread, times


def shows(stats):
    return stats["compositor"]["state"] == "shown" and stats["scanouts"][0]["committed"] > 0


def away(lab, kills):
    compositor = ask_stats(lab)["compositor"]
    return compositor["state"] == "away" and compositor["losses"] == kills


def flushes(lab):
    return ask_stats(lab)["gpu"]["commands"]["RESOURCE_FLUSH"]


def start_again(lab):
    """A new compositor, and how long it took from its first answer to the guest's frame in it."""
    path = lab.runtime / "oriel-test"
    answers, answered = when(lambda: "xdg_wm_base" in wayland_client.offered_globals(path))
    frames, framed = when(lambda: shows(ask_stats(lab)))
    weston = lab.weston()
    answers.join()
    frames.join()
    check(answered and framed, "no compositor, or no frame in it")
    return weston, framed[0] - answered[0]


def test(lab):
    prepare_vm("debian")
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "{}x{}".format(*SIZE), "--keep"])

    moving = lab.vm(oriel, scenario="anim")
    moving.wait_serial("animation shown")
    time.sleep(1)
    weston.kill()
    wait_for(lambda: away(lab, 1), 5, "oriel is without a compositor")
    before = flushes(lab)
    time.sleep(2)
    check(flushes(lab) - before > 20, "the guest's flushes are not answered")
    weston, _ = start_again(lab)
    before = flushes(lab)
    time.sleep(2)
    check(flushes(lab) - before > 20, "the guest does not go on with the new compositor")
    moving.check_running()
    moving.kill()

    vm = lab.vm(oriel, scenario="pattern")
    vm.wait_serial("pattern shown")
    want = known_picture(*SIZE)
    lab.wait_shown(weston, want, "the compositor shows the picture")
    taken = []
    for kill in range(2, KILLS + 2):
        weston.kill()
        wait_for(lambda kills=kill: away(lab, kills), 5, "oriel is without a compositor")
        lab.wait_picture(oriel.screenshot, want, "the screenshot without a compositor")
        if kill % 2:
            time.sleep(1)
        weston, seconds = start_again(lab)
        taken.append(seconds)
        lab.wait_shown(weston, want, f"the compositor shows the picture after kill {kill}")
    print("from the compositor's answer to the frame, ms:",
          [round(seconds * 1000) for seconds in taken])
    check(statistics.median(taken) <= WITHIN_S, f"it took {taken} s")
    said = oriel.log()
    check(said.count("the VM goes on") == KILLS + 1, "not one line at each loss")
    check(said.count("there is a compositor again") == KILLS + 1, "not one line at each return")
    vm.check_running()
    check(oriel.quit().returncode == 0 and oriel.wait() == 0, "oriel did not end cleanly")


main(test)
