# SPDX-License-Identifier: MIT
"""Names that steer terminals, closed or full standard streams, strangers on control sockets."""

import json
import os
import socket
import subprocess
import threading

from harness import check, main, wait_for

STEERING = "\x1b[31m\n\x9boriel"


def check_names_stay_in_their_line(lab):
    rom = lab.runtime / f"rom{STEERING}"
    rom.write_bytes(b"\x55\xaa")
    serve = ["headless", "--name", "odd", "--vfio-user"]
    for arguments, environment in (
            ([*serve, lab.runtime / f"none{STEERING}" / "s"], {}),
            ([*serve, f"/tmp/{STEERING * 20}"], {}),
            ([*serve, lab.runtime / "s", "--option-rom", rom], {}),
            ([*serve, lab.runtime / "s", "--option-rom", f"{rom}-none"], {}),
            ([*serve, lab.runtime / "s", "--size", STEERING], {}),
            ([*serve, lab.runtime / "s", f"--{STEERING}"], {}),
            (["ctl", STEERING, "stats"], {}),
            ([*serve, lab.runtime / "s"], {"XDG_RUNTIME_DIR": f"/nonexistent{STEERING}"}),
            (["show", *serve[1:], lab.runtime / "s"], {"WAYLAND_DISPLAY": STEERING})):
        result = lab.run_oriel(*arguments, **environment)
        text = f"{arguments}: status {result.returncode}, {result.stderr!r}"
        check(result.returncode in (1, 2), text)
        check(result.stderr.count("\n") == 1 and "\x1b" not in result.stderr, text)
        check("\x9b" not in result.stderr, text)


def check_a_socket_may_have_any_name(lab):
    path = os.fsencode(lab.runtime) + b"/\xff\x1b[31m"
    program = lab.oriel("headless", name="bytes", socket_path=os.fsdecode(path))
    listed = lab.ctl("list")
    check("VMM awaited" in listed.stdout, f"list: {listed.stdout!r} {listed.stderr!r}")
    check(json.loads(lab.ctl("list", "--json").stdout)[0]["name"] == "bytes", "list --json")
    check("\x1b" not in program.log(), f"the log steers the terminal: {program.log()!r}")
    check(program.quit().returncode == 0 and program.wait() == 0, "after being listed")


def check_closed_streams(lab):
    """What is opened instead of a closed stream must not get what is written to it."""
    path = lab.runtime / "closed"
    process = subprocess.Popen(
        ["sh", "-c", '"$0" "$@" <&- >&- 2>&-', lab.oriel_program, "headless", "--name", "closed",
         "--vfio-user", path, "--log-level", "debug"],
        env=lab.environment(), cwd=lab.folder)
    wait_for(lambda: lab.ctl("closed", "stats").returncode == 0, 15, "oriel without streams")
    pid = json.loads(lab.ctl("closed", "stats", "--json").stdout)["pid"]
    for stream in range(3):
        target = os.readlink(f"/proc/{pid}/fd/{stream}")
        check(target == "/dev/null", f"stream {stream} is {target}")
    check(lab.ctl("closed", "quit").returncode == 0, "quit")
    check(process.wait(15) == 0, "status without streams")

    for arguments in ("ctl list --json", "version", "--help"):
        for redirection in (">/dev/full", ">&-"):
            result = subprocess.run(
                ["sh", "-c", f'"$0" {arguments} {redirection}', lab.oriel_program],
                env=lab.environment(), capture_output=True, text=True, timeout=15, check=False)
            text = f"{arguments} {redirection}: {result.returncode} {result.stderr!r}"
            check(result.returncode == 1, text)
            check(result.stderr.startswith("oriel: write standard output: "), text)
            check(result.stderr.count("\n") == 1, text)


ANSWERS = {
    "bool": b'{"ok":"yes"}',
    "list": b'{"ok":true,"info":[1],"stats":5}',
    "steer": b'{"ok":true,"info":{"name":"\\u001b[31m","presenter":5,"pid":"x"},'
             b'"stats":{"name":"\\u001b[31m\\n"}}',
    "error": b'{"ok":false,"error":"\\u001b[31mhi\\nthere"}',
    "number": b'{"ok":false,"error":5}',
    "garbage": b"\x1b[31m\xff",
    "silent": b"",
}


def serve_forever(listener, answer):
    while True:
        client, _ = listener.accept()
        with client:
            # `list` looks first whether somebody is there, and says nothing.
            if client.recv(4096):
                client.sendall(answer + b"\n" if answer else b"")


def check_strangers(lab):
    for name, answer in ANSWERS.items():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(lab.runtime / "oriel" / f"{name}.sock"))
        listener.listen(8)
        threading.Thread(target=serve_forever, args=(listener, answer), daemon=True).start()
    (lab.runtime / "oriel" / "plain.sock").write_text("")
    program = lab.oriel("headless")
    listed = lab.ctl("list")
    lines = listed.stdout.splitlines()
    check(listed.returncode == 0 and len(lines) == len(ANSWERS) + 1,
          f"list among strangers: {listed.stdout!r} {listed.stderr!r}")
    check(any(line.startswith("vm ") and "VMM awaited" in line for line in lines), listed.stdout)
    check("\x1b" not in listed.stdout, f"list steers: {listed.stdout!r}")
    check(len(json.loads(lab.ctl("list", "--json").stdout)) == len(lines), "list --json")
    for name in [*ANSWERS, "plain"]:
        for command in (["stats"], ["quit"], ["screenshot", lab.folder / "x.png"]):
            result = lab.ctl(name, *command)
            text = f"{name} {command}: {result.returncode} {result.stdout!r} {result.stderr!r}"
            check(result.returncode in (0, 1) and "\x1b" not in result.stdout + result.stderr, text)
            check(result.stderr.count("\n") == result.returncode, text)
            check("json.exception" not in result.stderr, text)
    check(program.quit().returncode == 0 and program.wait() == 0, "after strangers")


def test(lab):
    check_names_stay_in_their_line(lab)
    check_a_socket_may_have_any_name(lab)
    check_closed_streams(lab)
    check_strangers(lab)


main(test)
