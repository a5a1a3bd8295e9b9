# SPDX-License-Identifier: MIT
"""What other programs on this machine do: of another user, or of this one."""

import json
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

from from_agents import ANNOUNCE, ASK
from from_qmp import GREETING, line
from program import end_with_parent
from scenario import Skip, Wrong, scenario
from vfio_user import with_fds

NOBODY = 65534


def listen_as_nobody(kind, path, said):
    """Plays what Oriel expects on the path, and writes a line for all that it is told."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    os.chmod(path, 0o666)
    listener.listen(4)
    said.write("listening\n")
    while True:
        connection, _ = listener.accept()
        connection.sendall(line(GREETING) if kind == "qmp" else ANNOUNCE + ASK)
        reader = connection.makefile("rb")
        while kind == "agent" and connection.recv(65536):
            said.write("a message\n")
        for order in reader:
            order = json.loads(order)
            said.write(f"{json.dumps(order)}\n")
            mice = [{"absolute": True, "current": True, "index": 1, "name": "x"}]
            answer = mice if order["execute"] == "query-mice" else {}
            connection.sendall(line({"return": answer, "id": order["id"]}))


def stranger(attack, kind):
    """Another user listens on a path; (path, what it is told)."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be another user")
    folder = Path(tempfile.mkdtemp(prefix="oriel-hostile-public-", dir="/tmp"))
    attack.closes(lambda: shutil.rmtree(folder, ignore_errors=True))
    folder.chmod(0o1777)
    reading, writing = os.pipe()
    # A fork, not a program: the checkout and Python may be out of the other user's reach.
    child = os.fork()
    if child == 0:
        try:
            end_with_parent()
            os.close(reading)
            listen_as_nobody(kind, folder / "socket", os.fdopen(writing, "w", buffering=1))
        finally:
            os._exit(1)
    os.close(writing)
    attack.closes(lambda: os.waitpid(child, 0))
    attack.closes(lambda: os.kill(child, signal.SIGKILL))
    stream = os.fdopen(reading, "rb", buffering=0)
    attack.closes(stream.close)
    if not select.select([stream], [], [], 20)[0] or stream.read(64) != b"listening\n":
        raise Wrong("the other user does not listen")
    return folder / "socket", stream


def heard(stream, seconds):
    """What the other user hears within some time."""
    said, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        if select.select([stream], [], [], 0.1)[0]:
            part = stream.read(1 << 16)
            said += part.decode().splitlines()
    return said


@scenario("H4")
def another_user_who_makes_the_path_of_qmp_first_hears_no_keys(attack):
    path, stream = stranger(attack, "qmp")
    oriel = attack.oriel(options=["--qmp", path])
    attack.begins()
    said = heard(stream, 0.5)
    oriel.ask(command="input", words=["type", "secret"])
    said += heard(stream, 0.7)
    attack.check(not said, f"another user was told {len(said)} things, the last one {said[-1:]}")


@scenario("H4")
def another_user_who_makes_the_path_of_the_agent_first_hears_nothing(attack):
    path, stream = stranger(attack, "agent")
    attack.shown(["--agent", path])
    attack.begins()
    said = heard(stream, 0.8)
    attack.check(not said, f"another user was told {len(said)} things")


@scenario("H5")
def descriptors_that_nobody_asked_for_are_closed_on_the_control_socket(attack):
    attack.oriel()
    attack.begins()
    null = os.open("/dev/null", os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(attack.program.control))
        while attack.goes_on():
            for _ in range(10):
                with_fds(connection, b'{"command":"info"}\n', [null] * 5)
                connection.recv(65536)
    os.close(null)


@scenario("H15", lines=60)
def control_clients_that_are_turned_away_do_not_flood_the_log(attack):
    attack.oriel()
    attack.begins()
    held = [socket.socket(socket.AF_UNIX) for _ in range(15)]
    for connection in held:
        connection.connect(str(attack.program.control))
    while attack.goes_on():
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as one_more:
                one_more.connect(str(attack.program.control))
    for connection in held:
        connection.close()
    time.sleep(0.1)


@scenario("H", lines=60)
def control_requests_without_end_do_not_starve_the_others(attack):
    """A client of this user, who may ask, but not so that nobody else is served."""
    attack.oriel()
    attack.begins()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(attack.program.control))
        connection.settimeout(0.05)
        while attack.goes_on():
            try:
                connection.sendall(b'{"command":"stats"}\n{"command":"screenshot"}\n{}\n' * 30)
                connection.recv(1 << 20)
            except TimeoutError:
                pass
