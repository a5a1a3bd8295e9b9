# SPDX-License-Identifier: MIT
"""Each wrong use ends with one clear line on standard error and a status that isn't 0."""

import os
import socket

from harness import check, main


def refused(lab, what, arguments, status=None, mentions="", **environment):
    result = lab.run_oriel(*arguments, **environment)
    lines = result.stderr.splitlines()
    text = f"{what}: status {result.returncode}, stdout {result.stdout!r}, stderr {result.stderr!r}"
    check(result.returncode != 0, text)
    check(status is None or result.returncode == status, text)
    check(len(lines) == 1 and mentions in lines[0], text)


def refused_roms(lab, good):
    # A header whose PCI data structure (at 0x20) names a network card.
    network = bytearray(512)
    network[0:3] = b"\x55\xaa\x01"
    network[0x18:0x1a] = b"\x20\x00"
    network[0x20:0x38] = bytes.fromhex("5043495286801111000018000000000201000000 00800000")
    fifo = lab.runtime / "fifo"
    os.mkfifo(fifo)
    files = {
        "is too short": b"\x55\xaa",
        "is no option ROM": b"not a ROM at all" * 64,
        "another kind of device": network,
        "PCI data structure outside": network[:0x18] + b"\xff\xff" + network[0x1a:],
        "cut off": network[:-1],
        "over 1024 KiB": b"\x55\xaa" + bytes(1 << 20),
    }
    for what, content in files.items():
        path = lab.runtime / "rom"
        path.write_bytes(content)
        refused(lab, f"a ROM that {what}", [*good, "--option-rom", path], status=2, mentions=what)
    for what, path in (("No such file", lab.runtime / "nowhere"), ("not a file", lab.runtime),
                       ("not a file", fifo)):
        refused(lab, f"no ROM: {path}", [*good, "--option-rom", path], status=2, mentions=what)


def test(lab):
    sock = lab.runtime / "s"
    good = ["headless", "--name", "other", "--vfio-user", sock]

    refused(lab, "no compositor", ["show", "--name", "a", "--vfio-user", sock],
            mentions="compositor", WAYLAND_DISPLAY="nobody-is-here")
    refused(lab, "path too long", [*good[:-1], "/tmp/" + "x" * 120], mentions="long")
    refused(lab, "no such folder", [*good[:-1], "/nonexistent/s"], mentions="/nonexistent")
    refused(lab, "input sockets too long", [*good, "--input-socket", "/tmp/" + "x" * 100],
            status=2, mentions="long")
    refused(lab, "no folder for input sockets", [*good, "--input-socket", "/nonexistent/in"],
            status=2, mentions="/nonexistent/in.kbd")
    lab.runtime.joinpath("in.mouse").write_text("not a socket")
    refused(lab, "an input socket that is a file", [*good, "--input-socket", lab.runtime / "in"],
            status=2, mentions="in.mouse")
    check(not lab.runtime.joinpath("in.kbd").exists(), "the first input socket was left behind")
    refused(lab, "no key", ["ctl", "other", "key", "hyper"], status=2, mentions="hyper")
    refused(lab, "bad size", [*good, "--size", "0x10"])
    refused(lab, "size without a number", [*good, "--size", "big"])
    refused(lab, "no screens", [*good, "--outputs", "0"])
    refused(lab, "too many screens", [*good, "--outputs", "17"])
    refused(lab, "unknown path", [*good, "--path", "magic"])
    refused(lab, "unknown option", [*good, "--frobnicate"])
    refused(lab, "unknown memory size", [*good, "--vga-memory", "48M"], mentions="128M")
    refused_roms(lab, good)
    refused(lab, "no socket", ["headless", "--name", "other"])
    refused(lab, "unknown command", ["dance"])
    refused(lab, "bad name", ["headless", "--name", "a/b", "--vfio-user", sock])
    refused(lab, "ctl without a program", ["ctl", "nobody", "stats"], mentions="nobody")

    running = lab.oriel("headless")
    refused(lab, "quit as JSON", ["ctl", "vm", "quit", "--json"], status=2, mentions="--json")
    refused(lab, "a screen that is neither on nor off", ["ctl", "vm", "screen", "0", "maybe"],
            status=2, mentions="N on, N off")
    refused(lab, "a screen that isn't there", ["ctl", "vm", "screen", "1", "on"],
            mentions="there is no screen 1")
    refused(lab, "the last screen", ["ctl", "vm", "screen", "0", "off"], mentions="it stays")
    refused(lab, "statistics of a screen", ["ctl", "vm", "stats", "--scanout", "3"], status=2,
            mentions="--scanout")
    refused(lab, "socket in use", [*good[:-1], running.socket], status=2,
            mentions=str(running.socket))
    refused(lab, "name in use", ["headless", "--name", "vm", "--vfio-user", sock], mentions="vm")
    running.check_running()
    refused(lab, "a scanout that isn't there",
            ["ctl", "vm", "screenshot", lab.folder / "x.png", "--scanout", "9"])
    refused(lab, "a folder that isn't there", ["ctl", "vm", "screenshot", "/nonexistent/x.png"])

    # A file that is no socket isn't ours to remove.
    plain = lab.runtime / "plain"
    plain.write_text("precious")
    refused(lab, "not a socket", [*good[:-1], plain], mentions=str(plain))
    check(plain.read_text() == "precious", "oriel replaced a plain file")

    # What a dead process left over is replaced.
    stale = lab.runtime / "stale"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(stale))
    dead.close()
    second = lab.oriel("headless", name="second", socket_path=stale)
    check(second.quit().returncode == 0 and second.wait() == 0, "after a stale socket")

    # A process that was killed leaves both of its sockets; its successor isn't bothered.
    running.kill()
    check(running.socket.exists(), "a killed process cannot have removed its socket")
    check(lab.ctl("list").stdout.strip() == "", "list names a dead process")
    third = lab.oriel("headless")
    check(third.quit().returncode == 0 and third.wait() == 0, "after a killed process")


main(test)
