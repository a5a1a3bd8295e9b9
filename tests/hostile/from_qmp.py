# SPDX-License-Identifier: MIT
"""What the other end of QMP does."""

import json
import os
import socket
import time

from scenario import scenario
from vfio_user import with_fds

GREETING = {"QMP": {"version": {"qemu": {"major": 10, "minor": 1, "micro": 0}, "package": ""},
                    "capabilities": []}}
RESET = {"event": "RESET", "data": {"guest": True, "reason": "guest-reset"},
         "timestamp": {"seconds": 1, "microseconds": 1}}


def line(answer):
    return json.dumps(answer).encode() + b"\r\n"


def qmp(attack):
    """The program with a QEMU that has greeted and taken qmp_capabilities; the connection."""
    path = attack.folder() / "qmp"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    listener.settimeout(15)
    attack.closes(listener.close)
    attack.oriel(options=["--qmp", path])
    connection, _ = listener.accept()
    attack.closes(connection.close)
    connection.settimeout(10)
    connection.sendall(line(GREETING))
    request = json.loads(connection.recv(65536).splitlines()[0])
    connection.sendall(line({"return": {}, "id": request["id"]}))
    return connection


# A read has over a thousand messages, which take an unoptimised build some 50 ms.
@scenario("H10", seconds=4, mib=0.3, turn_ms=120)
def a_qemu_that_does_not_read_costs_nothing(attack):
    """Each RESET asks QEMU for its mice, and each answer that nobody gave makes room for one more."""
    connection = qmp(attack)
    connection.settimeout(0.3)
    attack.begins()
    # Any id of the past would do.
    block = (line({"event": "RESET"}) + line({"return": {}, "id": 1})) * 500
    while attack.goes_on():
        try:
            connection.sendall(block)
        except TimeoutError:
            pass
        except OSError:
            return  # thrown out, which is right


@scenario("H5")
def descriptors_that_nobody_asked_for_are_closed_on_qmp(attack):
    connection = qmp(attack)
    attack.begins()
    null = os.open("/dev/null", os.O_RDONLY)
    while attack.goes_on():
        try:
            with_fds(connection, line({"event": "STOP"}), [null] * 2)
        except OSError:
            break
        time.sleep(0.002)
    os.close(null)


@scenario("H15", lines=60, mib=8)
def errors_and_nonsense_of_a_qemu_do_not_flood_the_log(attack):
    connection = qmp(attack)
    connection.settimeout(0.3)
    attack.begins()
    random = attack.random
    while attack.goes_on():
        try:
            connection.sendall(b"".join(
                line(random.choice((RESET, {"error": {"class": "X", "desc": "\x1b[31m" * 40}, "id": 1},
                                    {"return": [{"absolute": random.random() < 0.5, "current": True,
                                                 "index": 1, "name": "x"}], "id": random.randrange(9)})))
                for _ in range(100)))
            connection.setblocking(False)
            try:
                while connection.recv(65536):
                    pass
            except BlockingIOError:
                pass
            connection.settimeout(0.3)
        except TimeoutError:
            pass
        except OSError:
            return
