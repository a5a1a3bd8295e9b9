# SPDX-License-Identifier: MIT
"""What the guest's clipboard agent does (SPICE agent messages in chunks of a virtio-serial port)."""

import os
import socket
import struct
import threading
import time

from from_compositors import wait_for
from scenario import scenario
from vfio_user import with_fds

CHUNK = 2048
CAPABILITIES, GRAB, REQUEST, RELEASE = 6, 7, 8, 9
TEXT = 1
SELECTION = struct.pack("<4s", b"\0")
TYPE = "text/plain;charset=utf-8"


def message(kind, body):
    """One agent message, in the chunks of the port."""
    whole = struct.pack("<IIQI", 1, kind, 0, len(body)) + body
    return b"".join(struct.pack("<II", 1, len(whole[at:at + CHUNK])) + whole[at:at + CHUNK]
                    for at in range(0, len(whole), CHUNK))


# By demand, and with selections.
ANNOUNCE = message(CAPABILITIES, struct.pack("<II", 0, 1 << 5 | 1 << 6))
TAKE = message(GRAB, SELECTION + struct.pack("<I", TEXT))
ASK = message(REQUEST, SELECTION + struct.pack("<I", TEXT))
LET_GO = message(RELEASE, SELECTION)


def agent(attack, **how):
    """A window with an agent's port; (connection, compositor)."""
    path = attack.folder() / "agent"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    listener.settimeout(15)
    attack.closes(listener.close)
    _, compositor = attack.shown(["--agent", path], **how)
    connection, _ = listener.accept()
    attack.closes(connection.close)
    connection.settimeout(5)
    connection.sendall(ANNOUNCE)
    return connection, compositor


def read_all(connection, attack):
    """Reads and throws away what comes, in a thread."""
    def read():
        while attack.goes_on():
            try:
                if not connection.recv(1 << 16):
                    return
            except OSError:
                return
    threading.Thread(target=read, daemon=True).start()


@scenario("H5")
def descriptors_that_nobody_asked_for_are_closed_on_the_agents_socket(attack):
    connection, _ = agent(attack)
    time.sleep(0.2)
    attack.begins()
    null = os.open("/dev/null", os.O_RDONLY)
    while attack.goes_on():
        with_fds(connection, LET_GO, [null] * 2)
        time.sleep(0.002)
    os.close(null)


@scenario("H10", mib=3)
def an_agent_that_does_not_read_costs_nothing(attack):
    connection, _ = agent(attack)
    connection.settimeout(0.3)
    attack.begins()
    while attack.goes_on():
        try:
            connection.sendall(ASK * 1000)
        except TimeoutError:
            pass


@scenario("S4", lines=40)
def texts_that_are_offered_and_withdrawn_all_the_time_cost_nothing(attack):
    connection, compositor = agent(attack)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        try:
            connection.sendall((TAKE + LET_GO) * 200)
        except TimeoutError:
            pass
    made = compositor.client.count["wl_data_device_manager.create_data_source"]
    attack.check(made < 300, f"{made} data sources")


@scenario("S4", lines=40)
def random_bytes_of_an_agent_do_not_flood_the_log(attack):
    connection, _ = agent(attack)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        try:
            body = attack.random.randbytes(attack.random.randrange(0, 64))
            connection.sendall(b"".join(message(attack.random.randrange(0, 20), body)
                                        for _ in range(200)))
        except TimeoutError:
            pass
        except OSError:
            return  # taken for somebody who does not speak this, as it may


def offer_text(client):
    """The desktop's clipboard has a text, and the window has the keyboard."""
    client.event(client.keyboard, "enter", client.serial(), client.window(), b"")
    offer = client.new_object("wl_data_offer", 3)
    client.event(client.data_device, "data_offer", offer)
    client.event(offer, "offer", TYPE)
    client.event(client.data_device, "selection", offer)
    return offer


@scenario("S5")
def a_clipboards_text_is_pulled_once_for_each_offer(attack):
    """However often the guest asks: the client that copied it would be woken each time."""
    def receive(_client, _offer, arguments):
        os.write(arguments[1], b"a text")
        return True

    connection, compositor = agent(attack, hooks={"wl_data_offer.receive": receive})
    wait_for(attack, lambda: compositor.clients and compositor.client.window()
             and compositor.client.keyboard and compositor.client.data_device,
             "a window with a keyboard and a clipboard")
    client = compositor.client
    offer_text(client)
    attack.begins()
    read_all(connection, attack)
    while attack.goes_on():
        connection.sendall(ASK * 4)
        time.sleep(0.01)
    pulled = client.count["wl_data_offer.receive"]
    attack.check(pulled > 0, "the text was never pulled")
    attack.check(pulled <= 2, f"one text was pulled {pulled} times")


@scenario("S11")
def a_clipboard_request_with_a_file_that_cannot_be_polled_does_not_spin(attack):
    connection, compositor = agent(attack)
    wait_for(attack, lambda: compositor.clients and compositor.client.window()
             and compositor.client.keyboard, "a window with a keyboard")
    client = compositor.client
    client.event(client.keyboard, "enter", client.serial(), client.window(), b"")
    connection.sendall(TAKE)
    wait_for(attack, lambda: client.count["wl_data_device.set_selection"],
             "the guest's text offered to the desktop", 5)
    source = client.last["wl_data_device.set_selection"][0]
    attack.begins()
    regular = os.open(attack.folder() / "file", os.O_CREAT | os.O_WRONLY, 0o600)
    client.event(source, "send", TYPE, fd=regular)
    os.close(regular)
    used, start = attack.program.cpu_time(), time.monotonic()
    while attack.goes_on():
        time.sleep(0.05)
    busy = (attack.program.cpu_time() - used) / (time.monotonic() - start)
    attack.check(busy < 0.5, f"the loop spins: {busy * 100:.0f} % of a CPU")
